import type { TimeRange } from '../../app/view.ts'

// The arithmetic of the time axis: pixels, ticks, zoom. Pure.

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

const STEPS = [1, 2, 5]
const LONG_STEPS = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1e9,
)

/** The smallest step a person would count in that is at least `least` nanoseconds. */
export function niceStep(least: number): number {
  if (least > 5e9) return LONG_STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400e9) * 86_400e9
  let magnitude = 1
  for (;;) {
    for (const step of STEPS) if (step * magnitude >= least) return step * magnitude
    magnitude *= 10
  }
}

/** Where ticks go: multiples of a nice step, at least `apart` pixels from each other. */
export function ticks(scale: TimeScale, apart: number): { readonly step: number; readonly times: readonly number[] } {
  const step = niceStep((scale.span / scale.width) * apart)
  const times: number[] = []
  for (let time = Math.ceil(scale.range.from / step) * step; time < scale.range.to; time += step) times.push(time)
  return { step, times }
}

/** How many decimals of seconds tell ticks of `step` apart. */
export function decimalsFor(step: number): number {
  return Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(step) - 1e-9)))
}

/** Since the capture's start, as fine as the step needs: "12.5 s", or "0:12.5" where the axis goes beyond a minute (`long`). */
export function tickText(time: number, step: number, long: boolean): string {
  const sign = time < 0 ? '−' : ''
  const decimals = decimalsFor(step)
  const ns = Math.round(Math.abs(time) / step) * step
  if (!long) return `${sign}${(ns / 1e9).toFixed(decimals)} s`
  const minutes = Math.floor(ns / 60e9)
  const seconds = ((ns - minutes * 60e9) / 1e9).toFixed(decimals).padStart(decimals > 0 ? decimals + 3 : 2, '0')
  if (minutes < 60) return `${sign}${minutes}:${seconds}`
  return `${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`
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
