import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { addressKey } from '../query/conversation-names.ts'
import type { FindingContext } from './context.ts'
import { handshakeOf } from './handshake.ts'

/** A connection whose SYN was answered twice, with two initial sequence numbers. */
export interface SecondAnswer {
  readonly id: number
  /** The conversation that begins with the second answer. */
  readonly other: number
  /** Rows. */
  readonly syn: number
  readonly first: number
  readonly second: number
  readonly wasReset: boolean
}

/** So long after the first the second may come: a SYN is sent again after 1 s (RFC 6298 section 2), and may have been lost before it came here. */
const TOGETHER_NS = 0.9e9

/** All of them; an initial sequence number that is new begins a conversation of its own. */
export function secondAnswers(context: FindingContext): SecondAnswer[] {
  const candidates = context.troubled().filter((id) => isBegunByAnswer(context, id))
  return Array.from(begunBefore(context, candidates), ([other, id]) => answerOf(context, id, other)).filter(
    (found) => found !== undefined,
  )
}

function answerOf(context: FindingContext, id: number, other: number): SecondAnswer | undefined {
  const { conversations, packets } = context.tables
  if (!context.isOpen(id)) return undefined
  const segments = context.segments(id)
  const handshake = handshakeOf(segments)
  if (handshake?.syns.length !== 1 || handshake.synAcks.length === 0) return undefined
  const syn = segments.row(handshake.syns[0])
  const first = segments.row(handshake.synAcks[0])
  const second = conversations.firstRow(other)
  if (packets.chunk(second).ack[second % CHUNK_ROWS] !== segments.end(handshake.syns[0])) return undefined
  const wasReset = [segments, context.segments(other)].some((each) => each.find((i) => each.isReset(i)) >= 0)
  return { id, other, syn, first, second, wasReset }
}

function isBegunByAnswer({ tables: { conversations, packets } }: FindingContext, id: number): boolean {
  const row = conversations.firstRow(id)
  const flags = packets.chunk(row).flags[row % CHUNK_ROWS]
  return (flags & (FLAG.syn | FLAG.ack | FLAG.rst)) === (FLAG.syn | FLAG.ack)
}

/** By candidate, the conversation of the same ends that the other of them began just before. */
function begunBefore(context: FindingContext, candidates: readonly number[]): Map<number, number> {
  const { conversations } = context.tables
  const { portA, portB, transport } = conversations
  const keyOf = (id: number, fromB: boolean) => {
    const ports = fromB ? [portB[id], portA[id]] : [portA[id], portB[id]]
    return [addressKey(conversations, id, fromB), addressKey(conversations, id, !fromB), ...ports].join()
  }
  const sought = new Map(candidates.map((id) => [id, keyOf(id, true)]))
  const keys = new Set(sought.values())
  const latest = new Map<string, number>()
  const found = new Map<number, number>()
  for (let id = 0; keys.size > 0 && id < conversations.count; id++) {
    if (transport[id] !== TRANSPORT.tcp) continue
    const key = keyOf(id, false)
    if (keys.has(key)) latest.set(key, id)
    const before = latest.get(sought.get(id) ?? '')
    if (before === undefined) continue
    const waited = context.time(conversations.firstRow(id)) - context.time(conversations.firstRow(before))
    if (waited <= TOGETHER_NS) found.set(id, before)
  }
  return found
}
