import type { FrameSink } from './capture-file/capture-reader.ts'
import { ConversationTable } from './columns/conversation-table.ts'
import { FLAG, NO_CONVERSATION, PacketTable } from './columns/packet-table.ts'
import { StackTable } from './columns/stack-table.ts'
import { decodeFrame } from './decode/decode.ts'
import { Packet, TRANSPORT } from './decode/packet.ts'
import { TcpAnalysis } from './tcp/analysis.ts'
import { Verdicts } from './tcp/verdicts.ts'

/** The interface number of rows that hold no packet (pcapng custom blocks, which Wireshark numbers as frames). */
export const NO_INTERFACE = 0xffff

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
  wireBytes = 0
  cutPackets = 0
  firstTime = 0
  lastTime = 0
  readonly #linkType: (interfaceId: number) => number
  readonly #packet = new Packet()

  /** `epoch` gives the nanoseconds since 1970 of the first frame, once there is one. */
  constructor(linkType: (interfaceId: number) => number, epoch?: () => bigint | undefined) {
    this.#linkType = linkType
    this.tcp = new TcpAnalysis(this.packets, this.conversations, epoch)
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
    const chunk = packets.next()
    const index = packets.nextIndex
    chunk.offset[index] = offset
    chunk.time[index] = time
    chunk.capturedLength[index] = capturedLength
    chunk.length[index] = length
    if (row === 0) this.firstTime = this.lastTime = time
    else if (time > this.lastTime) this.lastTime = time
    else if (time < this.firstTime) this.firstTime = time
    if (interfaceId < 0) {
      chunk.interface[index] = NO_INTERFACE
      chunk.conversation[index] = NO_CONVERSATION
      packets.commit()
      return
    }
    chunk.interface[index] = interfaceId
    this.wireBytes += length

    const packet = this.#packet
    decodeFrame(packet, bytes, at, capturedLength, length, this.#linkType(interfaceId))
    chunk.stack[index] = this.stacks.intern(packet)
    chunk.error[index] = packet.error
    chunk.payloadLength[index] = packet.payloadLength
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
        if (packet.hasPayloadLength) chunk.verdict[index] = this.verdicts.segment(packet, row, time, found, before)
      }
      if (found & 1) flags |= FLAG.reverse
      chunk.conversation[index] = found >>> 1
      this.conversations.tally(found >>> 1, (found & 1) === 1, row, length)
    }
    chunk.flags[index] = flags
    packets.commit()
  }
}
