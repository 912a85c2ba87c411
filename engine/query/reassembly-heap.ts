/** Segments that wait for the bytes before them: a binary heap by position, so that even a capture made to be slow is not. */
export class SegmentHeap {
  readonly #positions: number[] = []
  readonly #rows: number[] = []

  get count(): number {
    return this.#rows.length
  }
  /** The first segment's position and packet; only while there is one. */
  get position(): number {
    return this.#positions[0]
  }
  get row(): number {
    return this.#rows[0]
  }

  push(position: number, row: number): void {
    let at = this.#rows.length
    this.#positions.push(position)
    this.#rows.push(row)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!this.#before(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  pop(): void {
    const last = this.#rows.length - 1
    this.#swap(0, last)
    this.#positions.pop()
    this.#rows.pop()
    for (let at = 0; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < last && this.#before(child, least)) least = child
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  /** Of segments that begin at the same byte the one captured first. */
  #before(a: number, b: number): boolean {
    const [positions, rows] = [this.#positions, this.#rows]
    return positions[a] < positions[b] || (positions[a] === positions[b] && rows[a] < rows[b])
  }

  #swap(a: number, b: number): void {
    const [positions, rows] = [this.#positions, this.#rows]
    const position = positions[a]
    positions[a] = positions[b]
    positions[b] = position
    const row = rows[a]
    rows[a] = rows[b]
    rows[b] = row
  }
}
