import { countOf, listOf, nsText, numberText, printable } from '../findings/words.ts'
import type { HopReport, MovedClock } from './report.ts'

/** So many settings of one clock are told. */
const MOST_TOLD = 3

/** Of each clock that moved against another's how it did: "The clock of node-b, against that of node-a, was set back by 3.00 s when that read 5.20 s: ..." */
export function clockSentences({ moved, points }: HopReport): string[] {
  return moved.map((clock) => {
    const [own, other] = [clock.point, clock.against].map((point) => printable(points[point].name))
    const parts = [...driftOf(clock), ...settingsOf(clock)]
    return parts.length === 0
      ? `The clocks of ${own} and ${other} moved against each other, and how can't be told: what is said of the time between them may be wrong.`
      : `The clock of ${own}, against that of ${other}, ${listOf(parts, parts.length)}: losses and delays are told as if it had not.`
  })
}

function driftOf({ drift }: MovedClock): string[] {
  const ppm = Number((Math.abs(drift) * 1e6).toPrecision(2))
  return ppm === 0 ? [] : [`ran about ${numberText(ppm)} ppm too ${drift > 0 ? 'fast' : 'slow'}`]
}

function settingsOf({ moves }: MovedClock): string[] {
  const told = moves.slice(0, MOST_TOLD).map(({ time, byNs }, i) => {
    const by = byNs - (moves[i - 1]?.byNs ?? 0)
    return `was set ${by > 0 ? 'forward' : 'back'} by ${nsText(Math.abs(by))} when that read ${nsText(time)}`
  })
  const rest = moves.length - told.length
  return rest === 0 ? told : [...told, `was set ${countOf(rest, 'time')} more`]
}
