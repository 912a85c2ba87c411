import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { EVIDENCE, VERDICT } from '../tcp/verdicts.ts'
import type { FindingContext } from './context.ts'
import type { Case } from './groups.ts'
import type { Segments } from './segments.ts'

/** What one connection lost on the wire. */
export interface LossCase extends Case {
  readonly segments: Segments
  /** Places of the retransmissions that were needed, as far as can be told. */
  readonly again: readonly number[]
  readonly timeouts: number
  /** The copy before had passed here: it was lost beyond. */
  readonly beyond: number
  /** Retransmissions by the client. */
  readonly byClient: number
  /** Segments with payload, of both ends. */
  readonly data: number
}

/** Linux waits 2 ms at least before a tail loss probe (tcp_schedule_loss_probe), and 200 ms before a time-out. */
const SHORTEST_TIMER_NS = 2e6
const SHORTEST_TIMEOUT_NS = 150e6

/** The loss in a conversation, repetitions for nothing and tail loss probes that proved needless left out; undefined if there is none. */
export function lossOf(context: FindingContext, id: number): LossCase | undefined {
  const { verdicts } = context.tables
  const segments = context.segments(id)
  const again: number[] = []
  let timeouts = 0
  let beyond = 0
  let waitedNs = 0
  let byClient = 0
  let data = 0
  for (let i = 0; i < segments.count; i++) {
    if (segments.length(i) > 0) data++
    const verdict = segments.verdict(i)
    const isLoss =
      verdict === VERDICT.fast ||
      verdict === VERDICT.rto ||
      verdict === VERDICT.tlp ||
      verdict === VERDICT.retransmission
    // What carries nothing (a FIN) holds up nobody.
    if (!isLoss || segments.length(i) === 0) continue
    const entry = verdicts.find(segments.rows[i])
    const spurious = verdicts.isSpurious(entry)
    // A probe is no loss unless it was needed; what a capture can't tell is not held against the network.
    if (spurious === true || (verdict === VERDICT.tlp && spurious === undefined)) continue
    // Where the system numbers the packets of all connections together, a gap in the numbers says nothing.
    if (verdicts.evidence(entry) === EVIDENCE.ipIdGap) continue
    if (isProbe(context, segments, i, entry)) continue
    // No timer of any kernel is so short: a packet written twice, or traffic that was played back.
    const waited = verdicts.cost(entry)
    if (verdict !== VERDICT.fast && verdicts.original(entry) !== undefined && waited < SHORTEST_TIMER_NS) continue
    again.push(i)
    // What was asked for by ACKs whose options the snap length cut looks like a timer's, but comes sooner.
    const byTimer = verdict === VERDICT.tlp || waited >= SHORTEST_TIMEOUT_NS || verdicts.original(entry) === undefined
    if (verdict !== VERDICT.fast && byTimer) timeouts++
    if (verdicts.original(entry) !== undefined) beyond++
    waitedNs += waited
    if (segments.fromClient(i)) byClient++
  }
  if (again.length === 0) return undefined
  const since = segments.time(again[0])
  const until = segments.time(again[again.length - 1])
  // What is charged to the connection begins with the oldest byte that was not acknowledged; no more than these were waited for.
  const charged = context.tables.tcp.connection(id).lostNs.retransmission
  const costNs = beyond === again.length ? Math.min(charged, waitedNs) : charged
  return { id, since, until, costNs, segments, again, timeouts, beyond, byClient, data }
}

/** The byte of a probe of a full window comes again with the segment that it is part of. */
function isProbe(
  { tables: { packets, verdicts } }: FindingContext,
  segments: Segments,
  i: number,
  entry: number,
): boolean {
  const original = verdicts.original(entry)
  if (original === undefined) return false
  return packets.chunk(original).payloadLength[original % CHUNK_ROWS] === 1 && segments.length(i) > 1
}

/** Cases that have an address in common, the costliest address first: what they share is where to look. */
export function byCommonAddress(context: FindingContext, cases: readonly LossCase[]): Map<string, LossCase[]> {
  const groups = new Map<string, LossCase[]>()
  // Once for each case, not in each round: these are texts that are made when asked for.
  let rest = cases.map((each) => ({
    each,
    addresses: new Set([context.client(each.id).address, context.server(each.id).address]),
  }))
  while (rest.length > 0) {
    const weights = new Map<string, number>()
    for (const { each, addresses } of rest) {
      for (const address of addresses) weights.set(address, (weights.get(address) ?? 0) + each.again.length)
    }
    const [common] = Array.from(weights).reduce((most, each) => (each[1] > most[1] ? each : most))
    groups.set(
      common,
      rest.filter(({ addresses }) => addresses.has(common)).map(({ each }) => each),
    )
    rest = rest.filter(({ addresses }) => !addresses.has(common))
    // The rest of very many is one group: nobody reads hundreds.
    if (groups.size === 20 && rest.length > 0) {
      groups.set(
        '',
        rest.map(({ each }) => each),
      )
      break
    }
  }
  return groups
}
