import { CHUNK_ROWS, FLAG, NO_CONVERSATION } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { addressKey } from '../query/conversation-names.ts'
import { LABEL } from '../tcp/labels.ts'
import { isRepetition } from '../tcp/verdicts.ts'
import type { FindingContext } from './context.ts'
import type { Segments } from './segments.ts'
import { rowAt } from './silences.ts'
import { STILL_NS } from './survey.ts'
import { least, most } from './words.ts'

/** Answers so close to the first belong to one burst; and so close comes an answer that was held up for what came in before it. */
const TOGETHER_NS = 10e6
/** Conversations that must wait at once. */
export const LEAST_WAITING = 3
/** Those of one burst that are looked at, bursts, and packets that are looked through for the question. */
const MOST_WAITING = 100
const MOST_BURSTS = 5_000
const MOST_BACK = 64

/** A conversation in which the address owed an answer. */
export interface Waiting {
  readonly id: number
  readonly segments: Segments
  /** Places of the first packet that waited, of the kernel's ACK meanwhile (-1 = none), and of what was sent at last. */
  readonly asked: number
  readonly acknowledged: number
  readonly answered: number
}

/** For a while an address sent nothing, though several waited; then it answered them together. */
export interface StandStill {
  readonly address: number
  /** Nothing was sent from `from` on; answers came at `to`. */
  readonly from: number
  readonly to: number
  readonly waiting: readonly Waiting[]
  /** Its kernel sent something meanwhile, as it does without the program. */
  readonly kernelSpoke: boolean
  /** Its kernel sent nothing either, for longer than any ACK is delayed. */
  readonly hostStill: boolean
  /** Most asked again after they had been answered together before, as long polls do: that they wait together again tells nothing. */
  readonly askedAgain: boolean
  /** Whose answer reached the address right before it went on: the row; -1 = none. */
  readonly broughtBy: number
}

interface Burst {
  readonly at: number
  readonly rows: number[]
}

/** ACKs alone come in bursts of their own, as delayed ones do at a tick: they must not end what a program owes. */
const KINDS = 2

interface Candidate {
  /** addressKey * KINDS + kind */
  readonly key: number
  from: number
  readonly to: number
  readonly waiting: readonly Waiting[]
  lastData: number
  lastAny: number
  broughtBy: number
}

/** All that are to be seen in the conversations that the rule may look at, by when they ended. Some hundred nanoseconds for each pause of a conversation. */
export function standStillsIn(context: FindingContext): readonly StandStill[] {
  const candidates = burstsIn(context).flatMap(([key, rows]) => candidateOf(context, key, rows))
  if (candidates.length === 0) return []
  listen(context, candidates)
  return candidates.flatMap((candidate) => standStillOf(context, candidate)).toSorted((a, b) => a.to - b.to)
}

/** By address and kind what it sent together in several conversations that had all stood still before. */
function burstsIn(context: FindingContext): (readonly [key: number, rows: readonly number[]])[] {
  const { packets, conversations } = context.tables
  const { transport } = conversations
  const found: (readonly [number, readonly number[]])[] = []
  const bursts = new Map<number, Burst>()
  const end = (key: number, { rows }: Burst) => {
    if (rows.length >= LEAST_WAITING && found.length < MOST_BURSTS) found.push([key, rows])
  }
  for (const row of context.survey.afterStill) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    const id = chunk.conversation[i]
    const flags = chunk.flags[i]
    if (transport[id] !== TRANSPORT.tcp || !context.isOpen(id) || (flags & (FLAG.syn | FLAG.rst)) !== 0) continue
    const byB = (flags & FLAG.reverse) !== 0
    const isData = chunk.payloadLength[i] > 0
    if (isData ? byB === context.clientIsB(id) : chunk.acked[i] === 0) continue
    const key = addressKey(conversations, id, byB) * KINDS + (isData ? 1 : 0)
    const burst = bursts.get(key)
    if (burst && chunk.time[i] - burst.at <= TOGETHER_NS) {
      if (burst.rows.length < MOST_WAITING) burst.rows.push(row)
      continue
    }
    if (burst) end(key, burst)
    bursts.set(key, { at: chunk.time[i], rows: [row] })
  }
  for (const [key, burst] of bursts) end(key, burst)
  return found
}

