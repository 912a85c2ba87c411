import type { TerminalOutput } from '../../common/model/terminal.ts'

/** Kept for those who come later: a page that was reloaded shows the end of what was there. */
const KEPT_BYTES = 1 << 20
/**
 * Small pieces are put together up to this: a message costs more than its bytes. For a reader that takes longer than PIECE_MS for one they are
 * made smaller: what is on its way when Ctrl-C is pressed is still shown, and short lines take a page ten times as long as long ones.
 */
const PIECE_BYTES = 256 * 1024
const LEAST_PIECE_BYTES = 32 * 1024
const PIECE_MS = 25
/** How many pieces a reader may be behind before the writer has to wait. */
const LAG_PIECES = 2
/** A pseudo-terminal gives 4 kB at a time: what comes within so many milliseconds is put together. The first of it waits for nothing. */
const GATHER_MS = 8
/** Behind a piece of that size nobody reads along: a page draws fewer frames of a flood when it comes in larger pieces, and so is done sooner. */
const FLOOD_BYTES = 32 * 1024
const FLOOD_GATHER_MS = 50

/** What is put together has one time: not more than this is lost of when something was printed. */
const SAME_TIME_MS = 100

interface Reader {
  at: number
  /** What was there before it came. */
  readonly old: number
  /** Bytes that are put together for it. */
  most: number
  /** By performance.now(), when it got the last piece; NaN before the first. */
  had: number
  /** What comes until then, by performance.now(), is put together. */
  gathersUntil: number
  /** Called once it is so many bytes behind, or at its end. */
  wants: number
  wake: (() => void) | undefined
}

/**
 * What a terminal puts out, for any number of readers at their own pace. The writer is held up while a reader is far behind, so memory
 * is bounded and a stopped reader stops the program; with no reader at all it goes on, and the oldest bytes are forgotten.
 */
export class OutputLog {
  readonly #pieces: TerminalOutput[] = []
  readonly #readers = new Set<Reader>()
  #start = 0
  #end = 0
  /** What is before this place is kept for nobody who comes later. */
  #forgotten = 0
  #closed = false
  #held: { readonly promise: Promise<void>; readonly release: () => void } | undefined

  /** Place behind the last byte. */
  get end(): number {
    return this.#end
  }

  /** Returns a promise while readers are too far behind to take more. The bytes are kept, not copied. */
  write(bytes: Uint8Array, time = Date.now()): Promise<void> | undefined {
    if (bytes.length === 0 || this.#closed) return undefined
    this.#pieces.push({ at: this.#end, time, replayed: false, bytes })
    this.#end += bytes.length
    this.#trim()
    for (const reader of this.#readers) if (this.#end - reader.at >= reader.wants) reader.wake?.()
    if (!this.#isHeld()) return undefined
    this.#held ??= hold()
    return this.#held.promise
  }

  /** Keeps nothing of what there is, once those who read now have had it. */
  forget(): void {
    this.#forgotten = this.#end
    this.#trim()
  }

  /** Nothing more will come; readers get what is left and then their end. */
  close(): void {
    this.#closed = true
    this.#held?.release()
    for (const reader of this.#readers) reader.wake?.()
  }

  /** All that is kept from `from` on, then what comes. The last screen is within what is kept. */
  read(from: number): ReadableStream<TerminalOutput> {
    const at = Math.max(from, this.#start, this.#forgotten)
    const reader: Reader = {
      at,
      old: this.#end,
      most: PIECE_BYTES,
      had: Number.NaN,
      gathersUntil: -Infinity,
      wants: 1,
      wake: undefined,
    }
    this.#readers.add(reader)
    const leave = () => {
      this.#readers.delete(reader)
      this.#trim()
      this.#letGo()
    }
    return new ReadableStream<TerminalOutput>(
      {
        pull: async (controller) => {
          setPace(reader, this.#end - reader.at)
          while (reader.at >= this.#end && !this.#closed && this.#readers.has(reader)) await woken(reader, 1)
          while (this.#end - reader.at < reader.most && !this.#closed && this.#readers.has(reader)) {
            const left = reader.gathersUntil - performance.now()
            if (left <= 0) break
            await woken(reader, reader.most, left)
          }
          if (reader.at < this.#end) {
            const piece = this.#next(reader)
            const gather = piece.bytes.length < FLOOD_BYTES ? GATHER_MS : FLOOD_GATHER_MS
            reader.had = performance.now()
            reader.gathersUntil = reader.had + gather
            controller.enqueue(piece)
          } else {
            leave()
            controller.close()
          }
        },
        cancel: () => {
          leave()
          reader.wake?.()
        },
      },
      { highWaterMark: 0 },
    )
  }

  #next(reader: Reader): TerminalOutput {
    const first = this.#pieces.findIndex(({ at, bytes }) => at + bytes.length > reader.at)
    let last = first
    let size = 0
    // Pieces are not put together across the border of what was there before: a reader tells them apart.
    const isOld = this.#pieces[first].at < reader.old
    while (
      last < this.#pieces.length &&
      this.#pieces[last].at < reader.old === isOld &&
      this.#pieces[last].time - this.#pieces[first].time <= SAME_TIME_MS &&
      (size === 0 || size + this.#pieces[last].bytes.length <= reader.most)
    ) {
      size += this.#pieces[last++].bytes.length
    }
    const taken = this.#pieces.slice(first, last)
    const { at, time } = taken[0]
    const skip = reader.at - at
    const bytes = taken.length === 1 ? taken[0].bytes : Buffer.concat(taken.map((piece) => piece.bytes))
    reader.at = at + bytes.length
    this.#trim()
    this.#letGo()
    const replayed = reader.at <= reader.old
    return { at: at + skip, time, replayed, bytes: skip > 0 ? bytes.subarray(skip) : bytes }
  }

  /** Lets go of the oldest pieces, as far as they are not to be kept and every reader has had them. */
  #trim(): void {
    for (let [oldest] = this.#pieces; oldest; [oldest] = this.#pieces) {
      const behind = oldest.at + oldest.bytes.length
      if (behind > this.#forgotten && this.#end - behind < KEPT_BYTES) return
      for (const reader of this.#readers) if (reader.at < behind) return
      this.#start = behind
      this.#pieces.shift()
    }
  }

  #isHeld(): boolean {
    for (const reader of this.#readers) if (this.#end - reader.at > LAG_PIECES * reader.most) return true
    return false
  }

  #letGo(): void {
    if (!this.#held || this.#isHeld()) return
    this.#held.release()
    this.#held = undefined
  }
}

function setPace(reader: Reader, behind: number): void {
  const took = performance.now() - reader.had
  const isSlow = behind >= reader.most
  if (isSlow && took > PIECE_MS) reader.most = Math.max(LEAST_PIECE_BYTES, reader.most / 2)
  else if (!isSlow || took < PIECE_MS / 2) reader.most = Math.min(PIECE_BYTES, reader.most * 2)
}

/** Until there are so many bytes, it is at its end, or, where that is said, so many milliseconds have passed. */
async function woken(reader: Reader, wants: number, within?: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  reader.wants = wants
  await new Promise<void>((resolve) => {
    reader.wake = resolve
    if (within !== undefined) timer = setTimeout(resolve, within)
  })
  clearTimeout(timer)
  reader.wake = undefined
}

function hold(): { readonly promise: Promise<void>; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, release: resolve }
}
