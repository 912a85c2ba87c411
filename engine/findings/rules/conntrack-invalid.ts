import { addressKey } from '../../query/conversation-names.ts'
import { conntrackOf, inPod, podOf, serviceOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, endText, least, listOf, most, nsText, sentences, sumOf, whenText } from '../words.ts'

const THRESHOLDS = {
  packets: {
    value: 12,
    unit: 'packets of the stray conversation at most',
    source: 'ours: it has those that slipped through, and their resets',
  },
  silent: { value: 1, unit: 's', source: 'ours: longer than what flows is silent' },
} as const

interface Stray {
  readonly id: number
  /** The conversation that the client knows. */
  readonly known: number
  readonly segments: Segments
  readonly first: number
  readonly reset: number
}

/**
 * A server's packet comes to the client with the pod's own address instead of the service's: connection tracking took it for invalid
 * and did not translate it back. The client knows no such connection and resets it.
 */
export const conntrackInvalid: Rule = {
  kind: 'conntrack-invalid',
  title: 'Answers that were not translated back',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://kubernetes.io/blog/2019/03/29/kube-proxy-subtleties-debugging-an-intermittent-connection-reset/',
  artefacts: { 'capture-drops': 'weaker' },
  yieldsTo: [],
  find(context) {
    const strays = new Map<number, { readonly segments: Segments; readonly first: number; readonly reset: number }>()
    const wanted = new Map<number, number[]>()
    for (const id of context.reset()) {
      const found = strayOf(context, id)
      if (!found) continue
      strays.set(id, found)
      for (const b of [false, true]) {
        const end = endKey(context, id, b)
        const known = wanted.get(end)
        if (known) known.push(id)
        else wanted.set(end, [id])
      }
    }
    if (strays.size === 0) return []
    const found: Stray[] = []
    for (const known of context.tcp()) {
      if (strays.has(known)) continue
      for (const b of [false, true]) {
        // It is the client's end that both have.
        if (context.clientIsB(known) !== b) continue
        for (const id of wanted.get(endKey(context, known, b)) ?? []) {
          const stray = strays.get(id)
          if (stray && belongs(context, known, id, b, stray.segments, stray.reset)) found.push({ id, known, ...stray })
        }
      }
    }
    return grouped(context, found)
  },
}

const endKey = ({ tables: { conversations } }: FindingContext, id: number, b: boolean): number =>
  addressKey(conversations, id, b) * 2 ** 16 + (b ? conversations.portB[id] : conversations.portA[id])

/** A few packets of one end in the middle of nowhere, and resets of the other. */
function strayOf(context: FindingContext, id: number) {
  if (context.tables.conversations.packets(id) > THRESHOLDS.packets.value) return undefined
  const segments = context.segments(id)
  if (segments.find((i) => segments.isSyn(i)) >= 0 || segments.count < 2 || segments.isReset(0)) return undefined
  const sender = segments.fromClient(0)
  const reset = segments.find((i) => segments.fromClient(i) !== sender)
  if (reset < 0 || !segments.isReset(reset)) return undefined
  return { segments, first: 0, reset }
}

/** The client (end `b` of `known`) is who resets the stray, in the time of its own connection. */
function belongs(
  context: FindingContext,
  known: number,
  id: number,
  b: boolean,
  stray: Segments,
  reset: number,
): boolean {
  const segments = context.segments(known)
  if (segments.count === 0 || segments.find((i) => segments.isSyn(i)) < 0) return false
  const time = stray.time(0)
  if (segments.time(0) > time || segments.time(segments.count - 1) < time - 60e9) return false
  const end = endKey(context, known, b)
  const resetByB = stray.fromClient(reset) === stray.clientIsB
  // With the same server it is the same connection, after its end.
  if (endKey(context, id, !resetByB) === endKey(context, known, !b)) return false
  return endKey(context, id, resetByB) === end
}

