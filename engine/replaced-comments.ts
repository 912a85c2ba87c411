import type { Note } from '../common/model/note.ts'

/** The comments that a capture file has, as it has them. */
export interface FileComments {
  /** On packets, by row. */
  readonly packetComments: ReadonlyMap<number, readonly string[]>
  /** On all of it. */
  readonly captureComments: readonly string[]
}

/**
 * Which comments of the file a person edited or deleted, and the notes that stand for them. A comment is known by its text and what it is on:
 * the same text twice on a packet is one. A note whose comment is not in the file stands for none: it is a note like any other.
 */
export class ReplacedComments {
  readonly #file: FileComments
  readonly #onRows = new Map<number, Map<string, Note>>()
  readonly #onCapture = new Map<string, Note>()
  /** What is left of the comments on rows that have a replaced one. */
  readonly #left = new Map<number, readonly string[]>()
  readonly #standing = new Set<Note>()

  /** @param rowOf where a note's packet is. @param captureCommentId what a note that replaces this comment on the capture is called. */
  constructor(
    file: FileComments,
    notes: readonly Note[],
    rowOf: (note: Note) => number | undefined,
    captureCommentId: (comment: string) => string,
  ) {
    this.#file = file
    for (const note of notes) {
      const { replaces } = note
      if (replaces === undefined) continue
      const row = rowOf(note)
      if (row !== undefined && file.packetComments.get(row)?.includes(replaces)) {
        const onRow = this.#onRows.get(row) ?? new Map<string, Note>()
        this.#onRows.set(row, onRow.set(replaces, note))
      } else if (note.id === captureCommentId(replaces) && file.captureComments.includes(replaces)) {
        this.#onCapture.set(replaces, note)
      }
    }
    for (const [row, notesByComment] of this.#onRows) {
      this.#left.set(
        row,
        (file.packetComments.get(row) ?? []).filter((comment) => !notesByComment.has(comment)),
      )
    }
    for (const onOne of [...this.#onRows.values(), this.#onCapture]) {
      for (const note of onOne.values()) this.#standing.add(note)
    }
  }

  /** Whether it stands for a comment that the file has. */
  stands(note: Note): boolean {
    return this.#standing.has(note)
  }

  onPacket(row: number, comment: string): Note | undefined {
    return this.#onRows.get(row)?.get(comment)
  }

  onCapture(comment: string): Note | undefined {
    return this.#onCapture.get(comment)
  }

  /** Whether the file has any on packets. */
  get onPackets(): boolean {
    return this.#file.packetComments.size > 0
  }

  /** Those on a packet that are as the file has them; always the same list for a row. */
  left(row: number): readonly string[] | undefined {
    return this.#left.get(row) ?? this.#file.packetComments.get(row)
  }

  /** All that are as the file has them, by row. */
  *allLeft(): Iterable<readonly [row: number, comments: readonly string[]]> {
    for (const [row, comments] of this.#file.packetComments) yield [row, this.#left.get(row) ?? comments]
  }
}
