import type { Evidence, FindingEnd } from '../../../common/model/finding.ts'
import { inPod, listeners, podOf, policies, route, serviceOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsOf, clientsText, costMsOf, type Group, worst } from '../groups.ts'
import { handshakeOf } from '../handshake.ts'
import type { IcmpError } from '../headers.ts'
import { rejectedOnHop, resetMadeOnHop } from '../lost-on-hops.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, endText, least, listOf, most, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  /** One client that is refused on so many ports of a host is looking for open ones. */
  scannedPorts: { value: 12, unit: 'ports', source: 'ours' },
  /** Somebody on the way who rejects what is for so many is one trouble, not many. */
  rejectedServers: { value: 3, unit: 'servers', source: 'ours' },
} as const

const FORBIDS = 'forbids it, by a firewall or policy rule that rejects'
const NO_ROUTE = 'has no route there'
const PROHIBITED = { text: 'communication administratively prohibited', who: FORBIDS }
const NO_PORT = {
  text: 'port unreachable',
  who: 'rejects it, as kube-proxy does for a service without ready endpoints',
}
const NO_HOP_LEFT = {
  text: 'time exceeded in transit',
  who: 'got them with no hop left: routes send them in circles (a routing loop)',
}
const noHost = (by: string) => `gets no answer from the host (${by}), or is told to say so`

/** ICMP errors by which somebody says that the connection is not wanted (RFC 1122, RFC 1812, RFC 4443) or not possible, by `keyOf`. */
const SAYS: Readonly<Record<string, { readonly text: string; readonly who: string }>> = {
  '3 0': { text: 'network unreachable', who: NO_ROUTE },
  '3 1': { text: 'host unreachable', who: noHost('ARP') },
  '3 3': NO_PORT,
  '3 9': { text: 'network administratively prohibited', who: FORBIDS },
  '3 10': { text: 'host administratively prohibited', who: FORBIDS },
  '3 13': PROHIBITED,
  '11 0': NO_HOP_LEFT,
  'v6 1 0': { text: 'no route to destination', who: NO_ROUTE },
  'v6 1 1': PROHIBITED,
  'v6 1 3': { text: 'address unreachable', who: noHost('neighbour discovery') },
  'v6 1 4': NO_PORT,
  'v6 1 5': { text: 'source address failed ingress/egress policy', who: FORBIDS },
  'v6 1 6': { text: 'reject route to destination', who: 'has a route that rejects' },
  'v6 3 0': NO_HOP_LEFT,
}
/** What TCP is to make of an ICMP error. */
const ICMP_SOURCE = 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.9.2.2'
const PORT_UNREACHABLE: ReadonlySet<string> = new Set(['3 3', 'v6 1 4'])
const UNREACHABLE: ReadonlySet<string> = new Set(['3 0', '3 1', 'v6 1 0', 'v6 1 3', 'v6 1 6'])
const TIME_EXCEEDED: ReadonlySet<string> = new Set(['11 0', 'v6 3 0'])
/** Who looks for the way (traceroute) sends with less on purpose. */
const LEAST_TTL = 32

interface Refused extends Group<Refusal> {
  /** More than one where the same host on the way rejects what is for them. */
  readonly servers: readonly Required<FindingEnd>[]
}

interface Refusal extends Case {
  readonly segments: Segments
  readonly syn: number
  /** Place of the reset, or the ICMP error. */
  readonly reset: number
  readonly error: IcmpError | undefined
}

/** Connections that somebody declined, and who. */
export const refused: Rule = {
  kind: 'refused',
  title: 'Connections refused',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.10.7.1',
  artefacts: {},
  yieldsTo: [],
  async find(context) {
    const cases: Refusal[] = []
    const declined = new Set([...context.reset(), ...context.errorsOf.keys()])
    for (const id of Array.from(declined).toSorted((a, b) => a - b)) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    const scans = scannersOf(context, cases)
    const open = cases.filter(({ id }) => !scans.has(pairOf(context, id)))
    const drafts: Draft[] = []
    const onTheWay: Group<Refusal>[] = []
    for (const group of byServer(context, open)) {
      for (const refusals of kinds(group)) {
        const { error } = refusals.cases[0]
        if (error && error.from !== group.server.address) {
          onTheWay.push(refusals)
          continue
        }
        const own = error ? [] : await ownTtls(context, group)
        for (const sameSender of bySender(context, refusals, own)) {
          drafts.push(draft(context, { ...sameSender, servers: [group.server] }, own))
        }
      }
    }
    return [...drafts, ...byRejecter(context, onTheWay).map((group) => draft(context, group, []))]
  },
}