function candidateOf(context: FindingContext, key: number, rows: readonly number[]): Candidate[] {
  const { packets } = context.tables
  const byId = new Map<number, Waiting>()
  for (const row of rows) {
    const id = packets.chunk(row).conversation[row % CHUNK_ROWS]
    const waiting = byId.has(id) ? undefined : waitingFor(context, id, row)
    if (waiting) byId.set(id, waiting)
  }
  if (byId.size < LEAST_WAITING) return []
  const waiting = Array.from(byId.values())
  const from = least(waiting.map(({ segments, asked }) => segments.time(asked)))
  const to = least(waiting.map(({ segments, answered }) => segments.time(answered)))
  if (!(to - from >= STILL_NS.shortest)) return []
  return [{ key, from, to, waiting, lastData: from, lastAny: from, broughtBy: -1 }]
}

/** What had waited for this row, if nothing else explains the wait: no lost packet, no probe. */
function waitingFor(context: FindingContext, id: number, row: number): Waiting | undefined {
  const { verdicts } = context.tables
  const segments = context.segments(id)
  const answered = segments.placeOf(row)
  const byClient = segments.fromClient(answered)
  const isData = segments.length(answered) > 0
  if (isRepetition(segments.verdict(answered))) return undefined
  let asked = -1
  let acknowledged = -1
  for (let i = answered - 1; i >= 0 && answered - i <= MOST_BACK; i--) {
    if (segments.fromClient(i) === byClient) {
      if (!isData || segments.length(i) > 0 || (segments.flags(i) & (FLAG.syn | FLAG.fin)) !== 0) break
      acknowledged = i
    } else if (segments.length(i) > 0) {
      if ((segments.labels(i) & (LABEL.keep_alive | LABEL.zero_window_probe)) !== 0) return undefined
      if (isRepetition(segments.verdict(i))) {
        if (verdicts.isSpurious(verdicts.find(segments.row(i))) !== true) return undefined
      } else asked = i
    }
    // A window that was closed explains why its end sends nothing.
    if ((segments.labels(i) & LABEL.zero_window) !== 0) return undefined
  }
  if (asked < 0) return undefined
  return { id, segments, asked, answered, acknowledged: acknowledged > asked ? acknowledged : -1 }
}

/** One pass over the packets of those times: when each address sent its last data, and anything, and who answered it. */
function listen(context: FindingContext, candidates: readonly Candidate[]): void {
  const { packets, conversations } = context.tables
  const byAddress = Map.groupBy(candidates, ({ key }) => Math.floor(key / KINDS))
  const listeners = Array.from(byAddress.values(), (some) =>
    Array.from({ length: KINDS }, (_, kind) => new Listener(some, kind)),
  )
  const places = new Map(Array.from(byAddress.keys(), (address, place) => [address, place + 1]))
  // By conversation * 2 + end: 1 + the place of its listeners.
  const listenersOf = new Uint32Array(conversations.count * 2)
  for (const id of context.survey.tcp) {
    listenersOf[id * 2] = places.get(addressKey(conversations, id, false)) ?? 0
    listenersOf[id * 2 + 1] = places.get(addressKey(conversations, id, true)) ?? 0
  }
  const spans = candidates.map(({ from, to }) => ({ from, to })).toSorted((a, b) => a.from - b.from)
  let heard = 0
  for (const { from, to } of spans) {
    // Spans overlap: each packet is heard once.
    for (let row = Math.max(heard, rowAt(packets, from)); row < packets.rows; row++) {
      const chunk = packets.chunk(row)
      const i = row % CHUNK_ROWS
      const time = chunk.time[i]
      if (time >= to) break
      heard = row + 1
      const id = chunk.conversation[i]
      if (id === NO_CONVERSATION || isRepetition(chunk.verdict[i])) continue
      const b = (chunk.flags[i] & FLAG.reverse) === 0 ? 0 : 1
      const isData = chunk.payloadLength[i] > 0
      const sender = listenersOf[id * 2 + b]
      if (sender > 0) for (const each of listeners[sender - 1]) each.sent(time, isData)
      // Data from a server to the address, which asked for it.
      const receiver = listenersOf[id * 2 + (b ^ 1)]
      if (receiver === 0 || !isData || (b === 1) === context.clientIsB(id)) continue
      for (const each of listeners[receiver - 1]) each.got(time, row)
    }
  }
}

/** To what one address sends and gets, for its bursts of a kind. */
class Listener {
  readonly #candidates: readonly Candidate[]
  #at = 0

