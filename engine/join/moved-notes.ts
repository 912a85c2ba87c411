import type { Note, NoteAnchor } from '../../common/model/note.ts'
import type { JoinedPart } from './joined-part.ts'

/** The notes of all parts, each where its packet is in the whole. */
export function movedNotes(parts: readonly JoinedPart[]): Note[] {
  const ids = new Set<string>()
  return parts.flatMap((part) =>
    part.notes
      .map((note) => {
        const anchor = movedAnchor(note.anchor, part)
        // The same comment on the whole of two parts is one comment in the joined capture: what was made of the second is a note of its own.
        const again = ids.has(note.id)
        const id = again ? freeId(note.id, ids) : note.id
        ids.add(id)
        const { replaces, ...rest } = note
        const keeps = replaces !== undefined && !(again && anchor.kind === 'capture')
        return { ...rest, id, anchor, ...(keeps && { replaces }) }
      })
      .filter(({ text, replaces }) => text !== '' || replaces !== undefined),
  )
}

/** A packet's number is another one; a block that is no packet leaves a moment. All else is told by times and addresses, which stay. */
function movedAnchor(anchor: NoteAnchor, { moved }: JoinedPart): NoteAnchor {
  if (anchor.kind !== 'packet') return anchor
  const frame = moved.get(anchor.frame)
  return frame === undefined ? { kind: 'range', from: anchor.time, to: anchor.time } : { ...anchor, frame }
}

function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = id
  for (let again = 2; taken.has(free); again++) free = `${id.slice(0, 58)}-${again}`
  return free
}
