import type { LatencySummary, Percentile } from '../../engine/engine.ts'
import { countText, millisecondsText, table } from './text.ts'

/** From so many samples on a p99 means something. */
const ENOUGH_FOR_P99 = 100

/** How long things took, a line a measure. */
export function latencyText(latency: readonly LatencySummary[]): string {
  if (latency.length === 0) return ''
  const measured = latency.filter(({ count }) => count > 0)
  const lines = measured.map(({ measure, count, unanswered, failed, approximate, p50, p90, p99, max }) => [
    NAMES[measure] ?? (approximate ? `~${measure}` : measure),
    String(count),
    String(unanswered),
    String(failed),
    percentileText(p50),
    percentileText(p90),
    // The highest of few samples says nothing of one in a hundred.
    count < ENOUGH_FOR_P99 ? `(${percentileText(p99)})` : percentileText(p99),
    percentileText(max),
  ])
  const delayed = latency.reduce((sum, { delayedAcks }) => sum + delayedAcks, 0)
  const withData = latency.reduce((sum, each) => sum + each.withData, 0)
  const leftOut = [
    ...(delayed > 0 ? [countText(delayed, 'delayed ACK')] : []),
    ...(withData > 0
      ? [`${countText(withData, 'ACK')} with data, for which the program may have been waited for`]
      : []),
  ]
  const notes = [
    ...(latency.some(({ approximate }) => approximate) ? ['~: guessed from who spoke when.'] : []),
    ...(leftOut.length > 0 ? [`Left out of the RTT: ${leftOut.join(', and ')}.`] : []),
  ]
  return ['Latency:', table(['of', 'n', 'unanswered', 'failed', 'p50', 'p90', 'p99', 'max'], lines), ...notes].join(
    '\n',
  )
}

const NAMES: Readonly<Record<string, string>> = {
  'rtt client': 'RTT to client',
  'rtt server': 'RTT to server',
  tls: 'tls handshake',
}

function percentileText({ ns, beyond }: Percentile): string {
  return `${beyond ? '>= ' : ''}${millisecondsText(ns / 1e6)}`
}
