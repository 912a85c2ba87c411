import type { Unread } from '../common/model/capture.ts'
import type { FrameSink, PcapRecords } from './capture-file/capture-reader.ts'
import type { Applications } from './application/applications.ts'
import { RECOGNITION } from './application/recognition.ts'
import { ConversationTable } from './columns/conversation-table.ts'
import { HeadTable } from './columns/head-table.ts'
import { PacketTable } from './columns/packet-table.ts'
import { StackTable } from './columns/stack-table.ts'
import { DecodedWords, Packet, TRANSPORT } from './decode/packet.ts'
import { Kernel } from './kernel.ts'
import { COUNT, TABLE, TOTAL } from './kernel-tables.ts'
import { type Limits, MOST } from './limits.ts'
import { TcpAnalysis } from './tcp/analysis.ts'
import { LabelCounts } from './tcp/label-counts.ts'
import { RoundTrips } from './tcp/round-trips.ts'
import { Verdicts } from './tcp/verdicts.ts'

interface Piece {
  readonly from: number
  readonly to: number
}

/**
 * Takes frames from a capture reader and has the kernel make each a row: decode, find its conversation, analyse it, write the columns.
 * The tables may be read between any two frames.
 */
export class Ingest implements FrameSink {
  readonly packets: PacketTable
  readonly conversations: ConversationTable
  readonly heads: HeadTable
  readonly stacks = new StackTable()
  readonly tcp: TcpAnalysis
  readonly labelCounts: LabelCounts
  readonly verdicts: Verdicts
  readonly roundTrips: RoundTrips
  unread: Unread | undefined
  readonly #kernel = new Kernel({
    lookUpStack: () => this.stacks.lookUp(this.#decoded.layers.subarray(0, this.#decoded.layerCount)),
    application: (row, time, found) => this.#application(row, time, found),
  })
  readonly #decoded = new DecodedWords(this.#kernel.memory.buffer, this.#kernel.call.packetAddress())
  readonly #counts = this.#kernel.words(TABLE.counts)
  readonly #totals = this.#kernel.doubles(TABLE.totals)
  readonly #linkType: (interfaceId: number) => number
  /** Until the kernel knows. */
  #epoch: (() => bigint | undefined) | undefined
  readonly #packet = new Packet()
  #applications: Applications | undefined
  readonly #most: { readonly packets: number; readonly conversations: number }
  /** The bytes that frames were said to lie in, and which part of them is still to be put where the kernel reads. */
  #announced: Uint8Array | undefined
  #unplaced: Piece | undefined
  /** The bytes that the last frame lay in, and the kernel's address of the first. */
  #bytes: Uint8Array | undefined
  #base = 0
  /** Of the packet before: mostly it is the same. */
  #interfaceId = -1
  #interfaceLinkType = 0

  /** `epoch` gives the nanoseconds since 1970 of the first frame, once there is one. `keepsAll`: see Capture. */
  constructor(
    linkType: (interfaceId: number) => number,
    epoch?: () => bigint | undefined,
    limits: Limits = {},
    keepsAll = true,
  ) {
    this.#linkType = linkType
    this.#epoch = epoch
    this.#most = {
      packets: Math.min(limits.packets ?? MOST.packets, MOST.packets),
      conversations: Math.min(limits.conversations ?? MOST.conversations, MOST.conversations),
    }
    this.#kernel.call.setLimits(this.#most.packets, this.#most.conversations)
    this.#kernel.call.keepAll(keepsAll)
    this.packets = new PacketTable(this.#kernel)
    this.heads = new HeadTable(this.#kernel)
    this.conversations = new ConversationTable(this.#kernel)
    this.tcp = new TcpAnalysis(this.#kernel, this.packets)
    this.labelCounts = new LabelCounts(this.#kernel)
    this.verdicts = new Verdicts(this.#kernel)
    this.roundTrips = new RoundTrips(this.#kernel, this.packets)
  }

  get rows(): number {
    return this.#counts[COUNT.rows]
  }
  get cutPackets(): number {
    return this.#counts[COUNT.cutPackets]
  }
  get full(): boolean {
    return this.unread !== undefined
  }
  get wireBytes(): number {
    return this.#totals[TOTAL.wireBytes]
  }
  get firstTime(): number {
    return this.#totals[TOTAL.firstTime]
  }
  get lastTime(): number {
    return this.#totals[TOTAL.lastTime]
  }

  bytes(bytes: Uint8Array, from: number, to: number): void {
    this.#announced = bytes
    this.#unplaced = { from, to }
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
    if (bytes !== this.#announced) this.#placeAlone(bytes, at, at + capturedLength)
    else if (this.#unplaced) this.#place(bytes, this.#unplaced)
    if (interfaceId !== this.#interfaceId && interfaceId >= 0) {
      this.#interfaceId = interfaceId
      this.#interfaceLinkType = this.#linkType(interfaceId)
    }
    const { call } = this.#kernel
    if (this.#epoch) this.#tellEpoch(this.#epoch())
    const taken = call.frame(
      this.#base + at,
      capturedLength,
      length,
      time,
      offset,
      interfaceId,
      this.#interfaceLinkType,
    )
    if (taken === 0) this.#refuse(offset)
  }

  pcapRecords(bytes: Uint8Array, from: number, to: number, offset: number, records: PcapRecords): number {
    if (this.full || this.#epoch) return from
    if (bytes !== this.#announced) return from
    if (this.#unplaced) this.#place(bytes, this.#unplaced)
    const { call } = this.#kernel
    const { bigEndian, headerBytes, mostCaptured, unit, seconds, fraction } = records
    call.setPcap(bigEndian, headerBytes, mostCaptured, unit, seconds, fraction, this.#linkType(0))
    return call.pcapRecords(this.#base + from, this.#base + to, offset - this.#base) - this.#base
  }

  /** Where to put what is read of a file, so that it need not be copied; what is pushed need not lie there. */
  room(bytes: number): Uint8Array {
    return this.#kernel.readingRoom(bytes)
  }

  joined(left: Uint8Array, bytes: Uint8Array): Uint8Array | undefined {
    return this.#kernel.joined(left, bytes)
  }

  /** From now on it is told what may be requests and responses; to be called before the first frame. */
  follow(applications: Applications): void {
    this.#applications = applications
    this.#kernel.call.tellApplications()
  }

  /** From now on it is kept how frames begin; to be called before the first frame. */
  keepHeads(): void {
    this.#kernel.call.keepHeads()
  }

  /** No more frames will come. */
  finish(): void {
    this.#applications?.finish()
  }

  #tellEpoch(epoch: bigint | undefined): void {
    if (epoch === undefined) return
    this.#kernel.call.setEpoch(Number(epoch))
    this.#epoch = undefined
  }

  #place(bytes: Uint8Array, { from, to }: Piece): void {
    this.#unplaced = undefined
    this.#bytes = bytes
    this.#base = this.#kernel.place(bytes, from, to) - from
  }

  /** A frame whose bytes were not announced: they may be others at the next call. */
  #placeAlone(bytes: Uint8Array, from: number, to: number): void {
    this.#announced = undefined
    this.#place(bytes, { from, to })
  }

  /** There is a packet more than fits. */
  #refuse(offset: number): void {
    if (this.unread) return
    const packets = this.rows >= this.#most.packets
    const limit = packets ? this.#most.packets : this.#most.conversations
    const what = packets ? 'packets' : 'conversations'
    this.unread = { offset, reason: `${limit.toLocaleString('en')} ${what} are the most that is kept at a time` }
  }

  /** Memory has run out; the rows so far are whole. Nothing more is taken. */
  outOfMemory(): void {
    this.#kernel.call.dropUncommitted()
    this.unread ??= { offset: this.#totals[TOTAL.end], reason: 'there is no memory for more' }
  }

  /** Requests and responses, told of the last row. What is known of a TCP connection then, see RECOGNITION. */
  #application(row: number, time: number, found: number): number {
    const packet = this.#packet
    const applications = this.#applications
    if (!applications || !this.#bytes) return RECOGNITION.unknown
    packet.readTransport(this.#decoded, this.#bytes, this.#base)
    if (packet.transport === TRANSPORT.tcp) return applications.segment(packet, row, time, found)
    applications.datagram(packet, row, time, found)
    return RECOGNITION.unknown
  }
}
