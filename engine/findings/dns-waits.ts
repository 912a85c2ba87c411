import { firstPlace } from '../binary-search.ts'
import type { FindingContext } from './context.ts'
import { dnsClient, type DnsExchange, dnsExchanges } from './dns-exchanges.ts'
import { sumOf } from './words.ts'

/** Whoever asks again, of this server or the next, does so by then: `timeout` of resolv.conf(5) is 30 s at most. */
const PATIENCE_NS = 30e9

interface Waiting {
  readonly from: number
  readonly until: number
}

const askerOf = (context: FindingContext, { conversation, name }: DnsExchange) =>
  `${dnsClient(context, conversation).address} ${name}`

/** Who asks what. */
export const questionOf = (context: FindingContext, lookup: DnsExchange) => `${askerOf(context, lookup)} ${lookup.type}`

/** For how long those who asked waited until they asked again, A and AAAA at once; and how many lookups nobody asked again, which came to nothing. */
export function waitsFor(context: FindingContext, lost: readonly DnsExchange[]): { costMs: number; failed: number } {
  const asked = questionsOf(context)
  let failed = 0
  const waits = Array.from(Map.groupBy(lost, (each) => askerOf(context, each)).values(), (own) =>
    own.map((each): Waiting => {
      const same = asked.get(questionOf(context, each)) ?? []
      const again = same[firstPlace(0, same.length, (at) => same[at].asked > each.askedLast)]
      const isAgain = again !== undefined && again.asked - each.askedLast <= PATIENCE_NS
      if (!isAgain) failed++
      return { from: each.asked, until: isAgain ? again.asked : each.askedLast }
    }),
  )
  return { costMs: sumOf(waits.map(lengthOfUnion)) / 1e6, failed }
}

const cache = new WeakMap<object, ReadonlyMap<string, readonly DnsExchange[]>>()

/** All lookups by who asks what, in order. */
export function questionsOf(context: FindingContext): ReadonlyMap<string, readonly DnsExchange[]> {
  let known = cache.get(context.survey)
  if (!known) {
    known = Map.groupBy(dnsExchanges(context), (each) => questionOf(context, each))
    cache.set(context.survey, known)
  }
  return known
}

function lengthOfUnion(waits: readonly Waiting[]): number {
  let [sum, end] = [0, -Infinity]
  for (const { from, until } of waits.toSorted((a, b) => a.from - b.from)) {
    sum += Math.max(0, until - Math.max(from, end))
    end = Math.max(end, until)
  }
  return sum
}