/** Nanoseconds from the known connection's last packet to the stray one. */
function silenceBefore(context: FindingContext, { known, segments }: Stray): number {
  const own = context.segments(known)
  let last = 0
  while (last + 1 < own.count && own.time(last + 1) < segments.time(0)) last++
  return segments.time(0) - own.time(last)
}

function grouped(context: FindingContext, strays: readonly Stray[]): Draft[] {
  const byService = Map.groupBy(strays, ({ known }) => context.serverKey(known))
  return Array.from(byService.values(), (cases) => draft(context, cases))
}

function draft(context: FindingContext, cases: readonly Stray[]): Draft {
  const [{ known, id }] = cases
  const service = context.server(known)
  const client = context.client(known)
  const isClientB = context.client(id).address !== client.address
  const pod = isClientB ? context.client(id) : context.server(id)
  const silent = least(cases.map((each) => silenceBefore(context, each)))
  const opening = cases.every(({ segments, first }) => segments.isSynAck(first))
  const connections = new Set(cases.map((each) => each.known))
  const since = least(cases.map(({ segments }) => segments.time(0)))
  const until = most(cases.map(({ segments, reset }) => segments.time(reset)))
  const ids = [...new Set(cases.flatMap((each) => [each.id, each.known]))]
  const pods = Array.from(
    new Set(
      cases.map((each) => endText(each.segments.fromClient(0) ? context.client(each.id) : context.server(each.id))),
    ),
  )
  return {
    subject: `${service.address} ${service.port}`,
    server: service,
    client: { address: client.address },
    conversations: ids,
    since,
    until,
    costMs: sumOf(Array.from(connections, (known) => context.lostNs(known))) / 1e6,
    count: connections.size,
    failed: connections.size,
    sentence: sentences(
      `${countOf(connections.size, 'connection')} from ${context.named(client.address)} to ${context.namedEnd(service)} got packets from ${listOf(pods)} instead, ${whenText(since, until)}: the client knows no such connection and answered with a reset, ${opening ? 'so none of them opens' : 'which kills the server’s side'}.`,
    ),
    why: sentences(
      'The reset’s connection has no SYN, and is the open one but for the server’s address: the answer was not translated back.',
      !opening && silent >= THRESHOLDS.silent.value * 1e9
        ? `The client’s connection had been silent for at least ${nsText(silent)} before: its entry may have expired.`
        : undefined,
    ),
    confidence: 0.9,
    blamed: opening
      ? 'the way back, which does not pass the connection tracking that translated the SYN: another route, or a bridge that hands packets between pods of one node past it (br_netfilter)'
      : 'connection tracking on the client’s node: it took the packet for INVALID, as out of the window or of a connection it has forgotten, and let it through untranslated',
    evidence: cases.slice(0, 4).flatMap(({ segments, first, reset }) => [
      { row: segments.row(first), role: 'the answer with the pod’s own address' },
      { row: segments.row(reset), role: 'the client’s reset' },
    ]),
    ruledOut: [
      'Two connections with one port: the second was never opened here.',
      'A reset by the server: it is the client’s.',
    ],
    settle: opening
      ? 'Whether the service’s pod is on the client’s node in all of these connections, and on another in those that open.'
      : 'The count of the rule that drops INVALID packets (kube-proxy adds it), or nf_conntrack_tcp_be_liberal = 1: the resets end.',
    confirm: [
      conntrackOf(service.address),
      ...(opening
        ? [
            inPod(
              'sysctl net.bridge.bridge-nf-call-iptables',
              'on the client’s node: 1 where bridged packets are translated',
            ),
          ]
        : [
            inPod('sysctl net.netfilter.nf_conntrack_tcp_be_liberal', 'on the client’s node'),
            inPod(
              'iptables-save -c | grep -Fw INVALID',
              'on the client’s node: whether such packets are dropped, and how many',
            ),
          ]),
      podOf(pod.address),
      serviceOf(service.address),
    ],
  }
}
