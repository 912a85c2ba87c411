import { conntrackOf, inPod, openSockets, podOf, policies } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { about, byServer, type Case, clientsText, type Group, worst } from '../groups.ts'
import { resetMadeOnHop } from '../lost-on-hops.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, least, most, nsText, sentences, whenText } from '../words.ts'

interface Aborted extends Case {
  readonly segments: Segments
  /** The last data, that of the end that got the reset unless somebody else sent that. */
  readonly data: number
  readonly reset: number
  /** What the other end sent last before it, which it answers. */
  readonly answered: number
  /** Somebody else sent it, in the name of one end. */
  readonly injected: boolean
  /** What that end sent afterwards, which shows it; -1 = nothing. */
  readonly goesOn: number
  /** Between which two capture points it was made: "between web and node-a". */
  readonly made: string | undefined
}

const THRESHOLDS = {
  passed: { value: 3, unit: 'packets of either end', source: 'ours: enough to see how many interfaces they pass' },
  share: { value: 0.9, unit: 'of them', source: 'ours: a packet may be missing' },
} as const

/** What is said of resets that this host made. */
const HERE = {
  title: 'Resets made on this host',
  why: 'What the ends send was captured at more interfaces of this host than the resets, and than what they answer: that came in and no further.',
  blamed:
    'a rule on the host of this capture that rejects with a reset (network policy, firewall, service proxy): neither the program nor the network',
  settle: 'A capture in the server’s pod: neither what they answer nor a reset is there.',
  confirm: [
    inPod('iptables-save -c | grep -F tcp-reset', 'on this host, twice: which rule it is, and whether its count grows'),
    policies,
  ],
} as const

/** A server resets a connection although it owes an answer on it; or somebody on the way does, in the name of either end. */
export const midStreamReset: Rule = {
  kind: 'mid-stream-reset',
  title: 'Resets instead of answers',
  severity: 'high',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.10.7',
  artefacts: { 'capture-drops': 'weaker', 'mid-stream-start': 'weaker', 'one-direction': 'weaker' },
  yieldsTo: [
    'refused',
    'tuple-reuse',
    'conntrack-invalid',
    'keep-alive-race',
    'idle-timeout',
    'accept-queue',
    'half-open',
    'duplicate-address',
  ],
  async find(context) {
    const cases: Aborted[] = []
    for (const id of context.reset()) {
      const found = caseOf(context, id)
      if (found) cases.push(found)
    }
    if (cases.length === 0) return []
    const copies = copiesByRow(context)
    const from = Map.groupBy(cases, (each) =>
      each.made !== undefined
        ? 'a hop'
        : wasMadeHere(each, copies)
          ? 'this host'
          : each.injected
            ? 'the way'
            : 'the server',
    )
    const drafts: Draft[] = []
    for (const group of byServer(context, from.get('the server') ?? [])) drafts.push(await draft(context, group))
    for (const group of byServer(context, from.get('the way') ?? []))
      drafts.push({ ...injectedDraft(context, group), why: await farText(context, group) })
    for (const [made, onHop] of Map.groupBy(from.get('a hop') ?? [], (each) => each.made ?? '')) {
      for (const group of byServer(context, onHop)) drafts.push(madeDraft(context, group, made))
    }
    for (const group of byServer(context, from.get('this host') ?? []))
      drafts.push({
        ...injectedDraft(context, group),
        ...HERE,
        subject: `${group.server.address} ${group.server.port} here`,
      })
    return drafts
  },
}

function caseOf(context: FindingContext, id: number): Aborted | undefined {
  const segments = context.segments(id)
  const reset = segments.find((i) => segments.isReset(i))
  if (reset < 0) return undefined
  const injected = context.tables.tcp.resetCause(id) === 'injected'
  if (segments.fromClient(reset) && !injected) return undefined
  let data = -1
  for (let i = reset - 1; i >= 0; i--) {
    // After a FIN of either a reset only cleans up.
    if (segments.isFin(i)) return undefined
    if (data < 0 && segments.length(i) > 0) {
      if (!segments.fromClient(i) && !injected) return undefined
      data = i
    }
  }
  if (data < 0) return undefined
  const since = segments.time(data)
  const until = segments.time(reset)
  const made = resetMadeOnHop(context, id)
  const goesOn = injected ? nextOf(segments, reset) : -1
  const answered = lastBefore(segments, reset)
  return { id, since, until, costNs: until - since, segments, data, reset, answered, injected, goesOn, made }
}