function caseOf(context: FindingContext, id: number): Refusal | undefined {
  const segments = context.segments(id)
  const handshake = handshakeOf(segments)
  if (!handshake || handshake.synAcks.length > 0) return undefined
  const { syns, otherAnswer } = handshake
  const since = segments.time(syns[0])
  const error = context.errorsOf.get(id)?.find((each) => keyOf(each) in SAYS && !isTraced(context, id, each))
  // RFC 9293: a SYN is refused by a RST that acknowledges it.
  const reset =
    otherAnswer >= 0 && segments.isReset(otherAnswer) && segments.ack(otherAnswer) === segments.end(syns[0])
      ? otherAnswer
      : -1
  if (reset < 0 && !error) return undefined
  // A server that goes on did not refuse: the reset was somebody else's, and the client did not heed it.
  if (segments.find((i) => !segments.fromClient(i) && !segments.isReset(i), syns[0]) >= 0) return undefined
  const until = reset >= 0 ? segments.time(reset) : Math.max(error?.time ?? since, since)
  return {
    id,
    since,
    until,
    costNs: until - since,
    segments,
    syn: syns[0],
    reset,
    error: reset < 0 ? error : undefined,
  }
}

/** In SAYS. */
const keyOf = ({ v6, type, code }: IcmpError): string => `${v6 ? 'v6 ' : ''}${type} ${code}`

function isTraced(context: FindingContext, id: number, error: IcmpError): boolean {
  return TIME_EXCEEDED.has(keyOf(error)) && context.tables.tcp.ttl(id, context.clientIsB(id) ? 1 : 0) < LEAST_TTL
}

/** Those refused by a reset, and those by each kind of error, are different stories. */
function kinds(group: Group<Refusal>): Group<Refusal>[] {
  return split(group, ({ error }) => (error ? `${error.from} ${keyOf(error)}` : ''))
}

/** And so are a host's own resets, and those of somebody else in its name. */
function bySender(context: FindingContext, group: Group<Refusal>, own: readonly number[]): Group<Refusal>[] {
  return split(group, ({ id }) => own.includes(resetTtl(context, id)))
}

/** What the same host on the way says to many is told once. */
function byRejecter(context: FindingContext, groups: readonly Group<Refusal>[]): Refused[] {
  const saying = Map.groupBy(groups, ({ cases: [{ error }] }) => (error ? `${error.from} ${keyOf(error)}` : ''))
  return Array.from(saying.values()).flatMap((same) => {
    const servers = same.map(({ server }) => server)
    if (servers.length < THRESHOLDS.rejectedServers.value)
      return same.map((group) => ({ ...group, servers: [group.server] }))
    const cases = same.flatMap((group) => group.cases)
    return [{ ...same[0], ...spanOf(cases), servers, cases, clients: clientsOf(context, cases) }]
  })
}

function split(group: Group<Refusal>, key: (refusal: Refusal) => unknown): Group<Refusal>[] {
  return Array.from(Map.groupBy(group.cases, key).values(), (cases) => ({
    ...group,
    ...spanOf(cases),
    cases,
  }))
}

const spanOf = (cases: readonly Refusal[]) => ({
  ids: cases.map(({ id }) => id),
  costMs: costMsOf(cases),
  since: least(cases.map(({ since }) => since)),
  until: most(cases.map(({ until }) => until)),
})

/** The reset is the first packet that the server sent. */
const resetTtl = (context: FindingContext, id: number) => context.tables.tcp.ttl(id, context.clientIsB(id) ? 0 : 1)

const pairOf = (context: FindingContext, id: number) => `${context.client(id).address} ${context.server(id).address}`

