/** A line of a terminal that keeps its place while lines above it go and others wrap anew; xterm's markers are such. */
export interface LineMark {
  /** -1 once it is gone. */
  readonly line: number
}

interface Span {
  /** Where it begins; what came before may end on the same line. */
  readonly mark: LineMark
  readonly atLineStart: boolean
  /** Milliseconds since 1970. */
  readonly from: number
  to: number
}

export interface LineRange {
  readonly first: number
  readonly last: number
}

/** Each mark costs something with each line that goes: what comes within so many milliseconds shares one. */
const GATHER_MS = 100

/** When the lines of a terminal were printed. */
export class PrintedTimes {
  #spans: Span[] = []

  /** Something was printed from `mark` on at `time`; it is asked for only where a mark is needed. */
  add(time: number, atLineStart: boolean, mark: () => LineMark | undefined): void {
    const last = this.#spans.at(-1)
    if (last && time - last.from < GATHER_MS) {
      last.to = Math.max(last.to, time)
      return
    }
    const made = mark()
    if (!made) return
    while (this.#spans.length > 1 && this.#spans[1].mark.line < 0) this.#spans.shift()
    this.#spans.push({ mark: made, atLineStart, from: time, to: time })
  }

  /** The lines that were printed in [from, to), in order. @param end the line that the cursor is on, and whether it is at its start */
  linesIn(from: number, to: number, end: { readonly line: number; readonly atLineStart: boolean }): LineRange[] {
    const found: LineRange[] = []
    this.#spans.forEach((span, i) => {
      if (span.to < from || span.from >= to) return
      const next = this.#spans[i + 1]
      const stop = next ? { line: next.mark.line, atLineStart: next.atLineStart } : end
      const first = Math.max(0, span.mark.line)
      const last = stop.atLineStart ? stop.line - 1 : stop.line
      // All of it has gone.
      if (stop.line < 0 || last < first) return
      const before = found.at(-1)
      if (before && before.last >= first - 1) found[found.length - 1] = { first: before.first, last }
      else found.push({ first, last })
    })
    return found
  }
}