/** The first packet with data of the end that the reset seems to come from, from the reset's number on, or its first that is late; see `goesOn` of the kernel. */
function nextOf(segments: Segments, reset: number): number {
  const byClient = segments.fromClient(reset)
  return segments.find(
    (i) =>
      i > reset &&
      segments.fromClient(i) === byClient &&
      !segments.isReset(i) &&
      ((segments.length(i) > 0 && ((segments.seq(i) - segments.seq(reset)) | 0) >= 0) ||
        segments.time(i) - segments.time(reset) >= 1e9),
  )
}

/** The last packet before the reset of the end that got it; -1 = none. */
function lastBefore(segments: Segments, reset: number): number {
  const byClient = segments.fromClient(reset)
  for (let i = reset - 1; i >= 0; i--) if (segments.fromClient(i) !== byClient) return i
  return -1
}

/** Where a host captures at several interfaces: by row, at how many more than one. None where not all are known. */
function copiesByRow({ survey, tables: { verdicts } }: FindingContext): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  if (survey.copies.length < survey.copyCount) return found
  for (const row of survey.copies) {
    const original = verdicts.original(verdicts.find(row))
    if (original !== undefined) found.set(original, (found.get(original) ?? 0) + 1)
  }
  return found
}

/** The reset passed fewer interfaces of this host than what its end sends, and what it answers fewer than what the other sends. */
function wasMadeHere({ segments, answered, reset }: Aborted, copies: ReadonlyMap<number, number>): boolean {
  if (copies.size === 0 || answered < 0) return false
  const at = (i: number) => copies.get(segments.row(i)) ?? 0
  return [reset, answered].every((packet) => {
    let [further, all] = [0, 0]
    for (let i = 0; i < reset; i++) {
      if (i === answered || segments.fromClient(i) !== segments.fromClient(packet)) continue
      all++
      if (at(i) > at(packet)) further++
    }
    return all >= THRESHOLDS.passed.value && further >= THRESHOLDS.share.value * all
  })
}

interface Ttls {
  readonly theirs: number
  readonly usual: number
  /** The end's first packet and its last before the reset have the same. */
  readonly steady: boolean
}

/** See `hops` of kernel/tcp/resets.ts. */
const hops = (ttl: number) => (ttl > 128 ? 255 : ttl > 64 ? 128 : 64) - ttl

/** The TTLs of resets, and each of another packet of the end that it is said to be from: of some that can be compared. */
async function ttlsOf(context: FindingContext, cases: readonly Aborted[]): Promise<readonly Ttls[]> {
  const pairs = cases.slice(0, 20).flatMap(({ segments, reset }) => {
    const sender = segments.fromClient(reset)
    const isOwn = (i: number) => segments.fromClient(i) === sender && !segments.isReset(i)
    const own = segments.find(isOwn)
    if (own < 0) return []
    let last = own
    for (let i = reset - 1; i > own && last === own; i--) if (isOwn(i)) last = i
    return [{ reset: segments.row(reset), own: segments.row(own), last: segments.row(last) }]
  })
  const headers = await context.headers(pairs.flatMap(({ reset, own, last }) => [reset, own, last]))
  return pairs.flatMap(({ reset, own, last }) => {
    const theirs = headers.get(reset)?.ttl
    const usual = headers.get(own)?.ttl
    if (theirs === undefined || usual === undefined) return []
    return [{ theirs, usual, steady: headers.get(last)?.ttl === usual }]
  })
}

const evidenceOf = (cases: readonly Aborted[], role: string) =>
  worst(cases, 5).flatMap(({ segments, data, reset, goesOn }) => [
    { row: segments.row(data), role },
    { row: segments.row(reset), role: 'the reset' },
    ...(goesOn < 0 ? [] : [{ row: segments.row(goesOn), role: 'its end goes on' }]),
  ])

/** When the resets came: what they cut off had begun before. */
const resetsText = (cases: readonly Aborted[]): string =>
  whenText(least(cases.map(({ until }) => until)), most(cases.map(({ until }) => until)))

