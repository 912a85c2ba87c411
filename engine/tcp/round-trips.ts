import { outgrown } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, FLAG, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { SparseColumns } from '../columns/sparse-columns.ts'
import type { Packet } from '../decode/packet.ts'
import { LABEL } from './labels.ts'
import { after } from './sequence.ts'
import { VERDICT } from './verdicts.ts'

/**
 * Bits of the `roundTrip` column: what round trips a packet ends, from a segment of the other end to this point and back.
 *
 *     bits 0-1   by its ACK, from the segment that it acknowledges (column `acked`)
 *     bits 2-3   by its timestamp, from the first segment with the TSval that it is the first to echo (RoundTrips.echoed)
 *     bit  4     that segment had been sent again, which Karn's rule would leave out
 *     bit  5     that segment is the one that is acknowledged
 *     bit  6     it is the client that answered
 */
export const ROUND_TRIP = { ack: 3, echo: 12, echoShift: 2, resent: 16, same: 32, client: 64 } as const

const BY_ECHO = ROUND_TRIP.ack | ROUND_TRIP.echo

/** Whether the network alone took the time. */
export const ANSWERED = {
  none: 0,
  /** At once. */
  prompt: 1,
  /** The receiver waited: as delayed ACKs do, or for another segment. */
  late: 2,
  /** With data or FIN, for which it may have waited for its program. */
  withData: 3,
} as const

/** Why the packet's ACK ends no round trip of the network alone: `late` or `withData`; `none` without an ACK to trust. */
export function leftOut(chunk: PacketChunk, i: number): number {
  const answered = chunk.roundTrip[i] & ROUND_TRIP.ack
  return answered === ANSWERED.prompt ? ANSWERED.none : answered
}

/** Linux waits 40 ms at least before it sends a delayed ACK, less a timer tick of 4 ms; RFC 9293 section 3.8.6.3 allows half a second. */
const SHORTEST_DELAYED_ACK_NS = 36e6
const LONGEST_DELAYED_ACK_NS = 500e6
/** Segments below it are never full ones (RFC 9293 section 3.7.1). */
const DEFAULT_MSS = 536
/** A receiver that waited for another segment that much of the time did not answer at once. */
const WAITED = 0.1
/** TSvals that wait for their echo in one direction. A sender that nobody echoes must not fill the memory. */
const MOST_WAITING = 1024

// A direction's record: eight words, so that those of a conversation are one cache line.
const RECORD_WORDS = 8
/** As a double: the shortest round trip that the direction's packets have ended, 0 = none. */
const SHORTEST = 0
/** Its longest payload. */
const LONGEST = 2
/** Behind the highest byte that it has sent again; valid with BIT_RESENT. */
const RESENT_TO = 3
/** First and last of the TSvals whose echo is awaited, as nodes; 0 = none. */
const HEAD = 4
const TAIL = 5
/** Its newest TSval; valid with BIT_STAMPED. */
const NEWEST = 6
const STATE = 7
const BIT_SEEN = 1
/** It sent something again that was not acknowledged since. */
const BIT_RESENT = 2
const BIT_STAMPED = 4
const BIT_CLIENT = 8
/** It sends timestamps, so that it echoes those of the other end. */
const BIT_ECHOES = 16
/** From here on up: how many TSvals wait. */
const ONE_WAITING = 32

// A TSval that waits: the value, 1 + the row that had it first (negative if copies of the same bytes have it: its echo tells nothing), the next.
const NODE_WORDS = 3
const TSVAL = 0
const ROW = 1
const NEXT = 2

/**
 * Measures round trips while the capture is read, the only ones there are: every view takes them from the columns. What a packet is, is
 * told by what was seen before it, so that what is counted stays right while a capture grows.
 *
 * By ACKs as RFC 6298 section 3 wants it (Karn's rule): none of what was sent again, as nobody knows which copy was acknowledged, nor of
 * what is acknowledged together with it, as that waited behind the hole. By timestamps as RFC 7323 section 4 has them, where the echo
 * names the copy that was answered, unless two copies of the same bytes have the same TSval.
 */
