import type { FindingContext } from '../context.ts'
import { type LossCase } from '../lost-segments.ts'
import { CAUSES_OF_LOSS, lossDraft, lossGroups } from './loss.ts'
import type { Rule } from '../rule.ts'

const THRESHOLDS = {
  share: { value: 0.75, unit: 'of what was sent again, by a timer', source: 'ours' },
  timeouts: { value: 8, unit: 'time-outs', source: 'ours: enough for a tail' },
} as const

/** Loss that thin connections pay with time-outs of 200 ms and more (Linux TCP_RTO_MIN), as no later data asks for the lost. */
export const rtoTail: Rule = {
  kind: 'rto-tail',
  title: 'Packet loss, paid with time-outs',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc8985#section-1',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: CAUSES_OF_LOSS,
  find(context: FindingContext) {
    const groups = lossGroups(context)
    return Array.from(groups).flatMap(([address, cases]) =>
      isTail(cases) ? [lossDraft(context, address, cases, true)] : [],
    )
  },
}

function isTail(cases: readonly LossCase[]): boolean {
  const timeouts = cases.reduce((sum, each) => sum + each.byTimer.length, 0)
  const again = cases.reduce((sum, each) => sum + each.again.length, 0)
  return timeouts >= THRESHOLDS.timeouts.value && timeouts >= THRESHOLDS.share.value * again
}
