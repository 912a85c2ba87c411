import type { Finding } from '../../common/model/finding.ts'
import type { CaptureFacts } from '../../engine/engine.ts'
import type { View } from './view.ts'

/** Nanoseconds that a finding of one moment is taken to last, for the zoom. */
const SHORTEST = 1e6

/**
 * What of the view changes to show a finding's packets: its filter, its conversation where it is of one, and the time
 * axis zoomed to it with a tenth more on each side, unless that is half of the capture or more.
 */
export function packetsOfFinding(
  { filter, conversations, since, until }: Pick<Finding, 'filter' | 'conversations' | 'since' | 'until'>,
  { firstTime, lastTime }: Pick<CaptureFacts, 'firstTime' | 'lastTime'>,
): Pick<View, 'filter' | 'conversation' | 'range' | 'zoom' | 'detail'> {
  const margin = Math.max(until - since, SHORTEST) * 0.1
  const from = Math.max(firstTime, Math.round(since - margin))
  const to = Math.min(lastTime + 1, Math.round(until + margin))
  return {
    filter,
    conversation: conversations.length === 1 ? conversations[0] : undefined,
    range: undefined,
    zoom: to - from < (lastTime - firstTime) / 2 ? { from, to } : undefined,
    detail: undefined,
  }
}