export class RoundTrips {
  readonly #packets: PacketTable
  /** By row: the segment whose TSval it echoes, where that is not the one that it acknowledges. */
  readonly #echoes = new SparseColumns()
  #words = new Int32Array(RECORD_WORDS * 128)
  #doubles = new Float64Array(this.#words.buffer)
  #nodes = new Int32Array(NODE_WORDS * 256)
  /** The place of the first node is not used, so that 0 is none. */
  #end = NODE_WORDS
  #free = 0

  constructor(packets: PacketTable) {
    this.#packets = packets
  }

  /** Nanoseconds between this point and the conversation's end A (direction 0) or B, there and back, at least; undefined if nothing tells. */
  shortest(conversation: number, direction: number): number | undefined {
    const at = (conversation * 2 + direction) * RECORD_WORDS
    return this.#doubles[(at + SHORTEST) >> 1] || undefined
  }

  /**
   * The row of the segment from which the packet at place `i` ends a round trip that the network alone took; -1 = it ends none. What its
   * ACK tells comes first, as in Linux (tcp_ack_update_rtt), since boxes on the way may spoil timestamps; they tell what Karn's rule leaves
   * open.
   */
  start(chunk: PacketChunk, i: number): number {
    const bits = chunk.roundTrip[i]
    if ((bits & ROUND_TRIP.ack) === ANSWERED.prompt) return chunk.acked[i] - 1
    return (bits & BY_ECHO) === ANSWERED.prompt << ROUND_TRIP.echoShift ? this.echoed(chunk, i) : -1
  }

  /** Nanoseconds of that round trip; 0 = it ends none. */
  time(chunk: PacketChunk, i: number): number {
    const start = chunk.roundTrip[i] === 0 ? -1 : this.start(chunk, i)
    return start < 0 ? 0 : chunk.time[i] - this.#packets.time(start)
  }

  /** The row of the segment whose TSval the packet at place `i` is the first to echo (RFC 7323 section 3); -1 = there is none. */
  echoed(chunk: PacketChunk, i: number): number {
    const bits = chunk.roundTrip[i]
    if ((bits & ROUND_TRIP.echo) === 0) return -1
    return (bits & ROUND_TRIP.same) !== 0 ? chunk.acked[i] - 1 : this.#echoes.first(this.#echoes.find(chunk.first + i))
  }