async function draft(context: FindingContext, group: Group<Aborted>): Promise<Draft> {
  const { cases, server } = group
  const ttls = await ttlsOf(context, cases)
  const longest = nsText(most(cases.map(({ costNs }) => costNs)))
  return {
    ...about(group),
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'connection')} from ${clientsText(context, group)} to ${context.namedEnd(server)} ${cases.length === 1 ? 'was' : 'were'} reset ${resetsText(cases)} while the client waited for an answer, ${cases.length === 1 ? '' : 'up to '}${longest} after it had sent its data.`,
    ),
    why: sentences(
      'The last data came from the client, nobody had closed, and the reset came from the server’s address.',
      ttls.length > 0 && ttls.every(({ theirs, usual }) => theirs === usual)
        ? 'The resets have the TTL of the server’s packets.'
        : '',
    ),
    confidence: 0.8,
    blamed: `the program behind ${context.namedEnd(server)}: it ended, or closed without reading what it was sent`,
    evidence: evidenceOf(cases, 'data that waits for an answer'),
    ruledOut: ['An orderly end: there was no FIN.', 'A refusal: the connection was open.'],
    settle: 'The log of the server at that moment, and whether its pod was restarted.',
    confirm: [podOf(server.address), openSockets(server.address)],
    filter: context.filter(group.ids),
  }
}

function injectedDraft(context: FindingContext, group: Group<Aborted>): Omit<Draft, 'why'> {
  const { cases, server } = group
  const byClients = cases.filter(({ segments, reset }) => segments.fromClient(reset)).length
  const name =
    byClients === 0
      ? 'the server'
      : byClients === cases.length
        ? 'the clients'
        : `the clients (${byClients}) or the server (${cases.length - byClients})`
  return {
    ...about(group),
    subject: `${server.address} ${server.port} injected`,
    title: 'Resets from somebody on the way',
    count: cases.length,
    failed: cases.length,
    sentence: sentences(
      `${countOf(cases.length, 'connection')} from ${clientsText(context, group)} to ${context.namedEnd(server)} ${cases.length === 1 ? 'was' : 'were'} reset ${resetsText(cases)} by somebody else, in the name of ${name}.`,
    ),
    confidence: 0.9,
    blamed:
      'a firewall, proxy or load balancer on the way, or another host with the address: the resets are not that end’s own',
    evidence: evidenceOf(cases, 'the last data'),
    ruledOut: [
      'An orderly end: there was no FIN.',
      cases.some(({ goesOn }) => goesOn >= 0)
        ? 'The program itself: it went on with the connection.'
        : 'The program itself: its resets would come from as far away as its data.',
    ],
    settle: `A capture where ${name === 'the clients' ? 'the clients are' : 'the server is'}: no reset leaves there.`,
    confirm: [policies, conntrackOf(server.address)],
    filter: context.filter(group.ids),
  }
}

/** `made`: "between web and node-a" */
function madeDraft(context: FindingContext, group: Group<Aborted>, made: string): Draft {
  return {
    ...injectedDraft(context, group),
    subject: `${group.server.address} ${group.server.port} ${made}`,
    title: `Resets made ${made}`,
    why: 'The second of these two capture points saw the resets, and the first, which they seem to come through, did not.',
    blamed: `a firewall, proxy or rule that rejects ${made}: the resets are not that end’s own`,
    settle: 'The rules of the hosts between these points, twice: which one’s count grows.',
    confirm: [
      inPod(
        'iptables-save -c | grep -F tcp-reset',
        'on the hosts between these points: the rule that rejects, and its count',
      ),
      policies,
    ],
  }
}

/** What tells that somebody else sent the resets: TTLs, what the end whose name they bear sent afterwards, or both. */
async function farText(context: FindingContext, { cases }: Group<Aborted>): Promise<string> {
  const going = cases.filter(({ goesOn }) => goesOn >= 0)
  const far = (await ttlsOf(context, cases)).filter(
    ({ theirs, usual, steady }) => steady && hops(theirs) !== hops(usual),
  )
  const soonest = least(going.map(({ segments, goesOn, until }) => segments.time(goesOn) - until))
  const all = far.length === cases.length || going.length === 0
  return sentences(
    far.length === 0 && going.length === cases.length
      ? ''
      : `${all ? 'Their TTLs are' : 'Some of their TTLs are'} of another number of hops than those of all packets that came from there before${far.length > 0 ? ` (${far[0].theirs} instead of ${far[0].usual})` : ''}.`,
    going.length === 0
      ? ''
      : `${going.length === cases.length ? 'The end that they seem to come from' : `In ${countOf(going.length, 'connection')} that end`} sent on afterwards (${nsText(soonest)} later), which neither an end that resets does nor one without the connection.`,
  )
}
