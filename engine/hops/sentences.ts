import { countOf, listOf, printable } from '../findings/words.ts'
import type { HopReport, Loss } from './hops.ts'

/** So many hops are named for each kind of packet. */
const MOST_NAMED = 3

/** What the report comes to, a sentence for each kind of packet in which something is amiss; none where nothing is. */
export function hopSentences(report: HopReport): string[] {
  const { losses, queries, unanswered, points } = report
  const messages = Map.groupBy(losses, ({ kind, dns }) => dns ?? kind)
  const silent = Map.groupBy(unanswered, ({ point }) => point)
  return [
    ...deaths(report, messages.get('query'), ['DNS query', 'DNS queries'], ` (of ${queries})`),
    ...deaths(report, messages.get('answer'), ['DNS answer', 'DNS answers']),
    ...Array.from(silent, ([point, { length }]) => {
      return `${countOf(length, 'DNS query', 'DNS queries')} came to ${printable(points[point].name)}, and no answer from there.`
    }),
    ...deaths(report, messages.get('segment'), ['segment', 'segments']),
    ...deaths(report, messages.get('datagram'), ['datagram', 'datagrams']),
  ]
}

/** "2 DNS queries died on the way from web to node-a.", the worst hop first. */
function deaths(
  { hops, points }: HopReport,
  losses: readonly Loss[] = [],
  [one, several]: readonly [string, string],
  of = '',
): string[] {
  if (losses.length === 0) return []
  const counts = Array.from(
    Map.groupBy(losses, ({ hop }) => hop),
    ([hop, { length }]) => ({ hop: hops[hop], count: length }),
  ).sort((a, b) => b.count - a.count)
  const way = ({ hop: { from, to } }: (typeof counts)[number]) =>
    `from ${printable(points[from].name)} to ${printable(points[to].name)}`
  const died = `${countOf(losses.length, one, several)} died`
  if (counts.length === 1) return [`${died} on the way ${way(counts[0])}${of}.`]
  const rest = counts.slice(MOST_NAMED)
  const ways = counts.slice(0, MOST_NAMED).map((each) => `${each.count} ${way(each)}`)
  if (rest.length > 0)
    ways.push(`${rest.reduce((sum, { count }) => sum + count, 0)} on ${countOf(rest.length, 'other hop')}`)
  return [`${died}${of}: ${listOf(ways, MOST_NAMED)}.`]
}