  /**
   * Takes the TCP packet whose row is being written, after its labels; it travels in direction `d` (ConversationTable.find). Writes the
   * column roundTrip.
   */
  segment(
    packet: Packet,
    chunk: PacketChunk,
    index: number,
    row: number,
    time: number,
    d: number,
    verdict: number,
  ): void {
    const at = d * RECORD_WORDS
    const other = (d ^ 1) * RECORD_WORDS
    if ((at | RECORD_WORDS) >= this.#words.length) this.#grow(at | RECORD_WORDS)
    const words = this.#words
    const flags = packet.tcpFlags
    if (words[at + STATE] === 0) this.#begin(packet, at, other)
    if (!packet.hasPayloadLength || verdict === VERDICT.copy) return
    const length = packet.payloadLength
    if (length > words[at + LONGEST]) words[at + LONGEST] = length
    const isResent = (chunk.labels[index] & LABEL.retransmission) !== 0
    if ((isResent || verdict !== VERDICT.none) && verdict !== VERDICT.reordered) this.#sentAgain(packet, at)

    const acked = chunk.acked[index]
    let found = 0
    if (acked !== 0) found = this.#byAck(packet, acked - 1, time, at, other)
    if (packet.hasTimestamps && (flags & FLAG.rst) === 0) {
      const state = words[at + STATE]
      if ((state & BIT_ECHOES) === 0) words[at + STATE] |= BIT_ECHOES
      const waiting = words[other + HEAD]
      if (waiting !== 0 && ((this.#nodes[waiting + TSVAL] - packet.tsecr) | 0) <= 0 && (flags & FLAG.ack) !== 0) {
        found |= this.#byEcho(packet, acked, row, time, at, other)
      }
      // What takes up no sequence number is echoed whenever the other end speaks next.
      if (length > 0 || (flags & (FLAG.syn | FLAG.fin)) !== 0) {
        const since = (packet.tsval - words[at + NEWEST]) | 0
        if (since > 0 || (state & BIT_STAMPED) === 0) this.#await(packet.tsval, row, at, other)
        else if (since === 0 && isResent) this.#doubt(packet.tsval, at)
      }
    }
    if (found === 0) return
    chunk.roundTrip[index] = (words[at + STATE] & BIT_CLIENT) === 0 ? found : found | ROUND_TRIP.client
  }

  /** The first packet of a conversation tells who asks: its SYN, else the port, see clientIsB. */
  #begin({ tcpFlags, sourcePort, destinationPort }: Packet, at: number, other: number): void {
    const words = this.#words
    const isClient = (tcpFlags & FLAG.syn) !== 0 ? (tcpFlags & FLAG.ack) === 0 : sourcePort >= destinationPort
    words[at + STATE] = BIT_SEEN | (isClient ? BIT_CLIENT : 0)
    words[other + STATE] = BIT_SEEN | (isClient ? 0 : BIT_CLIENT)
  }

  #sentAgain({ seq, payloadLength, tcpFlags }: Packet, at: number): void {
    const words = this.#words
    const end = (seq + payloadLength + ((tcpFlags & (FLAG.syn | FLAG.fin)) === 0 ? 0 : 1)) | 0
    if ((words[at + STATE] & BIT_RESENT) !== 0 && !after(end, words[at + RESENT_TO])) return
    words[at + STATE] |= BIT_RESENT
    words[at + RESENT_TO] = end
  }

  #byAck(packet: Packet, segment: number, time: number, at: number, other: number): number {
    const words = this.#words
    if ((words[other + STATE] & BIT_RESENT) !== 0) {
      if (!after(words[other + RESENT_TO], packet.ack)) words[other + STATE] &= ~BIT_RESENT
      return 0
    }
    const sent = this.#packets.chunk(segment)
    const i = segment % CHUNK_ROWS
    const ns = time - sent.time[i]
    // A clock may have been set back.
    if (!(ns > 0)) return 0
    const shortest = this.#doubles[(at + SHORTEST) >> 1]
    if (shortest === 0 || ns < shortest) this.#doubles[(at + SHORTEST) >> 1] = ns
    else if (isDelay(ns - shortest) && this.#mayWait(sent, i, other)) return answered(packet, sent, i, ANSWERED.late)
    return answered(packet, sent, i, ANSWERED.prompt)
  }

  /** `acked` is 1 + the row that the packet acknowledges, or 0. */
  #byEcho(packet: Packet, acked: number, row: number, time: number, at: number, other: number): number {
    const segment = this.#answered(other, packet.tsecr)
    if (segment < 0) return 0
    const sent = this.#packets.chunk(segment)
    const i = segment % CHUNK_ROWS
    const ns = time - sent.time[i]
    if (!(ns > 0)) return 0
    const shortest = this.#doubles[(at + SHORTEST) >> 1]
    if (shortest === 0 || ns < shortest) this.#doubles[(at + SHORTEST) >> 1] = ns
    const isLate =
      (acked - 1 > segment && this.#packets.time(acked - 1) - sent.time[i] > WAITED * ns) ||
      (shortest !== 0 && isDelay(ns - shortest) && this.#mayWait(sent, i, other))
    const kind = answered(packet, sent, i, isLate ? ANSWERED.late : ANSWERED.prompt)
    if (segment + 1 !== acked) this.#echoes.add(row, segment, 0)
    const resent = (sent.labels[i] & LABEL.retransmission) === 0 ? 0 : ROUND_TRIP.resent
    return (kind << ROUND_TRIP.echoShift) | resent | (segment + 1 === acked ? ROUND_TRIP.same : 0)
  }

  /** What is not full may be followed by more: its ACK can wait. */
  #mayWait(sent: PacketChunk, i: number, other: number): boolean {
    const longest = this.#words[other + LONGEST]
    const length = sent.payloadLength[i]
    return length > 0 && length < (longest > DEFAULT_MSS ? longest : DEFAULT_MSS)
  }

  /** The row that had the echoed TSval first, which then is answered, as are all older ones; -1 if it waits for no echo. */
  #answered(from: number, tsecr: number): number {
    const words = this.#words
    const nodes = this.#nodes
    let node = words[from + HEAD]
    let row = 0
    while (node !== 0 && ((nodes[node + TSVAL] - tsecr) | 0) <= 0) {
      const next = nodes[node + NEXT]
      if (nodes[node + TSVAL] === tsecr) row = nodes[node + ROW]
      nodes[node + NEXT] = this.#free
      this.#free = node
      words[from + STATE] -= ONE_WAITING
      node = next
    }
    words[from + HEAD] = node
    return row > 0 ? row - 1 : -1
  }