function scannersOf(context: FindingContext, cases: readonly Refusal[]): ReadonlySet<string> {
  const ports = new Map<string, Set<number>>()
  for (const { id } of cases) {
    const pair = pairOf(context, id)
    const known = ports.get(pair)
    if (known) known.add(context.server(id).port)
    else ports.set(pair, new Set([context.server(id).port]))
  }
  return new Set(
    Array.from(ports)
      .filter(([, tried]) => tried.size >= THRESHOLDS.scannedPorts.value)
      .map(([pair]) => pair),
  )
}

function draft(context: FindingContext, group: Refused, own: readonly number[]): Draft {
  const { cases, server, servers } = group
  const { server: one, ...others } = about(group)
  const { error } = cases[0]
  const examples = worst(cases, 5)
  const who = error ? whoSays(context, error, group) : whoResets(context, group, own)
  const how = error ? `ICMP ${SAYS[keyOf(error)].text}` : 'a reset'
  const waits = cases.map(({ costNs }) => costNs)
  return {
    ...others,
    ...(servers.length === 1 && { server: one }),
    title: titleOf(context, group, who.by),
    subject: `${servers.length === 1 ? `${server.address} ${server.port}` : 'many'} ${error ? `${error.from} ${keyOf(error)}` : who.by}`,
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'connection')} from ${clientsText(context, group)} to ${listOf(servers.map((each) => context.namedEnd(each)))} ${cases.length === 1 ? 'was' : 'were'} refused with ${how} ${whenText(group.since, group.until)}, ${nsText(most(waits))} after the SYN${waits.length === 1 ? '' : ' at most'}.`,
      who.short,
    ),
    why: error
      ? `The ICMP error quotes the SYN of the connection; it was sent by ${context.named(error.from)}.`
      : 'The answer to the SYN is a reset that acknowledges it, as an end sends where nobody listens (RFC 9293).',
    confidence: who.confidence,
    blamed: who.blamed,
    evidence: examples.flatMap((each) => evidence(each)),
    ...(error && { source: ICMP_SOURCE }),
    ruledOut: [
      'A lost packet: an answer came.',
      error
        ? 'A port without a listener: the host itself would have sent a reset.'
        : 'A service without endpoints: kube-proxy answers with an ICMP error.',
    ],
    ...(who.settle !== undefined && { settle: who.settle }),
    confirm: error
      ? TIME_EXCEEDED.has(keyOf(error))
        ? [route(server.address), serviceOf(server.address)]
        : [
            serviceOf(server.address),
            ...(UNREACHABLE.has(keyOf(error))
              ? [{ ...route(server.address), about: `on the host with ${error.from}: whether it has a way there` }]
              : PORT_UNREACHABLE.has(keyOf(error))
                ? []
                : [policies]),
            inPod(
              `${error.v6 ? 'ip6tables' : 'iptables'}-save -c | grep -F REJECT`,
              `on the host with ${error.from}${error.from === server.address ? ', or on the client’s node if a service has it' : ''}: the rule that rejects, and its count`,
            ),
          ]
      : [...(isLoopback(server.address) ? [] : [podOf(server.address)]), listeners(server.port)],
    filter: context.filter(group.ids),
  }
}

const isLoopback = (address: string) => /^(127\.|::1$)/.test(address)

/** Who refused whom, and where if that was somebody else than the one who was asked. */
function titleOf(context: FindingContext, { clients, server, servers }: Refused, by: string): string {
  const whom = clients.length === 1 ? context.shortEnd({ address: clients[0] }) : countOf(clients.length, 'client')
  const asked =
    servers.length === 1
      ? context.shortEnd(server)
      : servers.every(({ address }) => address === server.address)
        ? `${countOf(servers.length, 'port')} of ${context.shortEnd({ address: server.address })}`
        : countOf(servers.length, 'server')
  return by === asked ? `${asked} refused ${whom}` : `${by} refused ${whom} at ${asked}`
}

interface Who {
  /** As in a title. */
  readonly by: string
  readonly short: string
  readonly blamed: string
  readonly confidence: number
  readonly settle?: string
}

function whoSays(context: FindingContext, error: IcmpError, { server, servers, ids }: Refused): Who {
  const from = context.named(error.from)
  const place = rejectedOnHop(context, ids)
  const where = place === undefined ? '' : `; ${place}, as these capture points saw the SYNs`
  if (error.from === server.address && PORT_UNREACHABLE.has(keyOf(error))) {
    return {
      by: context.shortEnd(server),
      short: `The address itself says so: a rule of that host or node rejects the port, or the address is a service's and has no ready endpoint.`,
      blamed: `a rule that rejects at ${from}, or on the client’s node if a service has that address${where}`,
      confidence: 0.9,
    }
  }
  return {
    by: context.shortEnd({ address: error.from }),
    short: `${from} says so, not the ${servers.length === 1 ? 'server' : 'servers'}: it ${SAYS[keyOf(error)].who}.`,
    blamed: `${from}, which ${SAYS[keyOf(error)].who}${where}`,
    confidence: 0.95,
  }
}

