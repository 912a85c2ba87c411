import { noteText, readNoteComment } from '../note-comment.ts'
import type { ReplacedComments } from '../replaced-comments.ts'
import { type Block, PRESENCE } from './filter/filter-field.ts'

interface PlacedText {
  readonly text: string
  readonly row?: number
  readonly conversation?: number
  readonly time?: { readonly from: number; readonly to: number }
}

/** Texts by number. It outlives a change of the notes: a search under way must not read other texts under the same numbers. */
export class TextDictionary {
  readonly #ids = new Map<string, number>([['', 0]])
  readonly #texts: string[] = ['']

  /** 0 for the empty one. */
  id(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#ids.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }

  text(id: number): string {
    return this.#texts[id] ?? ''
  }
}

/**
 * What notes say of each packet: those on it, on its conversation and on its time, and the comments in the file. Which of them a packet has
 * is a number in a dictionary, as few different lots of notes cover many packets.
 */
export class NoteTexts {
  readonly revision: number
  readonly #byRow = new Map<number, string[]>()
  readonly #byConversation = new Map<number, string[]>()
  /** Where any note on a time begins or ends, ascending; the texts of the span that begins there. */
  readonly #edges: readonly number[]
  readonly #spans: readonly (readonly string[])[]
  readonly #comments: ReplacedComments
  readonly #dictionary: TextDictionary

  constructor(revision: number, notes: readonly PlacedText[], comments: ReplacedComments, dictionary: TextDictionary) {
    this.revision = revision
    this.#dictionary = dictionary
    this.#comments = comments
    const ranges: { from: number; to: number; text: string }[] = []
    for (const { text, row, conversation, time } of notes) {
      if (row !== undefined) listAt(this.#byRow, row).push(text)
      else if (conversation !== undefined) listAt(this.#byConversation, conversation).push(text)
      else if (time) ranges.push({ ...time, text })
    }
    this.#edges = [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
    this.#spans = this.#edges.map((edge) =>
      ranges.filter(({ from, to }) => from <= edge && edge < to).map(({ text }) => text),
    )
  }

  /** Each text once, for completion. */
  get all(): readonly string[] {
    const lists = [
      ...this.#byRow.values(),
      ...this.#byConversation.values(),
      ...this.#spans,
      ...Array.from(this.#comments.allLeft(), ([, comments]) => wordsOf(comments)),
    ]
    return [...new Set(lists.flat())]
  }

  /** Writes for each place of the block the number of its text in the dictionary. */
  read({ chunk, firstRow, from, to }: Block, values: Float64Array, presence: Uint8Array): void {
    const hasRows = this.#byRow.size > 0 || this.#comments.onPackets
    const hasConversations = this.#byConversation.size > 0
    const edges = this.#edges
    // Packets are nearly in the order of time: mostly it is the same span as before.
    let span = -1
    // Neighbours mostly have the same notes, and often none.
    let last: readonly (readonly string[] | undefined)[] = []
    let id = 0
    for (let i = from; i < to; i++) {
      const time = chunk.time[i]
      while (span + 1 < edges.length && edges[span + 1] <= time) span++
      while (span >= 0 && edges[span] > time) span--
      const noted = hasRows ? this.#byRow.get(firstRow + i) : undefined
      const comments = hasRows ? this.#comments.left(firstRow + i) : undefined
      const conversation = hasConversations ? this.#byConversation.get(chunk.conversation[i]) : undefined
      const timed = span >= 0 ? this.#spans[span] : undefined
      if (last[0] !== noted || last[1] !== comments || last[2] !== conversation || last[3] !== timed) {
        last = [noted, comments, conversation, timed]
        id = this.#dictionary.id(
          [noted, comments && wordsOf(comments), conversation, timed].flatMap((list) => list ?? []).join('\n'),
        )
      }
      values[i] = id
      presence[i] = id === 0 ? PRESENCE.absent : PRESENCE.present
    }
  }
}

/** Without what only tells us of the note's colour. */
function wordsOf(comments: readonly string[]): readonly string[] {
  return comments.map((comment) => noteText(readNoteComment(comment)))
}

function listAt(lists: Map<number, string[]>, key: number): string[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
