import type { PacketTable } from '../columns/packet-table.ts'
import { SparseColumns } from '../columns/sparse-columns.ts'
import type { Kernel } from '../kernel.ts'
import { TABLE } from '../kernel-tables.ts'
import { ConnectionTable } from './connection-table.ts'
import { Directions } from './directions.ts'
import { TroubleTable } from './trouble-table.ts'

/** What the kernel's analysis remembers, to be read. About 110 bytes a conversation that nothing happened to. */
export class TcpState {
  readonly packets: PacketTable
  readonly directions: Directions
  readonly connections: ConnectionTable
  readonly trouble: TroubleTable
  /** Of duplicate ACKs: their number, and 1 + the row of the original. */
  readonly duplicateAcks: SparseColumns
  /** Of retransmissions: 1 + the row that `rto` counts from, or 0. */
  readonly retransmissions: SparseColumns
  /** Segments whose length can't be told. */
  readonly withoutLength: SparseColumns

  /**
   * Segments for which Wireshark keeps a record though there may be nothing to show in it: repeated SYNs, and those whose bytes in
   * flight came out as none because SACK blocks outweighed them.
   */
  readonly emptyRecords: SparseColumns

  constructor(kernel: Kernel, packets: PacketTable) {
    this.packets = packets
    this.directions = new Directions(kernel)
    this.connections = new ConnectionTable(kernel)
    this.trouble = new TroubleTable(kernel)
    this.duplicateAcks = new SparseColumns(kernel, TABLE.duplicateAcks)
    this.retransmissions = new SparseColumns(kernel, TABLE.retransmissions)
    this.withoutLength = new SparseColumns(kernel, TABLE.withoutLength)
    this.emptyRecords = new SparseColumns(kernel, TABLE.emptyRecords)
  }
}
