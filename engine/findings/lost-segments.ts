import { VERDICT } from '../tcp/verdicts.ts'
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

/** The loss in a conversation, repetitions for nothing and tail loss probes that proved needless left out; undefined if there is none. */
export function lossOf(context: FindingContext, id: number): LossCase | undefined {
  const { verdicts } = context.tables
  const segments = context.segments(id)
  const again: number[] = []
  let timeouts = 0
  let beyond = 0
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
    if (!isLoss) continue
    const entry = verdicts.find(segments.rows[i])
    const spurious = verdicts.isSpurious(entry)
    // A probe is no loss unless it was needed; what a capture can't tell is not held against the network.
    if (spurious === true || (verdict === VERDICT.tlp && spurious === undefined)) continue
    again.push(i)
    if (verdict !== VERDICT.fast) timeouts++
    if (verdicts.original(entry) !== undefined) beyond++
    if (segments.fromClient(i)) byClient++
  }
  if (again.length === 0) return undefined
  const since = segments.time(again[0])
  const until = segments.time(again[again.length - 1])
  const costNs = context.tables.tcp.connection(id).lostNs.retransmission
  return { id, since, until, costNs, segments, again, timeouts, beyond, byClient, data }
}

/** Cases that have an address in common, the costliest address first: what they share is where to look. */
export function byCommonAddress(context: FindingContext, cases: readonly LossCase[]): Map<string, LossCase[]> {
  const groups = new Map<string, LossCase[]>()
  let rest = cases
  while (rest.length > 0) {
    const weights = new Map<string, number>()
    for (const each of rest) {
      for (const address of new Set([context.client(each.id).address, context.server(each.id).address])) {
        weights.set(address, (weights.get(address) ?? 0) + each.again.length)
      }
    }
    const [common] = Array.from(weights).reduce((most, each) => (each[1] > most[1] ? each : most))
    const has = ({ id }: LossCase) => context.client(id).address === common || context.server(id).address === common
    groups.set(common, rest.filter(has))
    rest = rest.filter((each) => !has(each))
    // The rest of very many is one group: nobody reads hundreds.
    if (groups.size === 20 && rest.length > 0) {
      groups.set('', [...rest])
      break
    }
  }
  return groups
}
