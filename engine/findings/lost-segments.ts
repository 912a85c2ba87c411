import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { EVIDENCE, VERDICT } from '../tcp/verdicts.ts'
import type { FindingContext } from './context.ts'
import { addressKey } from '../query/conversation-names.ts'
import type { Case } from './groups.ts'
import type { Segments } from './segments.ts'

/** What one connection lost on the wire. */
export interface LossCase extends Case {
  readonly segments: Segments
  /** Places of the retransmissions that were needed, as far as can be told. */
  readonly again: readonly number[]
  /** Those of them that a timer sent. */
  readonly byTimer: readonly number[]
  /** The copy before had passed here: it was lost beyond. */
  readonly beyond: number
  /** Retransmissions by the client. */
  readonly byClient: number
}

/** Linux waits 2 ms at least before a tail loss probe (tcp_schedule_loss_probe), and 200 ms before a time-out. */
const SHORTEST_TIMER_NS = 2e6
const SHORTEST_TIMEOUT_NS = 150e6

/** The loss in a conversation, repetitions for nothing and tail loss probes that proved needless left out; undefined if there is none. */
export function lossOf(context: FindingContext, id: number): LossCase | undefined {
  const { verdicts } = context.tables
  const segments = context.segments(id)
  const again: number[] = []
  const byTimer: number[] = []
  let beyond = 0
  let byClient = 0
  const entries = context.survey.repetitionsOf(id)
  const isExplained = (entry: number) => context.isExplained(verdicts.row(entry))
  const counted: number[] = []
  for (const entry of entries) {
    if (isExplained(entry)) continue
    const verdict = verdicts.verdict(entry)
    const i = segments.placeOf(verdicts.row(entry))
    // What carries nothing (a FIN) holds up nobody.
    if (verdict === VERDICT.syn || verdict === VERDICT.synack || segments.length(i) === 0) continue
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
    counted.push(entry)
    // What was asked for by ACKs whose options the snap length cut looks like a timer's, but comes sooner.
    const isTimed = verdict === VERDICT.tlp || waited >= SHORTEST_TIMEOUT_NS || verdicts.original(entry) === undefined
    if (verdict !== VERDICT.fast && isTimed) byTimer.push(i)
    if (verdicts.original(entry) !== undefined) beyond++
    if (segments.fromClient(i)) byClient++
  }
  if (again.length === 0) return undefined
  const since = segments.time(again[0])
  const until = segments.time(again[again.length - 1])
  // What is charged to the connection begins with the oldest byte that was not acknowledged; no more than these were waited for.
  const lostNs = context.tables.tcp.lostTo('retransmission', id)
  const charged = Math.max(0, lostNs - waitedFor(context, entries.filter(isExplained)))
  const costNs = beyond === again.length ? Math.min(charged, waitedFor(context, counted)) : charged
  return { id, since, until, costNs, segments, again, byTimer, beyond, byClient }
}

/** Nanoseconds that went by until these came again: several that are missing are waited for at once. */
function waitedFor(context: FindingContext, entries: readonly number[]): number {
  const { verdicts } = context.tables
  let [sum, end] = [0, -Infinity]
  for (const entry of entries) {
    const time = context.time(verdicts.row(entry))
    sum += Math.max(0, time - Math.max(end, time - verdicts.cost(entry)))
    end = time
  }
  return sum
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

/** The rest of very many is one group, under this key: nobody reads hundreds. */
export const OTHERS = -1
const MOST_GROUPS = 20

/** With its two addresses. */
interface Addressed {
  readonly each: LossCase
  readonly a: number
  readonly b: number
}

/**
 * Cases that have an address in common, by its `addressKey`, the one with most segments sent again first: what they share is where
 * to look.
 */
export function byCommonAddress({ tables: { conversations } }: FindingContext, cases: readonly LossCase[]) {
  const groups = new Map<number, LossCase[]>()
  // Addresses are numbered, as they are weighed again for each group.
  const numbers = new Map<number, number>()
  const numberOf = (key: number): number => {
    const known = numbers.get(key)
    if (known === undefined) numbers.set(key, numbers.size)
    return known ?? numbers.size - 1
  }
  let rest: readonly Addressed[] = cases.map((each) => ({
    each,
    a: numberOf(addressKey(conversations, each.id, false)),
    b: numberOf(addressKey(conversations, each.id, true)),
  }))
  const keys = Array.from(numbers.keys())
  // By address: segments sent again in the rest.
  const weights = new Float64Array(keys.length)
  const weigh = ({ each, a, b }: Addressed, sign: 1 | -1) => {
    weights[a] += sign * each.again.length
    if (b !== a) weights[b] += sign * each.again.length
  }
  for (const one of rest) weigh(one, 1)
  while (rest.length > 0) {
    const common = groups.size < MOST_GROUPS ? mostAgain(rest, weights) : OTHERS
    const has = ({ a, b }: Addressed) => common === OTHERS || a === common || b === common
    const members = rest.filter(has)
    groups.set(
      common === OTHERS ? OTHERS : keys[common],
      members.map(({ each }) => each),
    )
    for (const one of members) weigh(one, -1)
    rest = rest.filter((one) => !has(one))
  }
  return groups
}

/** The address with most segments sent again; of several the one that comes first in `rest`. */
function mostAgain(rest: readonly Addressed[], weights: Float64Array): number {
  const most = weights.reduce((a, b) => Math.max(a, b))
  const first = rest.find(({ a, b }) => weights[a] === most || weights[b] === most)
  if (!first) return OTHERS
  return weights[first.a] === most ? first.a : first.b
}
