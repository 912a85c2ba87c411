import type { Unread } from '../common/model/capture.ts'
import type { FrameSink } from './capture-file/capture-reader.ts'
import type { Applications } from './application/applications.ts'
import { ConversationTable } from './columns/conversation-table.ts'
import { FLAG, NO_CONVERSATION, PacketTable } from './columns/packet-table.ts'
import { StackTable } from './columns/stack-table.ts'
import { decodeFrame } from './decode/decode.ts'
import { Packet, TRANSPORT } from './decode/packet.ts'
import { type Limits, MOST } from './limits.ts'
import { TcpAnalysis } from './tcp/analysis.ts'
import { Judge } from './tcp/judge.ts'
import { RoundTrips } from './tcp/round-trips.ts'
import { Verdicts } from './tcp/verdicts.ts'

/** The interface number of rows that hold no packet (pcapng custom blocks, which Wireshark numbers as frames). */
export const NO_INTERFACE = 0xffff

const ENDS = FLAG.fin | FLAG.rst

const WIRE_BYTES = 0
const FIRST_TIME = 1
const LAST_TIME = 2

/**
 * Takes frames from a capture reader and makes each a row: decode, find its conversation, analyse it, write the columns.
 * Nothing is allocated per packet. The tables may be read between any two frames.
 */
export class Ingest implements FrameSink {
  readonly packets = new PacketTable()
  readonly conversations = new ConversationTable()
  readonly stacks = new StackTable()
  readonly tcp: TcpAnalysis
  readonly verdicts = new Verdicts()
  readonly roundTrips: RoundTrips
  cutPackets = 0
  unread: Unread | undefined
  #judge: Judge
  /** As doubles from the start: fields that begin as small integers make V8 throw its code away once they have grown out of that. */
  readonly #totals = new Float64Array(3)
  readonly #linkType: (interfaceId: number) => number
  readonly #packet = new Packet()
  readonly #mostPackets: number
  readonly #mostConversations: number
  readonly #measuresRoundTrips: boolean
  #applications: Applications | undefined
  /** Of the packet before: mostly it is the same. */
  #interfaceId = -1
  #interfaceLinkType = 0

  /** `epoch` gives the nanoseconds since 1970 of the first frame, once there is one. `roundTrips`: whether they are measured. */
  constructor(
    linkType: (interfaceId: number) => number,
    epoch?: () => bigint | undefined,
    limits: Limits = {},
    roundTrips = true,
  ) {
    this.#linkType = linkType
    this.#measuresRoundTrips = roundTrips
    this.#mostPackets = Math.min(limits.packets ?? MOST.packets, MOST.packets)
    this.#mostConversations = Math.min(limits.conversations ?? MOST.conversations, MOST.conversations)
    this.tcp = new TcpAnalysis(this.packets, this.conversations, epoch)
    this.#judge = new Judge(this.packets, this.verdicts)
    this.roundTrips = new RoundTrips(this.packets)
  }

  get rows(): number {
    return this.packets.rows
  }
  get full(): boolean {
    return this.unread !== undefined
  }
  get wireBytes(): number {
    return this.#totals[WIRE_BYTES]
  }
  get firstTime(): number {
    return this.#totals[FIRST_TIME]
  }
  get lastTime(): number {
    return this.#totals[LAST_TIME]
  }

