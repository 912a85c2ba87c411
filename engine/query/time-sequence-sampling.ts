import type { Points, Spans } from '../answers.ts'

// What of many points is to be drawn: as much as there are pixels.

/** Which pixels have been painted, a bit for each kind of thing. */
export class PixelCover {
  readonly #from: number
  readonly #low: number
  readonly #perColumn: number
  readonly #perLine: number
  readonly #width: number
  readonly #height: number
  readonly #painted: Uint16Array

  constructor(
    area: { readonly from: number; readonly to: number; readonly low: number; readonly high: number },
    width: number,
    height: number,
  ) {
    this.#from = area.from
    this.#low = area.low
    this.#perColumn = (area.to - area.from) / width
    this.#perLine = (area.high - area.low) / height
    this.#width = width
    this.#height = height
    this.#painted = new Uint16Array(width * height)
  }

  /** Paints [low, high] at `time`; false when nothing of it would be seen: all is painted already, or outside. */
  paint(kind: number, time: number, low: number, high: number): boolean {
    const column = Math.floor((time - this.#from) / this.#perColumn)
    if (column < 0 || column >= this.#width) return false
    const first = Math.max(0, Math.floor((low - this.#low) / this.#perLine))
    const last = Math.min(this.#height - 1, Math.floor((high - this.#low) / this.#perLine))
    const bit = 1 << kind
    let fresh = false
    for (let line = first; line <= last; line++) {
      const at = column * this.#height + line
      if ((this.#painted[at] & bit) !== 0) continue
      this.#painted[at] |= bit
      fresh = true
    }
    return fresh
  }
}

/**
 * Thins out a line: of each pixel column the first, lowest, highest and last point, in their order. Drawn, it has the same pixels as the
 * whole line.
 */
export class LineSampler {
  readonly #from: number
  readonly #perColumn: number
  readonly points = new PointList()
  #column = Number.NaN
  #count = 0
  // Time, value and row of the column's first, lowest, highest and last point, and when they came.
  readonly #time = new Float64Array(4)
  readonly #value = new Float64Array(4)
  readonly #row = new Uint32Array(4)
  readonly #order = new Float64Array(4)

  constructor(from: number, to: number, width: number) {
    this.#from = from
    this.#perColumn = (to - from) / width
  }

  add(time: number, value: number, row: number): void {
    const column = Math.floor((time - this.#from) / this.#perColumn)
    if (column !== this.#column) {
      this.flush()
      this.#column = column
      for (let place = 0; place < 4; place++) this.#put(place, time, value, row)
    } else {
      if (value < this.#value[1]) this.#put(1, time, value, row)
      if (value > this.#value[2]) this.#put(2, time, value, row)
      this.#put(3, time, value, row)
    }
    this.#count++
  }

  flush(): void {
    if (this.#count === 0) return
    const order = this.#order
    let last = -1
    for (;;) {
      let next = -1
      for (let place = 0; place < 4; place++) {
        if (order[place] > last && (next < 0 || order[place] < order[next])) next = place
      }
      if (next < 0) break
      last = order[next]
      this.points.add(this.#time[next], this.#value[next], this.#row[next])
    }
    this.#count = 0
    this.#column = Number.NaN
  }

  #put(place: number, time: number, value: number, row: number): void {
    this.#time[place] = time
    this.#value[place] = value
    this.#row[place] = row
    this.#order[place] = this.#count
  }
}

/** Points in plain arrays, as few as pixels. */
export class PointList {
  readonly #times: number[] = []
  readonly #values: number[] = []
  readonly #rows: number[] = []
  readonly #kinds: number[] = []

  add(time: number, value: number, row: number, kind = 0): void {
    this.#times.push(time)
    this.#values.push(value)
    this.#rows.push(row)
    this.#kinds.push(kind)
  }

  points(): Points {
    return {
      time: Float64Array.from(this.#times),
      value: Float64Array.from(this.#values),
      row: Uint32Array.from(this.#rows),
    }
  }

  kinds(): Uint8Array {
    return Uint8Array.from(this.#kinds)
  }
}

export class SpanList {
  readonly #times: number[] = []
  readonly #lows: number[] = []
  readonly #highs: number[] = []
  readonly #rows: number[] = []
  readonly #kinds: number[] = []

  add(time: number, low: number, high: number, row: number, kind = 0): void {
    this.#times.push(time)
    this.#lows.push(low)
    this.#highs.push(high)
    this.#rows.push(row)
    this.#kinds.push(kind)
  }

  spans(): Spans {
    return {
      time: Float64Array.from(this.#times),
      low: Float64Array.from(this.#lows),
      high: Float64Array.from(this.#highs),
      row: Uint32Array.from(this.#rows),
    }
  }

  kinds(): Uint8Array {
    return Uint8Array.from(this.#kinds)
  }
}
