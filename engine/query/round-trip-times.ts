import type { ConversationTable } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, NO_CONVERSATION, type PacketTable } from '../columns/packet-table.ts'

/** The ACK round-trip times of some conversations, sorted: any quantile of each, exactly. Two passes over their packets. */
export class RoundTripTimes {
  readonly #times: Float64Array
  /** Where each conversation's times begin and end; indexed by conversation. */
  readonly #begin: Uint32Array
  readonly #end: Uint32Array

  constructor(packets: PacketTable, conversations: ConversationTable, ids: Uint32Array) {
    const wanted = new Uint8Array(conversations.count)
    let first = packets.rows
    let last = -1
    for (const id of ids) {
      wanted[id] = 1
      first = Math.min(first, conversations.firstRow[id])
      last = Math.max(last, conversations.lastRow[id])
    }
    this.#begin = new Uint32Array(conversations.count)
    this.#end = new Uint32Array(conversations.count)
    let total = 0
    eachSample(packets, wanted, first, last, (id) => {
      this.#end[id]++
      total++
    })
    let at = 0
    for (const id of ids) {
      this.#begin[id] = at
      at += this.#end[id]
      this.#end[id] = this.#begin[id]
    }
    this.#times = new Float64Array(total)
    eachSample(packets, wanted, first, last, (id, rtt) => {
      this.#times[this.#end[id]++] = rtt
    })
    for (const id of ids) this.#times.subarray(this.#begin[id], this.#end[id]).sort()
  }

  /** The smallest time that at least the share `q` does not exceed, in nanoseconds; NaN without samples. */
  quantile(id: number, q: number): number {
    const count = this.#end[id] - this.#begin[id]
    if (count === 0) return NaN
    return this.#times[this.#begin[id] + Math.min(count - 1, Math.max(0, Math.ceil(q * count) - 1))]
  }
}

function eachSample(
  packets: PacketTable,
  wanted: Uint8Array,
  first: number,
  last: number,
  take: (id: number, rtt: number) => void,
): void {
  for (let row = first; row <= last; row++) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    const acked = chunk.acked[i]
    if (acked === 0) continue
    const id = chunk.conversation[i]
    if (id === NO_CONVERSATION || wanted[id] === 0) continue
    const rtt = chunk.time[i] - packets.time(acked - 1)
    if (rtt > 0) take(id, rtt)
  }
}
