import { CHUNK_ROWS, FLAG, type PacketTable } from '../columns/packet-table.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import { grown } from '../columns/grown.ts'
import { LABEL } from '../tcp/labels.ts'
import { EXCHANGE, type ExchangeTable } from './exchange-table.ts'

/** What brings no new bytes of the stream. */
const REPEATS = LABEL.retransmission | LABEL.keep_alive | LABEL.zero_window_probe
const NOBODY = 0
const CLIENT = 1
const SERVER = 2

interface Sources {
  readonly packets: PacketTable
  readonly conversations: ConversationTable
  /** The first row of a conversation that no decoder understood. */
  undecodedFrom(conversation: number): number
}

/**
 * Guesses exchanges where no decoder can: what the client sends until the server speaks is a request, and what the server sends until
 * the client speaks again is its response. Wrong for pipelining and for servers that speak unasked, hence marked approximate.
 * Made from columns when asked, over the packets that came since.
 */
export class TurnTaking {
  readonly #sources: Sources
  readonly #exchanges: ExchangeTable
  #rows = 0
  /** By conversation: who spoke last, and the exchange that is under way. */
  #speaker = new Uint8Array(64)
  #exchange = new Int32Array(64)

  constructor(sources: Sources, exchanges: ExchangeTable) {
    this.#sources = sources
    this.#exchanges = exchanges
  }

  advance(): void {
    const { packets } = this.#sources
    const { chunks, rows } = packets
    while (this.#rows < rows) {
      const first = this.#rows - (this.#rows % CHUNK_ROWS)
      const chunk = chunks[first / CHUNK_ROWS]
      const end = Math.min(rows, first + CHUNK_ROWS)
      for (let row = this.#rows; row < end; row++) {
        const i = row - first
        if (chunk.payloadLength[i] === 0) continue
        if ((chunk.flags[i] & (FLAG.tcp | FLAG.rst)) !== FLAG.tcp || (chunk.labels[i] & REPEATS) !== 0) continue
        this.#payload(chunk.conversation[i], (chunk.flags[i] & FLAG.reverse) !== 0, row)
      }
      this.#rows = end
    }
  }

  #payload(conversation: number, fromB: boolean, row: number): void {
    if (this.#sources.undecodedFrom(conversation) > row) return
    while (conversation >= this.#speaker.length) {
      this.#speaker = grown(this.#speaker)
      this.#exchange = grown(this.#exchange)
    }
    const exchanges = this.#exchanges
    const speaker = this.#speaker[conversation]
    const id = this.#exchange[conversation]
    if (fromB === clientIsB(this.#sources, conversation)) {
      if (speaker === CLIENT) exchanges.requestEnd(id, row)
      else {
        const protocol = exchanges.protocolNumber('tcp')
        this.#exchange[conversation] = exchanges.begin(conversation, protocol, row, EXCHANGE.approximate)
        this.#speaker[conversation] = CLIENT
      }
    } else if (speaker === CLIENT) {
      exchanges.responseBegin(id, row)
      this.#speaker[conversation] = SERVER
    } else if (speaker !== NOBODY) exchanges.responseEnd(id, row)
  }
}

/** Whether the end that asks is B: by the SYN, else by the higher port. */
export function clientIsB({ packets, conversations }: Pick<Sources, 'packets' | 'conversations'>, id: number): boolean {
  const first = conversations.firstRow(id)
  const flags = packets.chunk(first).flags[first % CHUNK_ROWS]
  // End A is the one that sent the first packet.
  if ((flags & FLAG.syn) !== 0) return (flags & FLAG.ack) !== 0
  return conversations.portA[id] < conversations.portB[id]
}
