import type { Terminal } from '@xterm/xterm'
import { PrintedTimes, type LineRange } from './printed-times.ts'

/** Milliseconds since 1970: [from, to). */
export interface MarkedTime {
  readonly from: number
  readonly to: number
}

/** Marks the lines that a terminal printed in a time, by this machine's clock. */
export class MarkedLines {
  readonly #term: Terminal
  readonly #told: (lines: number) => void
  readonly #times = new PrintedTimes()
  readonly #layer = document.createElement('div')
  #marked: MarkedTime | undefined

  /** @param told how many lines are marked, whenever that may have changed */
  constructor(term: Terminal, told: (lines: number) => void) {
    this.#term = term
    this.#told = told
    this.#layer.className = 'terminal-marked'
    this.#layer.ariaHidden = 'true'
    term.onRender(() => this.#marked && this.#draw())
  }

  /** Once the terminal is on the page. */
  open(): void {
    this.#term.element?.querySelector('.xterm-screen')?.append(this.#layer)
  }

  /** About to hand over output: what is drawn now is behind the cursor, when everything before it has been drawn. */
  printing(time: number): void {
    const { active } = this.#term.buffer
    // Programs that have the whole screen draw over what they printed.
    if (active.type === 'alternate') return
    this.#times.add(time, active.cursorX === 0, () => this.#term.registerMarker(0))
  }

  mark(time: MarkedTime | undefined): void {
    this.#marked = time
    const ranges = this.#draw()
    const [first] = ranges
    const { viewportY } = this.#term.buffer.active
    const isSeen = ({ first: from, last }: LineRange) => last >= viewportY && from < viewportY + this.#term.rows
    if (first && !ranges.some(isSeen)) this.#term.scrollToLine(first.first)
  }

  #draw(): readonly LineRange[] {
    const { active } = this.#term.buffer
    const end = { line: active.baseY + active.cursorY, atLineStart: active.cursorX === 0 }
    const ranges =
      this.#marked && active.type === 'normal' ? this.#times.linesIn(this.#marked.from, this.#marked.to, end) : []
    const { rows } = this.#term
    const seen = ranges.flatMap(({ first, last }) => {
      const from = Math.max(0, first - active.viewportY)
      const to = Math.min(rows, last + 1 - active.viewportY)
      return to > from ? [{ from, to }] : []
    })
    this.#layer.replaceChildren(
      ...seen.map(({ from, to }) => {
        const bar = document.createElement('i')
        bar.style.top = `${(from / rows) * 100}%`
        bar.style.height = `${((to - from) / rows) * 100}%`
        return bar
      }),
    )
    this.#told(ranges.reduce((sum, { first, last }) => sum + last + 1 - first, 0))
    return ranges
  }
}
