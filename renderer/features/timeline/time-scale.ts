import type { TimeRange } from '../../app/view.ts'
import { niceStep } from '../../components/time-ticks.ts'

// The arithmetic of the time axis: pixels, zoom. Pure.

/** Time to pixels and back, over [0, width). */
export class TimeScale {
  readonly range: TimeRange
  readonly width: number

  constructor(range: TimeRange, width: number) {
    this.range = range
    this.width = Math.max(1, width)
  }

  get span(): number {
    return this.range.to - this.range.from
  }
  x(time: number): number {
    return ((time - this.range.from) / this.span) * this.width
  }
  time(x: number): number {
    return this.range.from + (x / this.width) * this.span
  }
}

/** Spans no shorter than this can be looked at: below, floating point time and pixels no longer agree. */
const SHORTEST = 1_000

/** `range` moved and, if need be, cut so that it lies within `whole`; never shorter than SHORTEST. */
export function within(range: TimeRange, whole: TimeRange): TimeRange {
  const wholeSpan = whole.to - whole.from
  const span = Math.min(Math.max(range.to - range.from, SHORTEST), wholeSpan)
  const from = Math.min(Math.max(range.from, whole.from), whole.to - span)
  return { from: Math.round(from), to: Math.round(from + span) }
}

/** `range` without what lies behind the last packet: the axis of a capture that took microseconds is longer than it. */
export function untilLast(range: TimeRange, lastTime: number): TimeRange {
  return range.from > lastTime ? range : { from: range.from, to: Math.min(range.to, lastTime + 1) }
}

/** `range` scaled by `factor` (less than 1 = nearer) with `at` staying where it is on the screen. */
export function zoomed(range: TimeRange, factor: number, at: number, whole: TimeRange): TimeRange | undefined {
  const span = Math.max((range.to - range.from) * factor, SHORTEST)
  if (span >= whole.to - whole.from) return undefined
  const share = (at - range.from) / (range.to - range.from)
  const from = at - span * share
  return within({ from, to: from + span }, whole)
}

export function panned(range: TimeRange, by: number, whole: TimeRange): TimeRange {
  return within({ from: range.from + by, to: range.to + by }, whole)
}

/** Buckets to ask for: their width is taken from a fixed ladder and their edges from a fixed raster, so that bars do not flicker while the axis moves. */
export interface BucketRaster {
  readonly from: number
  readonly to: number
  readonly buckets: number
  readonly width: number
}

const BUCKET_PIXELS = 2.2

/**
 * The raster for what is on screen, with a margin of half a screen on both sides for panning,
 * as far as the capture reaches.
 */
export function bucketRaster(scale: TimeScale, whole: TimeRange): BucketRaster {
  const width = Math.max(1, niceStep((scale.span / scale.width) * BUCKET_PIXELS))
  const margin = scale.span / 2
  const start = Math.max(whole.from, scale.range.from - margin)
  const end = Math.min(whole.to, scale.range.to + margin)
  const from = Math.floor(start / width) * width
  const buckets = Math.max(1, Math.ceil((end - from) / width))
  return { from, to: from + buckets * width, buckets, width }
}