  /** The row's TSval is to be echoed. Without a timestamp of the other end so far, one is enough to wait for. */
  #await(tsval: number, row: number, at: number, other: number): void {
    const words = this.#words
    const state = words[at + STATE] | BIT_STAMPED
    words[at + STATE] = state
    words[at + NEWEST] = tsval
    if (state >= ((words[other + STATE] & BIT_ECHOES) === 0 ? 1 : MOST_WAITING) * ONE_WAITING) return
    const node = this.#allocate()
    const nodes = this.#nodes
    nodes[node + TSVAL] = tsval
    nodes[node + ROW] = row + 1
    nodes[node + NEXT] = 0
    if (words[at + HEAD] === 0) words[at + HEAD] = node
    else nodes[words[at + TAIL] + NEXT] = node
    words[at + TAIL] = node
    words[at + STATE] = state + ONE_WAITING
  }

  /** Copies of the same bytes have the newest TSval: its echo will not tell them apart. */
  #doubt(tsval: number, at: number): void {
    const nodes = this.#nodes
    const tail = this.#words[at + TAIL]
    if (this.#words[at + HEAD] !== 0 && nodes[tail + TSVAL] === tsval) nodes[tail + ROW] = -Math.abs(nodes[tail + ROW])
  }

  #allocate(): number {
    const free = this.#free
    if (free !== 0) {
      this.#free = this.#nodes[free + NEXT]
      return free
    }
    if (this.#end === this.#nodes.length) this.#nodes = outgrown(this.#nodes)
    this.#end += NODE_WORDS
    return this.#end - NODE_WORDS
  }

  #grow(at: number): void {
    while (at >= this.#words.length) this.#words = outgrown(this.#words)
    this.#doubles = new Float64Array(this.#words.buffer)
  }
}

/** So much later than the network needs comes an ACK that was delayed. */
function isDelay(later: number): boolean {
  return later >= SHORTEST_DELAYED_ACK_NS && later <= LONGEST_DELAYED_ACK_NS
}

/** What the packet is as the answer to the segment at place `i` of `sent`: `kind`, if its kernel alone has given it. */
function answered({ payloadLength, tcpFlags }: Packet, sent: PacketChunk, i: number, kind: number): number {
  if (payloadLength !== 0 || (tcpFlags & FLAG.fin) !== 0) return ANSWERED.withData
  // Of resets only those that refuse a connection are the kernel's own.
  return (tcpFlags & FLAG.rst) !== 0 && (sent.flags[i] & FLAG.syn) === 0 ? ANSWERED.withData : kind
}
