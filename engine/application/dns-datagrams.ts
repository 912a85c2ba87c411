import type { Packet } from '../decode/packet.ts'
import { readDnsMessage } from './dns-message.ts'
import { DnsNames } from './dns-names.ts'
import { askText, DnsQueries } from './dns-queries.ts'
import { ExchangeRecorder } from './exchange-recorder.ts'
import type { ExchangeTable } from './exchange-table.ts'
import { MDNS_PORT } from './recognition.ts'

/** DNS over UDP: a message a datagram. */
export class DnsDatagrams {
  /** What the answers say. */
  readonly answered = new DnsNames()
  readonly #queries = new DnsQueries()
  readonly #dns: ExchangeRecorder
  readonly #mdns: ExchangeRecorder

  constructor(exchanges: ExchangeTable) {
    this.#dns = new ExchangeRecorder(exchanges, exchanges.protocolNumber('dns'))
    this.#mdns = new ExchangeRecorder(exchanges, exchanges.protocolNumber('mdns'))
  }

  /** `point`: the interface it was captured at. */
  datagram(packet: Packet, conversation: number, row: number, time: number, point: number): void {
    const { bytes, payloadAt, payloadLength, sourcePort, destinationPort } = packet
    const message = readDnsMessage(bytes, payloadAt, Math.min(packet.end, payloadAt + payloadLength))
    if (!message) return
    // Multicast DNS (RFC 6762): both ports are 5353, or the query of a simple resolver goes to the group.
    if (destinationPort === MDNS_PORT && (sourcePort === MDNS_PORT || isMulticast(packet))) {
      if (message.isResponse) return
      const sink = this.#mdns.of(conversation)
      const id = sink.begin(row)
      sink.ask(id, askText(message))
      // Who has nothing to say is silent, and who answers does so from elsewhere.
      sink.oneWay(id)
      return
    }
    const sink = this.#dns.of(conversation)
    if (message.isResponse) {
      this.answered.add(message, bytes, payloadAt, Math.min(packet.end, payloadAt + payloadLength))
      this.#queries.response(sink, conversation, message, row, time)
    } else this.#queries.query(sink, conversation, message, row, time, point)
  }
}

/** 224.0.0.0/4, ff00::/8 */
function isMulticast({ bytes, destinationAt }: Packet): boolean {
  const first = bytes[destinationAt]
  return first === 0xff || (first & 0xf0) === 0xe0
}
