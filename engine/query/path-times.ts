import { type ConversationTable, grown } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, FLAG, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { LABEL } from '../tcp/labels.ts'
import { VERDICT } from '../tcp/verdicts.ts'

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
  /** Sequence number behind the highest byte that the direction has sent again, until that is acknowledged; where `#resent`. */
  #resentTo = new Int32Array(128)
  #resent = new Uint8Array(128)
  /** By chunk: a bit for each row that ends no round trip that can be trusted; none where there is no such row. */
  readonly #doubtful: (Uint8Array | undefined)[] = []

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
      this.#resentTo = grown(this.#resentTo)
      this.#resent = grown(this.#resent)
    }
    while (this.#rows < rows) {
      const first = this.#rows - (this.#rows % CHUNK_ROWS)
      const end = Math.min(rows, first + CHUNK_ROWS)
      this.#take(first / CHUNK_ROWS, chunks[first / CHUNK_ROWS], this.#rows - first, end - first)
      this.#rows = end
    }
  }

  /** Nanoseconds between this point and the conversation's end A (direction 0) or B, there and back; undefined if nothing tells. */
  half(conversation: number, direction: number): number | undefined {
    return this.#shortest[conversation * 2 + direction] || undefined
  }

  /**
   * The round trip that the packet ends; 0 if it ends none that can be trusted. What was sent again does not tell which copy was
   * answered (Karn's rule, RFC 6298 section 3), and what is acknowledged together with it has waited behind the hole.
   */
  roundTrip(row: number): number {
    const i = row % CHUNK_ROWS
    const doubtful = this.#doubtful[(row - i) / CHUNK_ROWS]
    return doubtful && (doubtful[i >>> 3] & (1 << (i & 7))) !== 0 ? 0 : this.#time(this.#packets.chunk(row), i)
  }

  #time(chunk: PacketChunk, i: number): number {
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

  #take(number: number, chunk: PacketChunk, from: number, to: number): void {
    const { acked, payloadLength, flags, conversation, verdict, labels } = chunk
    for (let i = from; i < to; i++) {
      if ((flags[i] & FLAG.tcp) === 0) continue
      const place = conversation[i] * 2 + ((flags[i] & FLAG.reverse) !== 0 ? 1 : 0)
      if (payloadLength[i] > this.#longest[place]) this.#longest[place] = payloadLength[i]
      if (verdict[i] !== VERDICT.none || (labels[i] & LABEL.retransmission) !== 0) this.#sentAgain(chunk, i, place)
      if (acked[i] === 0) continue
      if (this.#resent[place ^ 1] !== 0) {
        if (((chunk.ack[i] - this.#resentTo[place ^ 1]) | 0) >= 0) this.#resent[place ^ 1] = 0
        const doubtful = (this.#doubtful[number] ??= new Uint8Array(CHUNK_ROWS >>> 3))
        doubtful[i >>> 3] |= 1 << (i & 7)
        continue
      }
      const time = this.#time(chunk, i)
      if (time > 0 && (this.#shortest[place] === 0 || time < this.#shortest[place])) this.#shortest[place] = time
    }
  }

  #sentAgain(chunk: PacketChunk, i: number, place: number): void {
    const verdict = chunk.verdict[i]
    // The same packet captured twice, or late, was sent once.
    if (verdict === VERDICT.copy || verdict === VERDICT.reordered) return
    const end = endOf(chunk, i)
    if (this.#resent[place] !== 0 && ((end - this.#resentTo[place]) | 0) <= 0) return
    this.#resent[place] = 1
    this.#resentTo[place] = end
  }
}

/** Sequence number behind the segment. */
function endOf(chunk: PacketChunk, i: number): number {
  const flags = chunk.flags[i]
  return (
    (chunk.seq[i] + chunk.payloadLength[i] + ((flags & FLAG.syn) === 0 ? 0 : 1) + ((flags & FLAG.fin) === 0 ? 0 : 1)) |
    0
  )
}
