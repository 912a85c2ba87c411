// The ticks of a time axis, the same in every view. Times are nanoseconds since the capture's start. Pure.

const STEPS = [1, 2, 5]
export const DAY = 86_400e9
const LONG_STEPS = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1e9,
)

/** The smallest step a person would count in that is at least `least` nanoseconds. */
export function niceStep(least: number): number {
  return least > 5e9 ? (LONG_STEPS.find((step) => step >= least) ?? DAY * decimalStep(least / DAY)) : decimalStep(least)
}

/** 1, 2 or 5 times a power of ten. */
function decimalStep(least: number): number {
  let magnitude = 1
  for (;;) {
    for (const step of STEPS) if (step * magnitude >= least) return step * magnitude
    magnitude *= 10
  }
}

export interface TimeTick {
  readonly time: number
  readonly text: string
}

/** Multiples of a nice step in [from, to) over `width` pixels, at least `apart` pixels from each other. */
export function timeTicks(
  { from, to }: { readonly from: number; readonly to: number },
  width: number,
  apart: number,
): { readonly step: number; readonly ticks: readonly TimeTick[] } {
  const step = niceStep(((to - from) / Math.max(1, width)) * apart)
  const long = to > 60e9
  const ticks: TimeTick[] = []
  for (let time = Math.ceil(from / step) * step; time < to; time += step)
    ticks.push({ time, text: tickText(time, step, long) })
  return { step, ticks }
}

/** How many decimals of seconds tell ticks of `step` apart. */
export function decimalsFor(step: number): number {
  return Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(step) - 1e-9)))
}

/** As fine as the step needs: "12.5 s", or, where the axis goes beyond a minute (`long`), "0:12.5", and "3 d" at steps of days. */
export function tickText(time: number, step: number, long: boolean): string {
  const sign = time < 0 ? '−' : ''
  const decimals = decimalsFor(step)
  const ns = Math.round(Math.abs(time) / step) * step
  if (step >= DAY) return `${sign}${Math.round(ns / DAY)} d`
  if (!long) return `${sign}${(ns / 1e9).toFixed(decimals)} s`
  const minutes = Math.floor(ns / 60e9)
  const seconds = ((ns - minutes * 60e9) / 1e9).toFixed(decimals).padStart(decimals > 0 ? decimals + 3 : 2, '0')
  if (minutes < 60) return `${sign}${minutes}:${seconds}`
  return `${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`
}
