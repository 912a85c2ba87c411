import type { FollowFormat, FollowLine } from '../answers.ts'
import { firstPlace } from '../binary-search.ts'
import { grown } from '../columns/grown.ts'
import type { FollowedStream, Run } from './follow-stream.ts'
import type { ReadBytes } from './frame-bytes.ts'
import { PIECE } from './reassembly.ts'
import { between, type Work } from './work.ts'

const HEX_BYTES = 16
const RAW_BYTES = 32
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
/** Bytes looked at between two pauses. */
const SLICE = 1 << 20

/** A followed stream as lines. Those of text are known as far as `extend` has come. */
export interface StreamLines {
  readonly count: number
  readonly complete: boolean
  /** Looks for line ends until all are known. Throws Cancelled and as FollowedStream.eachPart. */
  extend(read: ReadBytes, work: Work): Promise<void>
  /** `count` lines from `start` on, as far as they are known. */
  lines(start: number, count: number, read: ReadBytes): Promise<FollowLine[]>
  /** The line that holds the captured byte at `position`; the last one known if it is beyond. */
  lineAt(position: number): number
}

/** @param width bytes after which a line of text is broken */
export function streamLines(stream: FollowedStream, format: FollowFormat, width: number): StreamLines {
  return format === 'text'
    ? new TextLines(stream, width)
    : new FixedLines(stream, format === 'hex' ? HEX_BYTES : RAW_BYTES)
}

/** Lines of equal length: where each is can be told from the layout alone. */
class FixedLines implements StreamLines {
  readonly complete = true
  readonly #stream: FollowedStream
  readonly #size: number
  /** First line of each run, then the number of lines. */
  readonly #firstLines: Float64Array

  constructor(stream: FollowedStream, size: number) {
    this.#stream = stream
    this.#size = size
    const { runCount, runStarts } = stream
    this.#firstLines = new Float64Array(runCount + 1)
    for (let run = 0; run < runCount; run++) {
      const lines = Math.max(1, Math.ceil((runStarts[run + 1] - runStarts[run]) / size))
      this.#firstLines[run + 1] = this.#firstLines[run] + lines
    }
  }

  get count(): number {
    return this.#firstLines[this.#firstLines.length - 1]
  }

  extend(): Promise<void> {
    return Promise.resolve()
  }

