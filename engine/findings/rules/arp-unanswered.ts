import { neighbour, podOf, route } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import type { ArpClaim } from '../headers.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, listOf, nsText, sentences, sumOf, whenText } from '../words.ts'

const THRESHOLDS = {
  tries: { value: 3, unit: 'requests', source: 'Linux mcast_solicit: then packets to it are given up' },
  apart: { value: 2.5, unit: 's at most', source: 'Linux retrans_time_ms of 1 s; other systems up to 2 s' },
  copies: { value: 0.1, unit: 's at least', source: 'ours: what comes sooner was captured twice' },
  swept: { value: 10, unit: 'addresses', source: 'ours: who looks for so many looks through the network' },
} as const

/** Requests of one asker, one after the other while nobody answers. */
interface Search {
  readonly asker: string
  readonly target: string
  readonly requests: readonly ArpClaim[]
}

/** The next hop has no hardware address: what is for it is never sent, so no other packet shows it. */
export const arpUnanswered: Rule = {
  kind: 'arp-unanswered',
  title: 'Nobody answers for an address',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc1122#section-2.3.2.1',
  artefacts: { 'capture-drops': 'weaker', 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    const searches = searchesIn(context.arpClaims)
    const sweepers = sweepersOf(searches)
    const told = Map.groupBy(
      searches.filter(({ asker }) => !sweepers.has(asker)),
      ({ target }) => target,
    )
    const heard = Map.groupBy(context.arpClaims, ({ address }) => address)
    return Array.from(told, ([target, some]) => draft(context, target, some, heard.get(target) ?? []))
  },
}

/** Who looks for so many that it looks through the network. */
function sweepersOf(searches: readonly Search[]): ReadonlySet<string> {
  const byAsker = Map.groupBy(searches, ({ asker }) => asker)
  const sweepers = new Set<string>()
  for (const [asker, some] of byAsker) {
    if (new Set(some.map(({ target }) => target)).size >= THRESHOLDS.swept.value) sweepers.add(asker)
  }
  return sweepers
}

function searchesIn(claims: readonly ArpClaim[]): Search[] {
  // By target, then by asker.
  const open = new Map<string, Map<string, ArpClaim[]>>()
  const found: Search[] = []
  const end = (requests: readonly ArpClaim[]) => {
    const [{ address: asker, target }] = requests
    if (requests.length >= THRESHOLDS.tries.value) found.push({ asker, target, requests })
  }
  const since = (requests: readonly ArpClaim[], { time }: ArpClaim) => (time - requests[requests.length - 1].time) / 1e9
  for (const claim of claims) {
    // Whoever claims an address has it; what was asked just before was answered.
    for (const requests of open.get(claim.address)?.values() ?? []) {
      if (since(requests, claim) > THRESHOLDS.apart.value) end(requests)
    }
    open.delete(claim.address)
    // Whether an address is free is asked from 0.0.0.0 (RFC 5227), and no answer is what is hoped for.
    if (claim.reply || claim.gratuitous || claim.address === '0.0.0.0') continue
    let askers = open.get(claim.target)
    if (!askers) open.set(claim.target, (askers = new Map()))
    const known = askers.get(claim.address)
    if (known && since(known, claim) < THRESHOLDS.copies.value) continue
    if (known && since(known, claim) <= THRESHOLDS.apart.value) known.push(claim)
    else {
      if (known) end(known)
      askers.set(claim.address, [claim])
    }
  }
  for (const askers of open.values()) for (const requests of askers.values()) end(requests)
  return found
}

/** `heard`: what came from the target. */
function draft(
  context: FindingContext,
  target: string,
  searches: readonly Search[],
  heard: readonly ArpClaim[],
): Draft {
  const askers = Array.from(new Set(searches.map(({ asker }) => asker)))
  const requests = searches.flatMap((each) => each.requests).toSorted((a, b) => a.time - b.time)
  const since = requests[0].time
  const until = requests[requests.length - 1].time
  const spent = sumOf(searches.map(({ requests: some }) => some[some.length - 1].time - some[0].time))
  const before = heard.findLast(({ time }) => time < since)
  const after = heard.find(({ time }) => time > until)
  const known = [
    before ? `It was last heard of at ${nsText(before.time)}.` : '',
    after ? `It was there again at ${nsText(after.time)}.` : '',
  ]
  return {
    subject: target,
    title: `Nobody answers for ${target}`,
    ...(askers.length === 1 && { client: { address: askers[0] } }),
    server: { address: target },
    since,
    until,
    // One asker alone may be a stray that asks for what is gone for good: whether anybody waits for it, no packet tells.
    ...(askers.length === 1 ? { severity: 'medium' as const } : { costMs: spent / 1e6 }),
    count: searches.length,
    failed: searches.length,
    sentence: sentences(
      `${listOf(askers.map((each) => context.named(each)))} asked ${countOf(requests.length, 'time')} who has ${context.named(target)} ${whenText(since, until)}, and got no answer: what was for that address, or beyond it, was not sent at all.`,
      ...known,
    ),
    why: 'A host asks again each second only while it has no answer, and gives up after a few times.',
    confidence: requests.length > THRESHOLDS.tries.value ? 0.9 : 0.8,
    blamed: `${context.named(target)}: gone, under another address, or not on this network; or whoever should answer in its place (proxy ARP)`,
    evidence: [
      ...(before ? [{ row: before.row, role: 'the last that was heard of it' }] : []),
      ...requests.slice(0, 8).map(({ row }) => ({ row, role: 'a question without an answer' })),
      ...(after ? [{ row: after.row, role: 'it is there again' }] : []),
    ],
    ruledOut: [
      'Loss of packets: without a hardware address none is sent.',
      'A check whether an address is free: those ask from 0.0.0.0.',
    ],
    settle: 'Whether a pod or host still has that address, and whether the route that makes it a neighbour is right.',
    confirm: [podOf(target), neighbour(target), route(target)],
    filter: `arp.dst.proto_ipv4 == ${target} || arp.src.proto_ipv4 == ${target}`,
  }
}
