import type { NoteAnchor } from '../common/model/note.ts'
import { wordedNote } from './anchor-words.ts'
import { CHUNK_ROWS } from './columns/packet-table.ts'
import type { Engine } from './engine.ts'
import { noteComment } from './note-comment.ts'

/** What a person wrote about a capture, as comments that other programs show. */
export interface NoteComments {
  /** By row. */
  readonly packets: ReadonlyMap<number, readonly string[]>
  /** Of conversations and times, and of packets that are not in this capture (any more): pcapng has no place for them but the section. */
  readonly section: readonly string[]
}

export function noteComments({ notes }: Pick<Engine, 'notes'>): NoteComments {
  const packets = new Map<number, string[]>()
  const section: string[] = []
  for (const { note, row } of notes.own()) {
    const { anchor } = note
    const comment = noteComment(note)
    if (anchor.kind === 'capture') section.push(comment)
    else if (row === undefined) section.push(wordedNote(anchor, comment))
    else packets.set(row, [...(packets.get(row) ?? []), comment])
  }
  return { packets, section }
}

/** A packet as a note keeps it; undefined if there is no such row. */
export function packetAnchor({ packets, epoch = 0n }: Engine, row: number): NoteAnchor | undefined {
  if (row < 0 || row >= packets.rows) return undefined
  const time = BigInt(Math.round(packets.chunk(row).time[row % CHUNK_ROWS]))
  return { kind: 'packet', frame: packets.frame(row), time: String(epoch + time) }
}
