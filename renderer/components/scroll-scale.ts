/** Browsers lose precision, then the content, when an element is taller than some 17-33 million pixels. */
export const TALLEST = 8_000_000

/**
 * Where in a list of any length a scroll bar of bounded length stands. `position` is in pixels of the whole list;
 * `scrollTop` in those of the element. Up to TALLEST both are the same.
 */
export class ScrollScale {
  readonly contentHeight: number
  readonly spaceHeight: number
  readonly #viewport: number

  constructor(count: number, rowHeight: number, viewport: number) {
    this.contentHeight = count * rowHeight
    this.spaceHeight = Math.min(this.contentHeight, TALLEST)
    this.#viewport = viewport
  }

  get exact(): boolean {
    return this.spaceHeight === this.contentHeight
  }

  get maxPosition(): number {
    return Math.max(0, this.contentHeight - this.#viewport)
  }

  /** Whether the last row is on screen, of a list that is longer than that. */
  isAtEnd(position: number): boolean {
    return this.maxPosition > 0 && position >= this.maxPosition - 1
  }

  clamp(position: number): number {
    return Math.min(Math.max(0, position), this.maxPosition)
  }

  toScrollTop(position: number): number {
    if (this.exact) return position
    return (position / this.maxPosition) * (this.spaceHeight - this.#viewport)
  }

  toPosition(scrollTop: number): number {
    if (this.exact) return this.clamp(scrollTop)
    return this.clamp((scrollTop / (this.spaceHeight - this.#viewport)) * this.maxPosition)
  }

  /** The position that shows row `index`: unchanged when it is on screen, at the near edge when it is near, else centred. */
  reveal(position: number, index: number, rowHeight: number): number {
    const top = index * rowHeight
    if (top >= position && top + rowHeight <= position + this.#viewport) return position
    const near = rowHeight * 3
    if (top < position && top >= position - near) return this.clamp(top)
    const below = top + rowHeight - this.#viewport
    if (below > position && below <= position + near) return this.clamp(below)
    return this.clamp(top - (this.#viewport - rowHeight) / 2)
  }
}
