import { isDeletion, type Note, type NoteAnchor } from '../common/model/note.ts'
import { readWordedNote } from './anchor-words.ts'
import { XxHash64 } from './capture-file/decompress/xxhash64.ts'
import { encodeUtf8 } from './capture-file/utf8.ts'
import type { ConversationTable } from './columns/conversation-table.ts'
import { CHUNK_ROWS, type PacketTable } from './columns/packet-table.ts'
import { noteText, readNoteComment } from './note-comment.ts'
import { ChunkTimes } from './query/chunk-times.ts'
import { hasPorts, transportName } from './query/conversation-names.ts'
import { NoteTexts, TextDictionary } from './query/note-texts.ts'
import { type FileComments, ReplacedComments } from './replaced-comments.ts'

/** A note, and where it is in this capture. */
export interface PlacedNote {
  readonly note: Note
  /** A comment that the file brought along, as it is there. A note that is put under its id stands in its place. */
  readonly imported: boolean
  /** The packet it is on; of none of the three: it is on a packet or conversation that is not in this capture, or not yet. */
  readonly row?: number
  /** Its number in the file, from 1. */
  readonly frame?: number
  readonly conversation?: number
  /** [from, to) of what it is on, in nanoseconds since the epoch; the same where it is a moment. */
  readonly time?: { readonly from: number; readonly to: number }
}

export interface PlacedNotes {
  /** Grows when the filter field `hopscope.note` may say something else. */
  readonly revision: number
  readonly notes: readonly PlacedNote[]
  /** What stands for comments in the file that were deleted: without it they are back. */
  readonly deleted: readonly Note[]
  /** Comments in the file beyond those listed. */
  readonly unlisted: number
}

/** What notes are placed in. */
interface NotedTables extends FileComments {
  readonly packets: PacketTable
  readonly conversations: ConversationTable
  readonly epoch: bigint | undefined
  readonly complete: boolean
}

type PacketAnchor = NoteAnchor & { readonly kind: 'packet' }
type ConversationAnchor = NoteAnchor & { readonly kind: 'conversation' }

/** A list that is longer is not read by anybody. */
const LISTED_COMMENTS = 2000

/**
 * Where a person's notes are in a capture, which may still grow. A packet is where it was when it was noted, or else where its time is now;
 * a conversation is the one with the same ends, of several the one that began nearest to when it did.
 */
export class NoteIndex {
  readonly #tables: NotedTables
  readonly #times: ChunkTimes
  #notes: readonly Note[] = []
  /** What the comments on the capture say, which may be on a part of it. */
  #comments: readonly Note[] = []
  /** How many the file had when it was last looked. */
  #commentsRead = 0
  #text = '[]'
  #revision = 0
  /** What has not been found, and how far it has been looked for: rows, or conversations. */
  #missing = new Map<Note, number>()
  #rows = new Map<Note, number>()
  #conversations = new Map<Note, number>()
  #seen = { rows: 0, complete: false }
  #texts: NoteTexts | undefined
  #replaced: ReplacedComments | undefined
  readonly #dictionary = new TextDictionary()

  constructor(tables: NotedTables) {
    this.#tables = tables
    this.#times = new ChunkTimes(tables.packets)
  }