  frame(
    bytes: Uint8Array,
    at: number,
    capturedLength: number,
    length: number,
    time: number,
    offset: number,
    interfaceId: number,
  ): void {
    const packets = this.packets
    const row = packets.rows
    if (row >= this.#mostPackets || this.conversations.count >= this.#mostConversations) return this.#refuse(offset)
    const chunk = packets.next()
    const index = packets.nextIndex
    chunk.offset[index] = offset
    chunk.time[index] = time
    chunk.capturedLength[index] = capturedLength
    chunk.length[index] = length
    const totals = this.#totals
    const now = chunk.time[index]
    if (row === 0) totals[FIRST_TIME] = totals[LAST_TIME] = now
    else if (now > totals[LAST_TIME]) totals[LAST_TIME] = now
    else if (now < totals[FIRST_TIME]) totals[FIRST_TIME] = now
    if (interfaceId < 0) {
      chunk.interface[index] = NO_INTERFACE
      chunk.conversation[index] = NO_CONVERSATION
      packets.commit()
      return
    }
    // Columns hold zeros already; what is mostly zero is not written, so that its memory is not touched.
    if (interfaceId !== 0) chunk.interface[index] = interfaceId
    totals[WIRE_BYTES] += length

    const packet = this.#packet
    if (interfaceId !== this.#interfaceId) {
      this.#interfaceId = interfaceId
      this.#interfaceLinkType = this.#linkType(interfaceId)
    }
    decodeFrame(packet, bytes, at, capturedLength, length, this.#interfaceLinkType)
    chunk.stack[index] = this.stacks.intern(packet)
    if (packet.error !== 0) chunk.error[index] = packet.error
    if (packet.payloadLength !== 0) chunk.payloadLength[index] = packet.payloadLength
    let flags = packet.fragment ? FLAG.fragment : 0
    if (capturedLength < length) {
      flags |= FLAG.cut
      this.cutPackets++
    }

    if (packet.sourceAt < 0) {
      chunk.conversation[index] = NO_CONVERSATION
    } else {
      let found = this.conversations.find(packet)
      if (packet.transport === TRANSPORT.tcp) {
        flags |= FLAG.tcp | packet.tcpFlags
        chunk.seq[index] = packet.seq
        chunk.ack[index] = packet.ack
        chunk.window[index] = packet.window
        const before = found
        found = this.tcp.segment(packet, chunk, index, row, time, found)
        let verdict = 0
        if (packet.hasPayloadLength) {
          verdict = this.#judge.segment(packet, row, time, found, before)
          if (verdict !== 0) chunk.verdict[index] = verdict
        }
        if (this.#measuresRoundTrips) this.roundTrips.segment(packet, chunk, index, row, time, found, verdict)
      }
      if (packet.payloadLength !== 0 || (flags & ENDS) !== 0) this.#application(packet, row, time, found)
      if (found & 1) flags |= FLAG.reverse
      chunk.conversation[index] = found >>> 1
      this.conversations.tally(found >>> 1, row)
    }
    chunk.flags[index] = flags
    packets.commit()
  }

  /** From now on it is told what may be requests and responses; to be called before the first frame. */
  follow(applications: Applications): void {
    this.#applications = applications
  }

  /** No more frames will come: what was only kept to judge them by is let go, 192 bytes a connection and more. */
  finish(): void {
    this.#applications?.finish()
    this.#judge.release()
    this.#judge = new Judge(this.packets, this.verdicts)
  }

  /** There is a packet more than fits. */
  #refuse(offset: number): void {
    if (this.unread) return
    const packets = this.packets.rows >= this.#mostPackets
    const limit = packets ? this.#mostPackets : this.#mostConversations
    const what = packets ? 'packets' : 'conversations'
    this.unread = { offset, reason: `${limit.toLocaleString('en')} ${what} are the most that is kept at a time` }
  }

  /** Memory has run out; the rows so far are whole. Nothing more is taken. */
  outOfMemory(): void {
    const { rows } = this.packets
    const last = rows > 0 ? this.packets.chunk(rows - 1) : undefined
    const index = PacketTable.index(rows - 1)
    const offset = last ? last.offset[index] + last.capturedLength[index] : 0
    this.unread ??= { offset, reason: 'there is no memory for more' }
  }

  /** Requests and responses; the packet's conversation does not count it yet. */
  #application(packet: Packet, row: number, time: number, found: number): void {
    const applications = this.#applications
    if (!applications) return
    if (packet.transport === TRANSPORT.tcp) {
      if (packet.hasPayloadLength && !packet.fragment && applications.concerns(found)) {
        applications.segment(packet, row, time, found)
      }
    } else if (packet.transport === TRANSPORT.udp) applications.datagram(packet, row, time, found)
  }
}