  constructor(candidates: readonly Candidate[], kind: number) {
    this.#candidates = candidates.filter(({ key }) => key % KINDS === kind)
    // Each begins behind the one before.
    for (const [i, each] of this.#candidates.entries()) {
      if (i > 0) each.from = Math.max(each.from, this.#candidates[i - 1].to)
    }
  }

  sent(time: number, isData: boolean): void {
    const candidate = this.#of(time)
    if (!candidate) return
    candidate.lastAny = Math.max(candidate.lastAny, time)
    if (isData) candidate.lastData = Math.max(candidate.lastData, time)
  }

  got(time: number, row: number): void {
    const candidate = this.#of(time)
    if (candidate && candidate.to - time <= TOGETHER_NS) candidate.broughtBy = row
  }

  #of(time: number): Candidate | undefined {
    while (this.#at < this.#candidates.length && this.#candidates[this.#at].to <= time) this.#at++
    const candidate = this.#candidates[this.#at]
    return candidate && time >= candidate.from ? candidate : undefined
  }
}

/** Longer than any receiver delays an ACK (DELAY_NS): the kernel itself said nothing. */
const KERNEL_STILL_NS = 250e6
/** So many times the shortest round trip, so that what was sent at once is not answered at once for the way's length alone. */
const ROUND_TRIPS = 4

function standStillOf(context: FindingContext, candidate: Candidate): StandStill[] {
  const { key, to, broughtBy } = candidate
  const silentFrom = Math.max(candidate.from, candidate.lastAny)
  const from = Math.max(candidate.from, candidate.lastData)
  const hostStill = to - silentFrom >= KERNEL_STILL_NS
  const still = {
    address: Math.floor(key / KINDS),
    to,
    broughtBy,
    from: hostStill ? silentFrom : from,
    hostStill,
    kernelSpoke: silentFrom > from,
  }
  const lasted = to - still.from
  if (lasted < STILL_NS.shortest) return []
  const waiting = candidate.waiting.filter(({ id, segments, asked, acknowledged, answered }) => {
    if (to - segments.time(asked) < STILL_NS.shortest) return false
    if (!hostStill) return segments.length(answered) > 0
    if (acknowledged >= 0 || to - segments.time(asked) < KERNEL_STILL_NS) return false
    const direction = segments.fromClient(answered) === context.clientIsB(id) ? 1 : 0
    const way = context.tables.roundTrips.shortest(id, direction)
    return way !== undefined && way * ROUND_TRIPS <= lasted
  })
  if (waiting.length < LEAST_WAITING) return []
  return [{ ...still, waiting, askedAgain: !hostStill && areAskedAgain(waiting) }]
}

/** Answers that came together are no common one where any was asked for shortly before: a busy server just goes on. */
function areAskedAgain(waiting: readonly Waiting[]): boolean {
  const turns = waiting.flatMap((each) => turnBefore(each)).toSorted((a, b) => a.answered - b.answered)
  const needed = Math.floor(waiting.length / 2) + 1
  for (let first = 0; first + needed <= turns.length; first++) {
    const some = turns.slice(first, first + needed)
    const begins = some[0].answered
    const lasted = some[needed - 1].answered - begins
    if (lasted <= TOGETHER_NS && begins - most(some.map(({ asked }) => asked)) > lasted) return true
  }
  return false
}

/** When the answer before its question began, and what that had answered was asked. */
function turnBefore({ segments, asked }: Waiting): readonly { asked: number; answered: number }[] {
  const byClient = segments.fromClient(asked)
  let answered = -1
  for (let i = asked - 1; i >= 0 && asked - i <= MOST_BACK; i--) {
    if (segments.length(i) === 0) continue
    if (segments.fromClient(i) === byClient)
      return answered < 0 ? [] : [{ asked: segments.time(i), answered: segments.time(answered) }]
    answered = i
  }
  return []
}

/** For how long each waited within the stand-still. */
export const waitNs = ({ from, to }: StandStill, { segments, asked }: Waiting): number =>
  to - Math.max(from, segments.time(asked))

/** From the first to the last of the answers. */
export const burstNs = ({ waiting }: StandStill): number => {
  const answers = waiting.map(({ segments, answered }) => segments.time(answered))
  return most(answers) - least(answers)
}

/**
 * How unlikely it is that answers which have nothing to do with each other come as close together: compared with how differently they were
 * asked for or, of a kernel, which answers at once, with how long it said nothing.
 */
export function chanceOf(still: StandStill): number {
  const waits = still.waiting.map((each) => waitNs(still, each))
  const apart = still.hostStill ? still.to - still.from : most(waits) - least(waits)
  const together = Math.max(LEAST_BURST_NS, burstNs(still))
  return apart <= together ? 1 : (together / apart) ** (still.waiting.length - 1)
}

/** Less apart than a program needs for its answers tells no more. */
const LEAST_BURST_NS = 0.5e6
