import type { TimeRange } from '../../app/view.ts'

// The arithmetic of the graph: what is where on screen, and what the axes say. Pure.

const GRAPHS = ['sequence', 'rtt', 'throughput', 'window'] as const
export type GraphName = (typeof GRAPHS)[number]

/** A value axis from the bottom up, linear or logarithmic, over pixels [top, top + height). */
export class ValueScale {
  readonly low: number
  readonly high: number
  readonly top: number
  readonly height: number
  readonly log: boolean

  constructor(low: number, high: number, top: number, height: number, log = false) {
    this.low = log ? Math.max(low, 1) : low
    this.high = high > this.low ? high : this.low + 1
    this.top = top
    this.height = Math.max(1, height)
    this.log = log
  }

  y(value: number): number {
    const share = this.log
      ? Math.log(Math.max(value, 1) / this.low) / Math.log(this.high / this.low)
      : (value - this.low) / (this.high - this.low)
    return this.top + (1 - share) * this.height
  }

  value(y: number): number {
    const share = 1 - (y - this.top) / this.height
    return this.log ? this.low * (this.high / this.low) ** share : this.low + share * (this.high - this.low)
  }
}

/** Time across the plot. */
export class TimeAxis {
  readonly from: number
  readonly to: number
  readonly width: number

  constructor({ from, to }: TimeRange, width: number) {
    this.from = from
    this.to = Math.max(to, from + 1)
    this.width = Math.max(1, width)
  }

  get span(): number {
    return this.to - this.from
  }
  x(time: number): number {
    return ((time - this.from) / this.span) * this.width
  }
  time(x: number): number {
    return this.from + (x / this.width) * this.span
  }
}

export interface LanePlace {
  readonly name: GraphName
  readonly top: number
  readonly height: number
}

/** Height of the time axis at the bottom. */
export const AXIS = 18
/** Right of the graphs, for the values of their axes. */
export const VALUES = 64
const LEAST = 44
const LEAST_SEQUENCE = 110

/** One graph fills the plot; all of them share it as far as there is room, the sequence numbers above the rest. */
export function placeGraphs(height: number, shown: GraphName | 'all'): readonly LanePlace[] {
  const room = Math.max(0, height - AXIS)
  if (shown !== 'all') return [{ name: shown, top: 0, height: room }]
  const others = GRAPHS.slice(1, 1 + Math.max(0, Math.min(3, Math.floor((room - LEAST_SEQUENCE) / LEAST))))
  const small = others.length === 0 ? 0 : Math.max(LEAST, Math.floor((room * 0.42) / 3))
  const sequence = room - small * others.length
  return [
    { name: 'sequence', top: 0, height: sequence },
    ...others.map((name, i) => ({ name, top: sequence + i * small, height: small })),
  ]
}

/** Round numbers between `low` and `high`, about one in every `apart` pixels of `pixels`. */
export function roundTicks(low: number, high: number, pixels: number, apart: number): readonly number[] {
  const least = ((high - low) / Math.max(1, pixels)) * apart
  if (!(least > 0)) return []
  const magnitude = 10 ** Math.floor(Math.log10(least))
  const step = magnitude * ([1, 2, 5].find((factor) => factor * magnitude >= least) ?? 10)
  const ticks: number[] = []
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(n * step)
  return ticks
}

export interface ValueTick {
  readonly value: number
  readonly y: number
}

/** The height of a label. */
const LABEL = 14

/**
 * Round values of a graph's axis that have room for their label, some `apart` pixels from each other. Where there would be
 * fewer than two they are closer, and one there is always: an axis without a value tells nothing.
 */
export function valueTicks(
  { top, height }: Pick<LanePlace, 'top' | 'height'>,
  scale: ValueScale,
  apart: number,
): readonly ValueTick[] {
  const fitting = (values: readonly number[]) => {
    const ticks: ValueTick[] = []
    let above = -Infinity
    for (const value of values.toReversed()) {
      const y = Math.round(scale.y(value))
      if (value <= 0 || y < top + 6 || y > top + height - 5 || y - above < LABEL) continue
      ticks.push({ value, y })
      above = y
    }
    return ticks.toReversed()
  }
  const linear = (distance: number) => fitting(roundTicks(scale.low, scale.high, scale.height, distance))
  let ticks = scale.log ? fitting(decades(scale)) : []
  for (const distance of [apart, (apart + LABEL) / 2, LABEL]) {
    const closer = ticks.length < 2 ? linear(distance) : []
    if (closer.length > ticks.length) ticks = closer
  }
  for (let distance = LABEL / 2; ticks.length === 0 && distance > 1; distance /= 2) ticks = linear(distance).slice(-1)
  return ticks
}

/** Powers of ten, of which some are left out where they lie too close. */
function decades({ low, high, height }: ValueScale): readonly number[] {
  const each = Math.max(1, Math.ceil(LABEL / (height / Math.log10(high / low))))
  const found: number[] = []
  for (let power = Math.ceil(Math.log10(low) / each) * each; 10 ** power <= high; power += each) found.push(10 ** power)
  return found
}

const SHORTEST = 1000

/** `range` scaled by `factor` around `at`, within `whole`; undefined = all of it. */
export function zoomedRange(range: TimeRange, factor: number, at: number, whole: TimeRange): TimeRange | undefined {
  const span = Math.max(SHORTEST, (range.to - range.from) * factor)
  if (span >= whole.to - whole.from) return undefined
  const from = at - ((at - range.from) / (range.to - range.from)) * span
  return clampedRange(from, span, whole)
}

export function movedRange(range: TimeRange, by: number, whole: TimeRange): TimeRange {
  return clampedRange(range.from + by, range.to - range.from, whole)
}

function clampedRange(wanted: number, span: number, whole: TimeRange): TimeRange {
  const from = Math.round(Math.min(Math.max(wanted, whole.from), whole.to - span))
  return { from, to: Math.round(from + span) }
}
