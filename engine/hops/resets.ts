import type { Reach } from './crossing.ts'
import type { CapturePoint } from './points.ts'
import type { Run } from './runs.ts'
import type { Step } from './steps.ts'

/**
 * Resets that `far` saw and no point before it, `point` being the one just before: their places in its run. Somebody between the two made them, in the
 * name of the end that they seem to come from.
 */
export function madeOn({ near, far, before }: Step, point: CapturePoint, { least, late }: Reach): number[] {
  const known = new Set([near, ...before].flatMap(({ from }: Run) => from))
  return Array.from(far.from.keys()).filter((place) => {
    const passed = far.time[place] - least
    return !known.has(far.from[place]) && passed - late >= point.from && passed <= point.until
  })
}
