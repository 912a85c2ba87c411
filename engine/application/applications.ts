import type { ConversationTable } from '../columns/conversation-table.ts'
import { grown } from '../columns/grown.ts'
import { CHUNK_ROWS, FLAG, type PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'
import type { TcpAnalysis } from '../tcp/analysis.ts'
import { DnsDatagrams } from './dns-datagrams.ts'
import { ExchangeRecorder } from './exchange-recorder.ts'
import { ExchangeTable } from './exchange-table.ts'
import { APPLICATION_PROTOCOLS, type ApplicationProtocol } from './protocols.ts'
import { RECOGNITION, SHORT_PAYLOAD } from './recognition.ts'
import type { Side } from './stream-decoder.ts'
import { TcpStream, WaitingBudget } from './tcp-stream.ts'

const { syn: SYN, fin: FIN, rst: RST, ack: ACK } = FLAG

/** In place of a stream: the conversation is not decoded any more. */
const OVER = -1
/** Connections of which the beginning is kept. */
const MOST_BEGINNINGS = 4096
/** Connections followed at a time. */
const MOST_STREAMS = 65_536

/**
 * Finds requests and responses while the capture is read. The kernel tells it of payloads that may be a known protocol's, the first of either
 * direction only; of a connection that is followed, whatever has payload or ends it.
 */
export class Applications {
  readonly exchanges = new ExchangeTable()
  readonly #packets: PacketTable
  readonly #conversations: ConversationTable
  readonly #tcp: TcpAnalysis
  readonly #budget = new WaitingBudget()
  readonly #dns = new DnsDatagrams(this.exchanges)
  /** By conversation: 1 + its place in `#streams`; 0 = it was not recognised; OVER. */
  #streamOf = new Int32Array(64)
  readonly #streams: (TcpStream | undefined)[] = []
  readonly #free: number[] = []
  /** By conversation * 2 + direction: first bytes that were too few to tell. */
  readonly #beginnings = new Map<number, Beginning>()
  /** The next stream to be given up when there are too many. */
  #hand = 0
  /** By conversation: the row from which it is not decoded any more, where that is before its end. */
  readonly #decodedUntil = new Map<number, number>()
  /** By conversation: 1 if it was recognised. */
  #recognised = new Uint8Array(64)

  constructor(packets: PacketTable, conversations: ConversationTable, tcp: TcpAnalysis) {
    this.#packets = packets
    this.#conversations = conversations
    this.#tcp = tcp
  }

  /** Names by address, from DNS answers. */
  get names(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#dns.answered.names
  }

  /** The first row of the conversation that no decoder understood: 0 if none ever did, Infinity if one still does or did to its end. */
  undecodedFrom(conversation: number): number {
    if (conversation >= this.#recognised.length || this.#recognised[conversation] === 0) return 0
    return this.#decodedUntil.get(conversation) ?? Infinity
  }

  /** A segment with payload, FIN or RST. `found` is conversation * 2 + direction. What is known of the connection then: see RECOGNITION. */
  segment(packet: Packet, row: number, time: number, found: number): number {
    const conversation = found >>> 1
    while (conversation >= this.#streamOf.length) {
      this.#streamOf = grown(this.#streamOf)
      this.#recognised = grown(this.#recognised)
    }
    const place = this.#streamOf[conversation]
    if (place === OVER) return RECOGNITION.over
    const stream = place > 0 ? this.#streams[place - 1] : this.#recognise(packet, row, time, found)
    if (!stream) return this.#beginnings.has(found) ? RECOGNITION.begun : RECOGNITION.unknown
    this.#feed(stream, packet, row, time, found & 1)
    if (!stream.over) return RECOGNITION.followed
    this.#drop(stream, row)
    return RECOGNITION.over
  }

  /** A datagram of DNS, by its ports. */
  datagram(packet: Packet, row: number, time: number, found: number): void {
    const point = this.#packets.chunk(row).interface[row % CHUNK_ROWS]
    this.#dns.datagram(packet, found >>> 1, row, time, point)
  }

  /** The capture ends here: what waits for missing bytes waits in vain. */
  finish(): void {
    const row = this.#packets.rows - 1
    if (row < 0) return
    const time = this.#packets.time(row)
    for (const stream of this.#streams) {
      stream?.flush(0, row, time)
      stream?.flush(1, row, time)
    }
  }

  #feed(stream: TcpStream, packet: Packet, row: number, time: number, direction: number): void {
    const { bytes, payloadAt, payloadLength, tcpFlags } = packet
    if ((tcpFlags & RST) !== 0) {
      // What a RST carries is a reason in words at best (RFC 9293 section 3.5.3).
      stream.end(true, row, time)
      return
    }
    if ((tcpFlags & ACK) !== 0) stream.acknowledged(direction ^ 1, packet.ack, row, time)
    const seq = (packet.seq + ((tcpFlags & SYN) !== 0 ? 1 : 0)) | 0
    if (payloadLength > 0) {
      const to = Math.max(payloadAt, Math.min(packet.end, payloadAt + payloadLength))
      stream.payload(direction, seq, payloadLength, bytes, payloadAt, to, row, time)
    }
    if ((tcpFlags & FIN) !== 0) stream.fin(direction, (seq + payloadLength) | 0, row, time)
    else stream.checkEnd(row, time)
  }

  /** Asks the protocols whether the payload, of which something was captured, is one of theirs. */
  #recognise(packet: Packet, row: number, time: number, found: number): TcpStream | undefined {
    const end = Math.min(packet.end, packet.payloadAt + packet.payloadLength)
    const conversation = found >>> 1
    const direction = found & 1
    const beginning = this.#beginnings.size === 0 ? undefined : this.#beginnings.get(found)
    if (beginning) this.#beginnings.delete(found)
    const before =
      beginning && ((beginning.seq + beginning.bytes.length - packet.seq) | 0) === 0 ? beginning : undefined
    const bytes = before ? joined(before.bytes, packet.bytes.subarray(packet.payloadAt, end)) : packet.bytes
    const from = before ? 0 : packet.payloadAt
    const to = before ? bytes.length : end
    const client = this.#clientDirection(conversation)
    const { sourcePort, destinationPort } = packet
    const first = {
      bytes,
      from,
      to,
      side: client === undefined ? undefined : sideOf(direction, client),
      serverPort:
        client === undefined
          ? Math.min(sourcePort, destinationPort)
          : client === direction
            ? destinationPort
            : sourcePort,
    }
    for (const protocol of APPLICATION_PROTOCOLS) {
      const side = protocol.recognise(first)
      if (side === undefined) continue
      const clientDirection = side === 'client' ? direction : direction ^ 1
      return this.#follow(protocol, packet, row, time, found, clientDirection, client !== undefined, before)
    }
    const mayGrow = to - from < SHORT_PAYLOAD && beginning === before
    if (mayGrow) {
      if (this.#beginnings.size >= MOST_BEGINNINGS) {
        // Most likely of a connection that said no more.
        const [oldest] = this.#beginnings.keys()
        this.#beginnings.delete(oldest)
      }
      const { seq, row: firstRow, time: firstTime } = before ?? { seq: packet.seq, row, time }
      this.#beginnings.set(found, { seq, bytes: bytes.slice(from, to), row: firstRow, time: firstTime })
    }
    return undefined
  }

  #follow(
    protocol: ApplicationProtocol,
    packet: Packet,
    row: number,
    time: number,
    found: number,
    clientDirection: number,
    fromItsBeginning: boolean,
    before: Beginning | undefined,
  ): TcpStream {
    const conversation = found >>> 1
    const direction = found & 1
    const number = this.exchanges.protocolNumber(protocol.name)
    const recorder = new ExchangeRecorder(this.exchanges, number, conversation)
    const stream = new TcpStream(conversation, protocol.decoder(recorder), clientDirection, this.#budget)
    this.#keep(stream)
    const base = this.#tcp.baseSeq(conversation, direction)
    const first = before?.seq ?? packet.seq
    const missing = fromItsBeginning && base !== undefined ? (first - base - 1) | 0 : NaN
    stream.start(direction, first, missing < 0 ? 0 : missing, row, time)
    if (before) {
      const { bytes } = before
      stream.payload(direction, before.seq, bytes.length, bytes, 0, bytes.length, before.row, before.time)
    }
    const other = this.#tcp.baseSeq(conversation, direction ^ 1)
    if (other !== undefined && fromItsBeginning) stream.start(direction ^ 1, other + 1, 0, row, time)
    else if ((packet.tcpFlags & ACK) !== 0) stream.start(direction ^ 1, packet.ack, NaN, row, time)
    return stream
  }

  /** The direction that opened the connection; undefined if its handshake was not captured. */
  #clientDirection(conversation: number): number | undefined {
    const first = this.#conversations.firstRow(conversation)
    const flags = this.#packets.chunk(first).flags[first & 0xffff]
    // End A is the one that sent the first packet.
    if ((flags & SYN) === 0) return undefined
    return (flags & ACK) === 0 ? 0 : 1
  }

  #keep(stream: TcpStream): void {
    let place = this.#free.pop()
    if (place === undefined) {
      if (this.#streams.length < MOST_STREAMS) place = this.#streams.push(undefined) - 1
      else {
        place = this.#hand
        this.#hand = (this.#hand + 1) % MOST_STREAMS
        const idle = this.#streams[place]
        if (idle) this.#giveUp(idle)
      }
    }
    this.#streams[place] = stream
    this.#streamOf[stream.conversation] = place + 1
    this.#recognised[stream.conversation] = 1
  }

  #drop(stream: TcpStream, row: number): void {
    const place = this.#streamOf[stream.conversation] - 1
    this.#streams[place] = undefined
    this.#free.push(place)
    this.#streamOf[stream.conversation] = OVER
    if (!stream.ended) this.#decodedUntil.set(stream.conversation, row + 1)
    stream.release()
  }

  #giveUp(stream: TcpStream): void {
    this.#streamOf[stream.conversation] = OVER
    this.exchanges.stopWatching(stream.conversation, this.#packets.rows - 1)
    stream.release()
  }
}

/** A direction's first bytes, not recognised yet. */
interface Beginning {
  readonly seq: number
  readonly bytes: Uint8Array
  readonly row: number
  readonly time: number
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

const sideOf = (direction: number, clientDirection: number): Side =>
  direction === clientDirection ? 'client' : 'server'
