import { countOf, listOf, numberText, printable } from '../findings/words.ts'
import type { Hop, HopReport, MadeReset, Rejection, Saying, UnacknowledgedOnHop } from './report.ts'

/** So many hops are named for each kind of packet. */
const MOST_NAMED = 3

/** What the report comes to, a sentence for each kind of packet in which something is amiss; none where nothing is. */
export function hopSentences(report: HopReport): string[] {
  const { losses, queries, rejections, unanswered, points } = report
  const messages = Map.groupBy(losses, ({ kind, dns }) => dns ?? kind)
  const silent = Map.groupBy(unanswered, ({ point }) => point)
  return [
    ...onHops(report, messages.get('query'), 'died', ['DNS query', 'DNS queries'], queries),
    ...onHops(report, messages.get('answer'), 'died', ['DNS answer', 'DNS answers']),
    ...Array.from(silent, ([point, { length }]) => {
      return `${countOf(length, 'DNS query', 'DNS queries')} came to ${printable(points[point].name)}, and no answer from there.`
    }),
    ...rejectedTexts(report, rejections),
    ...onHops(report, unasked(report), 'made', ['reset', 'resets']),
    ...onHops(report, messages.get('reset'), 'died', ['reset', 'resets']),
    ...onHops(report, messages.get('segment'), 'died', ['segment', 'segments']),
    ...onHops(report, messages.get('datagram'), 'died', ['datagram', 'datagrams']),
    ...notSeen(report, ({ datagrams }) => datagrams, 'datagram'),
    ...notSeen(report, ({ resets }) => resets, 'reset'),
  ]
}

/** Resets that were made, without those that are told with the segment that they rejected. */
function unasked({ made, rejections }: HopReport): readonly MadeReset[] {
  const told = Map.groupBy(rejections, ({ error }) => error.row)
  return made.filter(({ row, source }) => told.get(row)?.some(({ error }) => error.source === source) !== true)
}

/** "ICMP port unreachable, says 10.0.0.7", "by a reset in the name of 10.0.0.7" */
function sayingText({ by, says }: Saying): string {
  return says === undefined ? `by a reset in the name of ${by}` : `ICMP ${says}, says ${by}`
}

const NOUNS: Readonly<Record<string, readonly [string, string]>> = {
  query: ['DNS query', 'DNS queries'],
  answer: ['DNS answer', 'DNS answers'],
}

/** "10 segments were rejected on the way from web to node-a: ICMP port unreachable, says 10.0.0.7.", or ", by a reset in the name of …"; those that are most first. */
function rejectedTexts({ hops, points }: HopReport, rejections: readonly Rejection[]): string[] {
  const groups = Map.groupBy(
    rejections,
    ({ kind, dns, hop, point, error }) => `${dns ?? kind} ${hop} ${point} ${error.by} ${error.says}`,
  )
  const worst = Array.from(groups.values()).sort((a, b) => b.length - a.length)
  const texts = worst.slice(0, MOST_NAMED).map((own) => {
    const [{ kind, dns, hop, point, error }] = own
    const [one, several] = NOUNS[dns ?? ''] ?? [kind, `${kind}s`]
    const name = (index: number) => printable(points[index].name)
    const where =
      hop === undefined ? `behind ${name(point)}` : `on the way from ${name(hops[hop].from)} to ${name(hops[hop].to)}`
    return `${countOf(own.length, one, several)} ${own.length === 1 ? 'was' : 'were'} rejected ${where}${error.says === undefined ? ',' : ':'} ${sayingText(error)}.`
  })
  const rest = worst.slice(MOST_NAMED).reduce((sum, { length }) => sum + length, 0)
  return rest === 0
    ? texts
    : [...texts, `${countOf(rest, 'packet')} more ${rest === 1 ? 'was' : 'were'} rejected elsewhere, or by others.`]
}

/** Of what it can't be told whether it died, by the point that may have missed it. */
function notSeen({ hops, points }: HopReport, on: (hop: Hop) => UnacknowledgedOnHop, noun: string): string[] {
  return Array.from(
    Map.groupBy(hops, ({ to }) => to),
    ([to, own]) => ({ to, count: own.reduce((sum, hop) => sum + on(hop).unsure, 0) }),
  )
    .filter(({ count }) => count > 0)
    .map(({ to, count }) => {
      const [were, they] = count === 1 ? ['was', 'it'] : ['were', 'they']
      const point = printable(points[to].name)
      return `${countOf(count, noun)} ${were} not seen at ${point}, which is known to have missed others: ${they} may have come.`
    })
}

/** "2 DNS queries died on the way from web to node-a.", the worst hop first. */
function onHops(
  { hops, points }: HopReport,
  packets: readonly { readonly hop: number }[] = [],
  what: 'died' | 'made',
  [one, several]: readonly [string, string],
  of = 0,
): string[] {
  if (packets.length === 0) return []
  const counts = Array.from(
    Map.groupBy(packets, ({ hop }) => hop),
    ([hop, { length }]) => ({ hop: hops[hop], count: length }),
  ).sort((a, b) => b.count - a.count)
  const way = ({ hop: { from, to } }: (typeof counts)[number]) => {
    const names = [from, to].map((point) => printable(points[point].name))
    return what === 'died' ? `from ${names[0]} to ${names[1]}` : `between ${names[0]} and ${names[1]}`
  }
  const verb = what === 'died' ? 'died' : packets.length === 1 ? 'was made' : 'were made'
  const count =
    of === 0 ? countOf(packets.length, one, several) : `${numberText(packets.length)} of ${countOf(of, one, several)}`
  const said = `${count} ${verb}`
  const own = what === 'made' ? ', by neither end' : ''
  if (counts.length === 1) return [`${said}${what === 'died' ? ' on the way' : ''} ${way(counts[0])}${own}.`]
  // One more is named as well: that takes no more room.
  const named = counts.length === MOST_NAMED + 1 ? counts.length : MOST_NAMED
  const rest = counts.slice(named)
  const ways = counts.slice(0, named).map((each) => `${numberText(each.count)} ${way(each)}`)
  if (rest.length > 0) {
    ways.push(`${numberText(rest.reduce((sum, { count }) => sum + count, 0))} on ${rest.length} other hops`)
  }
  return [`${said}${own}: ${listOf(ways, ways.length)}.`]
}
