import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
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
  const found: SecondAnswer[] = []
  for (const other of context.troubled()) {
    const answer = answerOf(context, other)
    if (answer) found.push(answer)
  }
  return found
}

function answerOf(context: FindingContext, other: number): SecondAnswer | undefined {
  const { conversations, packets } = context.tables
  const second = conversations.firstRow(other)
  const flags = FLAG.syn | FLAG.ack | FLAG.rst
  if ((packets.chunk(second).flags[second % CHUNK_ROWS] & flags) !== (FLAG.syn | FLAG.ack)) return undefined
  const id = before(context, other)
  if (id === undefined || !context.isOpen(id)) return undefined
  const segments = context.segments(id)
  const handshake = handshakeOf(segments)
  if (handshake?.syns.length !== 1 || handshake.synAcks.length === 0) return undefined
  const syn = segments.row(handshake.syns[0])
  const first = segments.row(handshake.synAcks[0])
  const chunk = packets.chunk(second)
  if (chunk.ack[second % CHUNK_ROWS] !== segments.end(handshake.syns[0])) return undefined
  const wasReset = [segments, context.segments(other)].some((each) => each.find((i) => each.isReset(i)) >= 0)
  return { id, other, syn, first, second, wasReset }
}

/** The conversation before with the same ends, if it began just now. It began with a packet of the other end. */
function before(context: FindingContext, id: number): number | undefined {
  const { conversations } = context.tables
  const { addressA, addressB, portA, portB, transport } = conversations
  const time = context.time(conversations.firstRow(id))
  for (let n = id - 1; n >= 0; n--) {
    if (time - context.time(conversations.firstRow(n)) > TOGETHER_NS) return undefined
    if (transport[n] !== transport[id] || portA[n] !== portB[id] || portB[n] !== portA[id]) continue
    if (addressA[n] === addressB[id] && addressB[n] === addressA[id]) return n
  }
  return undefined
}
