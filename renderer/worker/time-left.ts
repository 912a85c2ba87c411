/** Reading is measured in stretches of at least so many milliseconds. */
const STRETCH_MS = 1000
/** So many in a row must be about as fast, by this factor, before anything is said; */
const ALIKE = 3
const FACTOR = 1.5
/** and what is said is by the pace of at most so many. */
const KEPT = 6

/** How long reading will still take: nothing at first, as the first moments tell nothing of the pace of the rest. */
export class TimeLeft {
  readonly #size: number
  readonly #marks: { readonly ms: number; readonly bytes: number }[] = []
  #known = false

  /** `size` in bytes; 0 = not known. */
  constructor(size: number) {
    this.#size = size
  }

  /** Milliseconds that are left `ms` after the start, when `bytes` have been read. Whole seconds; undefined until it is known well and in the last one. */
  at(ms: number, bytes: number): number | undefined {
    const marks = this.#marks
    const last = marks.at(-1)
    if (!last || ms - last.ms >= STRETCH_MS) marks.push({ ms, bytes })
    if (marks.length > KEPT + 1) marks.shift()
    this.#known ||= this.#isSteady()
    const [first] = marks
    if (!this.#known || this.#size === 0 || bytes <= first.bytes) return undefined
    const left = ((this.#size - bytes) * (ms - first.ms)) / (bytes - first.bytes)
    return left < 950 ? undefined : Math.ceil(left / 1000) * 1000
  }

  #isSteady(): boolean {
    const marks = this.#marks.slice(-ALIKE - 1)
    if (marks.length <= ALIKE) return false
    const paces = marks.slice(1).map(({ ms, bytes }, i) => (bytes - marks[i].bytes) / (ms - marks[i].ms))
    return Math.max(...paces) <= Math.min(...paces) * FACTOR
  }
}
