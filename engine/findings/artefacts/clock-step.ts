import { firstPlace } from '../../binary-search.ts'
import type { ArtefactRule } from '../rule.ts'
import { CLOCK_STEP_NS, type ClockStep } from '../survey.ts'
import { countOf, nsText } from '../words.ts'

/** The capturing machine's clock was set back: waits across it are not what they look like. */
export const clockStep: ArtefactRule = {
  kind: 'clock-step',
  title: 'The clock was set back',
  thresholds: {
    step: {
      value: CLOCK_STEP_NS / 1e6,
      unit: 'ms',
      source: 'ours: queues of several cores are written out of order by less',
    },
  },
  source: 'https://www.wireshark.org/docs/wsug_html_chunked/ChAdvTimestamps.html',
  find(context) {
    const { clockSteps } = context.survey
    if (clockSteps.length === 0) return []
    const { conversations } = context.tables
    const ids: number[] = []
    for (const id of context.tcp()) {
      const first = conversations.firstRow(id)
      const last = conversations.lastRow(id)
      const next = firstAfter(clockSteps, first)
      if (next < clockSteps.length && clockSteps[next].row <= last) ids.push(id)
    }
    const most = clockSteps.reduce((max, { by }) => Math.max(max, by), 0)
    return [
      {
        subject: 'clock',
        sentence: `The time goes back ${clockSteps.length === 1 ? `by ${nsText(most)}` : `${clockSteps.length} times, by ${nsText(most)} at most`}${ids.length > 0 ? `, while ${countOf(ids.length, 'connection')} went on` : ''}: the clock was set, or captures were joined without sorting.`,
        why: 'On one interface a later packet has an earlier time.',
        confidence: 1,
        since: context.time(clockSteps[0].row),
        until: context.time(clockSteps[clockSteps.length - 1].row),
        count: clockSteps.length,
        conversations: ids,
        blamed: 'the capture',
        evidence: clockSteps.slice(0, 8).map(({ row }) => ({ row, role: 'a packet before its predecessor in time' })),
        settle: 'reordercap sorts a joined file; a clock that is set needs another capture.',
        filter: 'frame.time_delta < 0',
      },
    ]
  },
}

/** The place of the first step after a row; steps are in the order of rows. */
function firstAfter(steps: readonly ClockStep[], row: number): number {
  return firstPlace(0, steps.length, (i) => steps[i].row > row)
}
