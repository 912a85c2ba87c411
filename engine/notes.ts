import { isDeletion, type Note, type NoteAnchor } from '../common/model/note.ts'
import { wordedNote } from './anchor-words.ts'
import { CHUNK_ROWS } from './columns/packet-table.ts'
import type { Engine } from './engine.ts'
import { noteComment } from './note-comment.ts'

/** What is said of a capture, as comments that other programs show: those of the file, edited ones as they are now, then a person's notes. */
export interface NoteComments {
  readonly onPacket: (row: number) => readonly string[]
  /** Also notes on conversations and times, and on packets that are not in this capture (any more): pcapng has no place for them but the section. */
  readonly section: readonly string[]
}

export function noteComments({ notes, packetComments, captureComments }: CommentedTables): NoteComments {
  const { replaced } = notes
  const added = new Map<number, string[]>()
  const section = captureComments.flatMap((comment) => commentNow(comment, replaced.onCapture(comment)))
  for (const { note, row } of notes.own()) {
    if (replaced.stands(note)) continue
    if (row === undefined) section.push(sectionComment(note))
    else added.set(row, [...(added.get(row) ?? []), noteComment(note)])
  }
  return {
    onPacket: (row) => {
      const inFile = packetComments.get(row)
      const own = added.get(row) ?? NONE
      // Nearly every packet.
      if (!inFile) return own
      return [...inFile.flatMap((comment) => commentNow(comment, replaced.onPacket(row, comment), noteComment)), ...own]
    },
    section,
  }
}

const NONE: readonly string[] = []

type CommentedTables = Pick<Engine, 'notes' | 'packetComments' | 'captureComments'>

/** A comment of the file, or what stands in its place; nothing where it was deleted. */
function commentNow(comment: string, note: Note | undefined, worded = sectionComment): readonly string[] {
  if (!note) return [comment]
  return isDeletion(note) ? [] : [worded(note)]
}

function sectionComment(note: Note): string {
  const { anchor } = note
  const comment = noteComment(note)
  return anchor.kind === 'capture' ? comment : wordedNote(anchor, comment)
}

/** A packet as a note keeps it; undefined if there is no such row. */
export function packetAnchor({ packets, epoch = 0n }: Engine, row: number): NoteAnchor | undefined {
  if (row < 0 || row >= packets.rows) return undefined
  const time = BigInt(Math.round(packets.chunk(row).time[row % CHUNK_ROWS]))
  return { kind: 'packet', frame: packets.frame(row), time: String(epoch + time) }
}
