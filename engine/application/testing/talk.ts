import { Applications } from '../applications.ts'
import { Ingest } from '../../ingest.ts'
import { ethernet, ipv4, tcp, text, udp } from '../../query/testing/frames.ts'
import type { ExchangeTable } from '../exchange-table.ts'

const CLIENT = '10.0.0.1'
const SERVER = '10.0.0.2'
const [FIN, SYN, RST, ACK] = [1, 2, 4, 0x10]

export interface Segment {
  /** Bytes of the stream before this segment's first; without, it follows what the side sent last. */
  readonly at?: number
  /** Sent, and not captured. */
  readonly lost?: boolean
  /** Bytes that the snap length cut off. */
  readonly cut?: number
  /** Milliseconds since the packet before it; 1 without. */
  readonly ms?: number
  /** Bytes of the other side's stream that are acknowledged; all that was sent without. */
  readonly ack?: number
  readonly flags?: number
}

/** A TCP connection of 10.0.0.1:40000 with 10.0.0.2 by its payload, and DNS between the same two; packets are 1 ms apart. */
export class Talk {
  readonly ingest = new Ingest(() => 1)
  readonly applications = new Applications(this.ingest.packets, this.ingest.conversations, this.ingest.tcp)
  readonly #ports: readonly [number, number]
  /** The ISN is 1,000 and 5,000 unless numbers are to wrap. */
  #isn: readonly [number, number]
  #sent = [0, 0]
  #time = 0

  constructor(port = 80, isn: readonly [number, number] = [1000, 5000], clientPort = 40_000) {
    this.ingest.follow(this.applications)
    this.#ports = [clientPort, port]
    this.#isn = isn
  }

  get exchanges(): ExchangeTable {
    return this.applications.exchanges
  }

  /** Another connection with the same ports. */
  again(isn: readonly [number, number]): this {
    this.#isn = isn
    this.#sent = [0, 0]
    return this.handshake()
  }

  handshake(): this {
    this.#segment(0, '', { at: -1, flags: SYN, ms: 0 })
    this.#segment(1, '', { at: -1, flags: SYN | ACK })
    return this.client('')
  }

  client(payload: string | Uint8Array, segment: Segment = {}): this {
    return this.#segment(0, payload, segment)
  }

  server(payload: string | Uint8Array, segment: Segment = {}): this {
    return this.#segment(1, payload, segment)
  }

  close(): this {
    return this.client('', { flags: FIN | ACK }).server('', { flags: FIN | ACK })
  }

  reset(): this {
    return this.server('', { flags: RST | ACK })
  }

  /** A datagram from a port of the client's to port 53, or back, as the interface saw it. */
  dns(
    fromClient: boolean,
    payload: Uint8Array,
    ms = 1,
    ports: readonly [number, number] = [50_000, 53],
    interfaceId = 0,
  ): this {
    const [source, destination] = fromClient ? ports : [ports[1], ports[0]]
    return this.#frame(fromClient, 17, udp(source, destination, payload), 0, ms, interfaceId)
  }

  finish(): this {
    this.applications.finish()
    return this
  }

  /** "http GET /a -> 200 [4, 5]": frames of the request's beginning and the response's end. */
  told(): readonly string[] {
    const { exchanges } = this
    return Array.from({ length: exchanges.count }, (_, id) => {
      const answer = exchanges.responseRow[id] === 0 ? '?' : exchanges.answer(id)
      const last = exchanges.responseEndRow[id] || exchanges.requestEndRow[id] + 1
      const protocol = exchanges.protocolNames[exchanges.protocol[id]]
      return `${protocol} ${exchanges.ask(id)} -> ${answer} [${exchanges.requestRow[id] + 1}, ${last}]`
    })
  }

  #segment(side: 0 | 1, payload: string | Uint8Array, segment: Segment): this {
    const body = typeof payload === 'string' ? text(payload) : payload
    const { at = this.#sent[side], lost = false, cut = 0, ms = 1, flags = ACK } = segment
    this.#sent[side] = Math.max(this.#sent[side], at + body.length)
    if (lost) return this
    const ack = (flags & ACK) === 0 ? 0 : this.#isn[1 - side] + 1 + (segment.ack ?? this.#sent[1 - side])
    const [source, destination] = side === 0 ? this.#ports : [this.#ports[1], this.#ports[0]]
    const seq = (this.#isn[side] + 1 + at) >>> 0
    return this.#frame(side === 0, 6, tcp({ source, destination, seq, ack: ack >>> 0, flags }, body), cut, ms)
  }

  #frame(fromClient: boolean, protocol: number, payload: Uint8Array, cut: number, ms: number, interfaceId = 0): this {
    const [source, destination] = fromClient ? [CLIENT, SERVER] : [SERVER, CLIENT]
    const frame = ethernet(0x0800, ipv4({ source, destination, protocol }, payload))
    this.#time += ms * 1e6
    this.ingest.frame(frame, 0, frame.length - cut, frame.length, this.#time, 0, interfaceId)
    // Where it lay others follow: nothing may be kept of it.
    frame.fill(0xa5)
    return this
  }
}
