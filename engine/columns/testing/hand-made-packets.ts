import { Kernel } from '../../kernel.ts'
import { type PacketChunk, PacketTable } from '../packet-table.ts'

/** Rows that a test writes itself. */
export class HandMadePackets {
  readonly kernel = new Kernel({ lookUpStack: () => 0, application: () => 0 })
  readonly packets = new PacketTable(this.kernel)

  /** Adds a row; `write` is given the chunk that it lies in, and its place there. All columns hold 0. */
  add(write: (chunk: PacketChunk, i: number) => void): void {
    const { packets, kernel } = this
    kernel.call.beginRow()
    write(packets.chunk(packets.rows), PacketTable.index(packets.rows))
    kernel.call.commitRow()
  }
}
