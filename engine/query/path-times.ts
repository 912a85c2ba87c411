import { type ConversationTable, grown } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, FLAG, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { LABEL } from '../tcp/labels.ts'

/** Linux waits 40 ms at least before it sends a delayed ACK, less a timer tick of 4 ms; RFC 9293 section 3.8.6.3 allows half a second. */
export const SHORTEST_DELAYED_ACK_NS = 36e6
export const LONGEST_DELAYED_ACK_NS = 500e6
/** Segments below it are never full ones (RFC 9293 section 3.7.1). */
export const DEFAULT_MSS = 536

/**
 * What a TCP packet tells of the round trip between this point and its sender: how long after a segment had passed its ACK came back.
 * By direction of a conversation, the shortest: the bare network, as far as packets show it.
 */
export class PathTimes {
  readonly #packets: PacketTable
  readonly #conversations: ConversationTable
  #rows = 0
  /** By conversation * 2 + direction of the ACK; 0 = no sample. */
  #shortest = new Float64Array(128)
  /** Longest payload of the direction. */
  #longest = new Uint32Array(128)

  constructor(packets: PacketTable, conversations: ConversationTable) {
    this.#packets = packets
    this.#conversations = conversations
  }

  /** Takes in the packets that came since. */
  advance(): void {
    const { chunks, rows } = this.#packets
    while (this.#shortest.length < this.#conversations.count * 2) {
      this.#shortest = grown(this.#shortest)
      this.#longest = grown(this.#longest)
    }
    while (this.#rows < rows) {
      const first = this.#rows - (this.#rows % CHUNK_ROWS)
      const end = Math.min(rows, first + CHUNK_ROWS)
      this.#take(chunks[first / CHUNK_ROWS], this.#rows - first, end - first)
      this.#rows = end
    }
  }

  /** Nanoseconds between this point and the conversation's end A (direction 0) or B, there and back; undefined if nothing tells. */
  half(conversation: number, direction: number): number | undefined {
    return this.#shortest[conversation * 2 + direction] || undefined
  }

  /**
   * The round trip that the packet at place `i` of the chunk ends; 0 if it ends none that can be trusted. What was sent again does
   * not tell which copy was answered (Karn's rule, RFC 6298 section 3).
   */
  roundTrip(chunk: PacketChunk, i: number): number {
    const acked = chunk.acked[i]
    if (acked === 0) return 0
    const sent = this.#packets.chunk(acked - 1)
    const j = (acked - 1) % CHUNK_ROWS
    if ((sent.labels[j] & LABEL.retransmission) !== 0) return 0
    const time = chunk.time[i] - sent.time[j]
    return time > 0 ? time : 0
  }

  /**
   * Whether the receiver most likely sat on this ACK: it carries nothing, what it acknowledges was no full segment, and it came later
   * than the network needs by at least what delayed ACKs wait.
   */
  isDelayedAck(chunk: PacketChunk, i: number, roundTrip: number): boolean {
    const direction = (chunk.flags[i] & FLAG.reverse) !== 0 ? 1 : 0
    const place = chunk.conversation[i] * 2 + direction
    const later = roundTrip - this.#shortest[place]
    if (later < SHORTEST_DELAYED_ACK_NS || later > LONGEST_DELAYED_ACK_NS || chunk.payloadLength[i] !== 0) return false
    const acked = chunk.acked[i] - 1
    const sent = this.#packets.chunk(acked).payloadLength[acked % CHUNK_ROWS]
    return sent > 0 && sent < Math.max(DEFAULT_MSS, this.#longest[place ^ 1])
  }

  #take(chunk: PacketChunk, from: number, to: number): void {
    const { acked, payloadLength, flags, conversation } = chunk
    for (let i = from; i < to; i++) {
      if ((flags[i] & FLAG.tcp) === 0) continue
      const place = conversation[i] * 2 + ((flags[i] & FLAG.reverse) !== 0 ? 1 : 0)
      if (payloadLength[i] > this.#longest[place]) this.#longest[place] = payloadLength[i]
      if (acked[i] === 0) continue
      const time = this.roundTrip(chunk, i)
      if (time > 0 && (this.#shortest[place] === 0 || time < this.#shortest[place])) this.#shortest[place] = time
    }
  }
}