  lines(start: number, count: number, read: ReadBytes): Promise<FollowLine[]> {
    const end = Math.min(start + count, this.count)
    const places: Place[] = []
    for (let number = start, at = lastNotAbove(this.#firstLines, start); number < end; number++) {
      while (this.#firstLines[at + 1] <= number) at++
      const run = this.#stream.run(at)
      const from = run.start + (number - this.#firstLines[at]) * this.#size
      places.push({ run, from, to: Math.min(from + this.#size, run.start + run.bytes) })
    }
    return readLines(this.#stream, places, read)
  }

  lineAt(position: number): number {
    const run = Math.min(lastNotAbove(this.#stream.runStarts, position), this.#stream.runCount - 1)
    if (run < 0) return 0
    const line = this.#firstLines[run] + Math.floor((position - this.#stream.runStarts[run]) / this.#size)
    return Math.max(0, Math.min(line, this.#firstLines[run + 1] - 1))
  }
}

/** Lines that end where the sender ended them, or after `width` bytes; found in one pass over the bytes. */
class TextLines implements StreamLines {
  readonly #stream: FollowedStream
  readonly #width: number
  #starts = new Float64Array(1024)
  /** The run of each line. */
  #runs = new Uint32Array(1024)
  #count = 0
  complete = false

  constructor(stream: FollowedStream, width: number) {
    this.#stream = stream
    this.#width = width
  }

  get count(): number {
    return this.#count
  }

  async extend(read: ReadBytes, work: Work): Promise<void> {
    const { runCount, runStarts, bytes } = this.#stream
    let run = -1
    let lineStart = 0
    // Bytes of the line so far; a line is added once it has one.
    let open = false
    const openRuns = (position: number) => {
      // Holes have no bytes of their own: they are lines between those of the runs around them.
      while (run + 1 < runCount && runStarts[run + 1] <= position) {
        run++
        open = false
        if (runStarts[run + 1] === runStarts[run]) this.#add(run, runStarts[run])
      }
    }
    for (let from = 0; from < bytes; from += SLICE) {
      await between(work)
      await this.#stream.eachPart(from, Math.min(from + SLICE, bytes), read, (position, part) => {
        for (let i = 0; i < part.length;) {
          const at = position + i
          openRuns(at)
          if (!open) {
            this.#add(run, at)
            lineStart = at
            open = true
          }
          const limit = Math.min(part.length, i + this.#width - (at - lineStart), i + (runStarts[run + 1] - at))
          let end = i
          while (end < limit && part[end] !== LINE_FEED) end++
          if (end < limit) {
            end++
            open = false
          } else if (position + end - lineStart >= this.#width) {
            // Not within a character of several bytes (RFC 3629: those that continue one begin with the bits 10).
            for (let back = 0; back < 3 && end > i + 1 && end < part.length && (part[end] & 0xc0) === 0x80; back++)
              end--
            open = false
          }
          i = end
        }
      })
      work.progress?.(Math.min(from + SLICE, bytes), bytes)
    }
    openRuns(bytes)
    this.complete = true
  }

  lines(start: number, count: number, read: ReadBytes): Promise<FollowLine[]> {
    const end = Math.min(start + count, this.#count)
    const places: Place[] = []
    for (let line = start; line < end; line++) {
      const run = this.#stream.run(this.#runs[line])
      const next =
        line + 1 < this.#count && this.#runs[line + 1] === this.#runs[line] ? this.#starts[line + 1] : Infinity
      const from = this.#starts[line]
      // The last line known may go on in bytes not looked at yet.
      places.push({ run, from, to: Math.min(next, run.start + run.bytes, from + this.#width) })
    }
    return readLines(this.#stream, places, read, true)
  }

  lineAt(position: number): number {
    return Math.max(0, lastNotAbove(this.#starts.subarray(0, this.#count), position))
  }

  #add(run: number, start: number): void {
    const line = this.#count++
    if (line === this.#starts.length) {
      this.#starts = grown(this.#starts)
      this.#runs = grown(this.#runs)
    }
    this.#starts[line] = start
    this.#runs[line] = run
  }
}

interface Place {
  readonly run: Run
  readonly from: number
  readonly to: number
}

async function readLines(
  stream: FollowedStream,
  places: readonly Place[],
  read: ReadBytes,
  text = false,
): Promise<FollowLine[]> {
  if (places.length === 0) return []
  const first = places[0].from
  const last = places[places.length - 1].to
  const bytes = await stream.slice(first, last, read)
  return places.map(({ run, from, to }) => {
    if (run.kind !== PIECE.data) {
      const { row, offset, length } = stream.hole(run)
      const why = run.kind === PIECE.gap ? 'gap' : 'cut'
      return { side: run.side, row, offset, position: from, bytes: new Uint8Array(0), missing: { bytes: length, why } }
    }
    const line = bytes.subarray(from - first, to - first)
    // A copy: a view would take the bytes of all lines along to whoever it is sent.
    return {
      side: run.side,
      ...stream.origin(from),
      position: from,
      bytes: (text ? withoutLineEnd(line) : line).slice(),
    }
  })
}

/** The line without its line feed, and a carriage return before it. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  if (end > 0 && bytes[end - 1] === LINE_FEED) end--
  if (end < bytes.length && end > 0 && bytes[end - 1] === CARRIAGE_RETURN) end--
  return bytes.subarray(0, end)
}

/** Index of the last value that is not above `value`, of ascending ones; -1 if all are. */
function lastNotAbove(values: Float64Array, value: number): number {
  return firstPlace(0, values.length, (i) => values[i] > value) - 1
}