  /** From now on these are the notes. */
  set(notes: readonly Note[]): void {
    const text = JSON.stringify(notes)
    if (text === this.#text) return
    this.#text = text
    this.#notes = notes
    this.#rows = new Map()
    this.#conversations = new Map()
    this.#missing = new Map()
    for (const note of [...notes, ...this.#comments]) this.#seek(note)
    this.#changed()
    this.#place()
  }

  /** See PlacedNotes. */
  get revision(): number {
    this.#placeMore()
    return this.#revision
  }

  /** The person's notes, where they are by now. */
  own(): readonly PlacedNote[] {
    this.#placeMore()
    const notes = this.#notes.filter((note) => !isDeletion(note))
    return notes.map((note) => ({ note, imported: false, ...this.#placeOf(note) }))
  }

  /** All notes, then at most so many comments in the file that none of them stands for. */
  placed(most = LISTED_COMMENTS): PlacedNotes {
    const own = this.own()
    const onCapture = this.#commentsLeft
    const comments = onCapture
      .slice(0, most)
      .map((note): PlacedNote => ({ note, imported: true, ...this.#placeOf(note) }))
    let unlisted = onCapture.length - comments.length
    for (const [row, texts] of this.replaced.allLeft()) {
      for (const text of new Set(texts)) {
        if (text === '') continue
        if (comments.length >= most) unlisted++
        else comments.push(this.#comment(row, text))
      }
    }
    const deleted = this.#notes.filter((note) => isDeletion(note) && this.replaced.stands(note))
    return { revision: this.#revision, notes: [...own, ...comments], deleted, unlisted }
  }

  /** What was made of the comments in the file. */
  get replaced(): ReplacedComments {
    this.#placeMore()
    this.#replaced ??= new ReplacedComments(this.#tables, this.#notes, (note) => this.#rows.get(note), captureCommentId)
    return this.#replaced
  }

  /** Those on the capture that are as the file has them. */
  get #commentsLeft(): readonly Note[] {
    return this.#comments.filter(({ replaces = '' }) => !this.replaced.onCapture(replaces))
  }

  /** For the filter: what the notes say of each row. */
  get texts(): NoteTexts {
    const { revision } = this
    if (this.#texts?.revision !== revision) {
      const all = [...this.#notes.filter((note) => !isDeletion(note)), ...this.#commentsLeft]
      const placed = all.map((note) => ({ text: noteText(note), ...this.#placeOf(note) }))
      this.#texts = new NoteTexts(revision, placed, this.replaced, this.#dictionary)
    }
    return this.#texts
  }

  #placeOf(note: Note): Pick<PlacedNote, 'row' | 'frame' | 'conversation' | 'time'> {
    const { packets, conversations } = this.#tables
    const row = this.#rows.get(note)
    if (row !== undefined) return { row, frame: packets.frame(row), time: moment(packets.time(row)) }
    const conversation = this.#conversations.get(note)
    if (conversation !== undefined) {
      const from = packets.time(conversations.firstRow(conversation))
      return { conversation, time: { from, to: packets.time(conversations.lastRow(conversation)) } }
    }
    const { anchor } = note
    return anchor.kind === 'range' ? { time: { from: this.#since(anchor.from), to: this.#since(anchor.to) } } : {}
  }

  #comment(row: number, text: string): PlacedNote {
    const time = this.#tables.packets.time(row)
    const at = String((this.#tables.epoch ?? 0n) + BigInt(Math.round(time)))
    const frame = this.#tables.packets.frame(row)
    const note = importedNote(commentId(frame, text, at), { kind: 'packet', frame, time: at }, text)
    return { note, imported: true, row, frame, time: moment(time) }
  }

  /** The text behind a number that `texts` wrote. */
  text(id: number): string {
    return this.#dictionary.text(id)
  }

  /** The capture may have grown. */
  #placeMore(): void {
    const { packets, complete } = this.#tables
    if (this.#seen.rows !== packets.rows || this.#seen.complete !== complete) this.#place()
  }

  #place(): void {
    const { packets, conversations, complete } = this.#tables
    this.#seen = { rows: packets.rows, complete }
    let found = this.#readComments()
    for (const [note, looked] of this.#missing) {
      const { anchor } = note
      if (anchor.kind === 'packet') {
        const row = this.#rowOf(anchor, looked)
        if (row !== undefined) this.#rows.set(note, row)
        // A packet that is still to come may be it.
        if (row !== undefined || complete) this.#missing.delete(note)
        else this.#missing.set(note, anchor.frame <= packets.before + packets.rows ? packets.rows : 0)
        found ||= row !== undefined
      } else if (anchor.kind === 'conversation') {
        const before = this.#conversations.get(note)
        const id = this.#conversationOf(anchor, looked, before)
        if (id !== undefined) this.#conversations.set(note, id)
        this.#missing.set(note, conversations.count)
        if (complete || (id !== undefined && this.#distance(anchor, id) === 0)) this.#missing.delete(note)
        found ||= id !== before
      }
    }
    if (found) this.#changed()
  }

  /** More of them may come as more is read; whether that was so. */
  #readComments(): boolean {
    const { captureComments } = this.#tables
    if (captureComments.length === this.#commentsRead) return false
    const known = new Set(['', ...this.#comments.map(({ replaces }) => replaces)])
    const fresh = [...new Set(captureComments)]
      .filter((comment) => !known.has(comment))
      .map((comment) => {
        const { anchor, text } = readWordedNote(comment) ?? { anchor: { kind: 'capture' }, text: comment }
        return importedNote(captureCommentId(comment), anchor, text, comment)
      })
    this.#commentsRead = captureComments.length
    this.#comments = [...this.#comments, ...fresh]
    for (const note of fresh) this.#seek(note)
    return fresh.length > 0
  }

  #seek(note: Note): void {
    const { kind } = note.anchor
    if (kind === 'packet' || kind === 'conversation') this.#missing.set(note, 0)
  }

  #changed(): void {
    this.#revision++
    this.#texts = undefined
    this.#replaced = undefined
  }

  /** `looked`: the rows that do not have its time. */
  #rowOf({ frame, time }: PacketAnchor, looked: number): number | undefined {
    const { packets, complete } = this.#tables
    const since = this.#since(time)
    const row = frame - 1 - packets.before
    if (row >= 0 && row < packets.rows && isSame(packets.time(row), since)) return row
    return row < packets.rows || complete ? rowAt(packets, this.#times, since, looked) : undefined
  }

  /** The nearest of those from number `looked` on, and of `best`. */
  #conversationOf(anchor: ConversationAnchor, looked: number, best: number | undefined): number | undefined {
    const { conversations } = this.#tables
    const { transport, addressA, portA = 0, addressB, portB = 0 } = anchor
    const isBetween = (id: number, a: string, b: string, from: number, to: number) =>
      (!hasPorts(conversations, id) || (conversations.portA[id] === from && conversations.portB[id] === to)) &&
      transportName(conversations, id) === transport &&
      conversations.addressText(id, false) === a &&
      conversations.addressText(id, true) === b
    let nearest = best
    for (let id = looked; id < conversations.count; id++) {
      if (
        !isBetween(id, addressA, addressB, portA, portB) &&
        // In a part of the capture the other end may have spoken first.
        !isBetween(id, addressB, addressA, portB, portA)
      )
        continue
      if (nearest === undefined || this.#distance(anchor, id) < this.#distance(anchor, nearest)) nearest = id
    }
    return nearest
  }

  #distance({ firstTime }: ConversationAnchor, id: number): number {
    const { packets, conversations } = this.#tables
    return Math.abs(Math.round(packets.time(conversations.firstRow(id))) - this.#since(firstTime))
  }

  #since(time: string): number {
    return Number(BigInt(time) - (this.#tables.epoch ?? 0n))
  }
}

function importedNote(id: string, anchor: NoteAnchor, text: string, comment = text): Note {
  return { id, anchor, ...readNoteComment(text), replaces: comment, createdAt: 0, editedAt: 0 }
}

/** The same wherever the file is opened, so that two windows which edit a comment edit one note. */
function commentId(on: 'capture' | number, comment: string, time = ''): string {
  const hash = new XxHash64()
  hash.update(encodeUtf8(`${time} ${comment}`))
  return `comment-${on}-${hash.low32().toString(16)}`
}

const captureCommentId = (comment: string) => commentId('capture', comment)

/** The first row from `from` on with this time; undefined if there is none. */
export function rowAt(packets: PacketTable, times: ChunkTimes, since: number, from = 0): number | undefined {
  for (let number = Math.floor(from / CHUNK_ROWS); number * CHUNK_ROWS < packets.rows; number++) {
    if (!times.touches(number, since - 1, since + 1)) continue
    const firstRow = number * CHUNK_ROWS
    const { time } = packets.chunks[number]
    const end = Math.min(CHUNK_ROWS, packets.rows - firstRow)
    for (let i = Math.max(0, from - firstRow); i < end; i++) if (isSame(time[i], since)) return firstRow + i
  }
  return undefined
}

/** A capture's clock may count parts of a nanosecond, which a note does not keep. */
function isSame(time: number, since: number): boolean {
  return Math.round(time) === since
}

const moment = (time: number) => ({ from: time, to: time })