/** The hop count of the resets against that of other packets of the same address; one sender's. */
function whoResets(context: FindingContext, group: Group<Refusal>, own: readonly number[]): Who {
  const theirs = Array.from(new Set(group.ids.map((id) => resetTtl(context, id)))).toSorted((a, b) => a - b)
  const list = (values: readonly number[]) => listOf(values.map(String), 4)
  const made = new Set(group.ids.map((id) => resetMadeOnHop(context, id)))
  const [place] = made
  if (made.size === 1 && place !== undefined) {
    return {
      by: 'Something on the way',
      short: `Somebody on the way says so: the resets were made ${place}.`,
      blamed: `a firewall, proxy or rule that rejects ${place}: the first of these capture points did not see the resets`,
      confidence: 0.9,
      settle: 'The rules of the hosts between these points (iptables-save -c), twice: which one’s count grows.',
    }
  }
  if (group.cases.every(({ id }) => context.client(id).address === group.server.address)) {
    return {
      by: context.shortEnd(group.server),
      short: `Both ends are on this host: nobody listens on port ${group.server.port} there.`,
      blamed: `${endText(group.server)}: no listener`,
      confidence: 0.95,
    }
  }
  if (own.length === 0) {
    return {
      by: context.shortEnd(group.server),
      short: `Nobody listens there, or something on the way rejects it (TTL of the resets: ${list(theirs)}).`,
      blamed: `the host with ${group.server.address}, as far as can be told`,
      confidence: 0.85,
      settle: `A packet of ${group.server.address} in an open connection: its TTL says whether the resets are its own.`,
    }
  }
  if (own.includes(theirs[0])) {
    return {
      by: context.shortEnd(group.server),
      short: `The host itself says so: nobody listens on port ${group.server.port} there.`,
      blamed: `${endText(group.server)}: no listener (the resets have its usual TTL, ${list(own)})`,
      confidence: 0.95,
    }
  }
  return {
    by: 'Something on the way',
    short: `Somebody on the way says so: the resets have TTL ${list(theirs)}, the host's other packets ${list(own)}.`,
    blamed: 'a firewall or proxy between this capture point and the server',
    confidence: 0.8,
    settle: 'A capture in the server pod: the SYNs do not arrive there.',
  }
}

/** Those of some packets that the server's address sent in connections that worked, ascending. */
async function ownTtls(context: FindingContext, { server, ids }: Group<Refusal>): Promise<number[]> {
  const not = new Set(ids)
  const rows: number[] = []
  for (const id of context.tcp()) {
    if (not.has(id) || rows.length >= 8) continue
    if (context.server(id).address !== server.address && context.client(id).address !== server.address) continue
    const segments = context.segments(id)
    const sentByClient = context.client(id).address === server.address
    const place = segments.find((i) => segments.fromClient(i) === sentByClient && !segments.isReset(i))
    if (place >= 0) rows.push(segments.row(place))
  }
  const headers = await context.headers(rows)
  return Array.from(new Set(rows.flatMap((row) => headers.get(row)?.ttl ?? []))).toSorted((a, b) => a - b)
}

function evidence({ segments, syn, reset, error }: Refusal): Evidence[] {
  const answer = error
    ? { row: error.row, role: 'the ICMP error' }
    : { row: segments.row(reset), role: 'the reset that refuses it' }
  return [{ row: segments.row(syn), role: 'the SYN' }, answer]
}
