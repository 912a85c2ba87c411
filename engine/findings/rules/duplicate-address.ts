import { neighbour, podOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import type { ArpClaim } from '../headers.ts'
import type { Draft, Rule } from '../rule.ts'
import { type SecondAnswer, secondAnswers } from '../second-answers.ts'
import { countOf, least, listOf, most, nsText, numberText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  together: {
    value: 60,
    unit: 's',
    source: 'Linux gc_stale_time: as long a neighbour is believed without being asked',
  },
  proxied: {
    value: 5,
    unit: 'addresses',
    source: 'ours: whoever answers for so many is a proxy (RFC 1027), or a router',
  },
} as const

/** One IP address that two machines claim: packets go now to one and now to the other. */
export const duplicateAddress: Rule = {
  kind: 'duplicate-address',
  title: 'Two machines claim one address',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc5227#section-2.4',
  artefacts: {},
  yieldsTo: [],
  async find(context) {
    const byArp = claimedTwice(context)
    const told = new Set(byArp.map(({ subject }) => subject))
    const byTcp = Map.groupBy(secondAnswers(context), ({ id }) => context.server(id).address)
    return [
      ...byArp,
      ...(await Promise.all(
        Array.from(byTcp, ([address, cases]) =>
          told.has(address) ? [] : [answeredTwice(context, address, cases)],
        ).flat(),
      )),
    ]
  },
}

function claimedTwice({ arpClaims }: FindingContext): Draft[] {
  const byAddress = new Map<string, ArpClaim[]>()
  const answersFor = new Map<string, Set<string>>()
  for (const claim of arpClaims) {
    // A probe claims nothing yet (RFC 5227); 169.254.1.1 is the gateway Calico gives to every pod.
    if (claim.address === '0.0.0.0' || claim.address === '169.254.1.1') continue
    const known = byAddress.get(claim.address)
    if (known) known.push(claim)
    else byAddress.set(claim.address, [claim])
    if (!claim.reply) continue
    const answered = answersFor.get(claim.mac)
    if (answered) answered.add(claim.address)
    else answersFor.set(claim.mac, new Set([claim.address]))
  }
  const isProxy = (mac: string) => (answersFor.get(mac)?.size ?? 0) >= THRESHOLDS.proxied.value
  return Array.from(byAddress, ([address, claims]) =>
    draft(
      address,
      claims.filter(({ mac }) => !isProxy(mac)),
    ),
  ).filter((found) => found !== undefined)
}

async function answeredTwice(context: FindingContext, address: string, cases: readonly SecondAnswer[]): Promise<Draft> {
  const since = least(cases.map(({ syn }) => context.time(syn)))
  const until = most(cases.map(({ second }) => context.time(second)))
  const clients = Array.from(new Set(cases.map(({ id }) => context.client(id).address)))
  const reset = cases.filter(({ wasReset }) => wasReset).length
  const [{ first, second }] = cases
  const headers = await context.headers([first, second])
  const ttls = [first, second].map((row) => headers.get(row)?.ttl)
  return {
    subject: address,
    title: 'Two hosts answer for one address',
    server: { address },
    ...(clients.length === 1 && { client: { address: clients[0] } }),
    conversations: cases.flatMap(({ id, other }) => [id, other]),
    since,
    until,
    count: cases.length,
    ...(reset > 0 && { failed: reset }),
    sentence: sentences(
      `${context.named(address)} answered one SYN twice, each time with a sequence number of its own, in ${countOf(cases.length, 'connection')} from ${listOf(clients.map((each) => context.named(each)))} ${whenText(since, until)}.`,
      reset > 0 ? `${numberText(reset)} of them ${reset === 1 ? 'was' : 'were'} reset.` : '',
      'Packets to it reach more than one host; each knows nothing of the other’s connections.',
    ),
    why: `A host that repeats its answer repeats its sequence number (RFC 9293)${ttls[0] === ttls[1] ? '' : `; the answers differ in their TTL as well: ${ttls.join(' and ')}`}.`,
    confidence: ttls[0] === ttls[1] ? 0.8 : 0.9,
    blamed:
      'two hosts or pods with the address, as when a new pod got it while the old one still answers; or what hands one SYN to two servers',
    evidence: cases.slice(0, 4).flatMap((each) => [
      { row: each.syn, role: 'the SYN' },
      { row: each.first, role: 'an answer' },
      { row: each.second, role: 'an answer with another number' },
    ]),
    ruledOut: [
      'A SYN that was sent twice: one came before both answers.',
      'The same answer, repeated or captured twice: it would have the same number.',
    ],
    settle: 'The hardware addresses in a capture of both answers, where it has them.',
    confirm: [podOf(address), neighbour(address)],
  }
}

function draft(address: string, claims: readonly ArpClaim[]): Draft | undefined {
  const macs = Array.from(new Set(claims.map(({ mac }) => mac)))
  if (macs.length < 2) return undefined
  // A failover moves an address once; two who hold it claim it in turn.
  const within = THRESHOLDS.together.value * 1e9
  let changes = 0
  for (let n = 1; n < claims.length; n++) {
    if (claims[n].mac !== claims[n - 1].mac && claims[n].time - claims[n - 1].time < within) changes++
  }
  if (changes < 2) return undefined
  const since = claims[0].time
  const until = claims[claims.length - 1].time
  return {
    subject: address,
    since,
    until,
    count: changes,
    sentence: sentences(
      `${address} is claimed by ${listOf(macs, 4)} in turn: it changed hands ${countOf(changes, 'time')} in ${countOf(claims.length, 'ARP packet')} ${whenText(since, until)}.`,
      'Packets to it reach now one and now the other; connections stall or are reset.',
    ),
    why: `Each of them claimed it again after another had (first at ${nsText(since)}).`,
    confidence: changes >= 4 ? 0.95 : 0.8,
    blamed:
      'two hosts or pods with the same address, or one that answers for an address of another interface (arp_ignore)',
    evidence: claims
      .filter((claim, n) => n === 0 || claim.mac !== claims[n - 1].mac)
      .slice(0, 8)
      .map(({ row, mac }) => ({ row, role: `claimed by ${mac}` })),
    ruledOut: ['A failover: it would move the address once.', 'A proxy: it would answer for many addresses.'],
    settle: 'The hardware addresses in the pods and hosts with that address.',
    confirm: [neighbour(address), podOf(address)],
    filter: `arp.src.proto_ipv4 == ${address}`,
  }
}
