import type { PacketTable } from '../columns/packet-table.ts'
import { ConnectionTable } from './connection-table.ts'
import { Directions } from './directions.ts'
import { LostTime } from './lost-time.ts'
import { RecoveryTable } from './recovery-table.ts'
import { SparseColumns } from '../columns/sparse-columns.ts'
import { TroubleTable } from './trouble-table.ts'
import { UnackedSegments } from './unacked-segments.ts'

/** All that the analysis remembers, shared by the files of this folder. About 110 bytes a conversation that nothing happened to. */
export class TcpState {
  readonly packets: PacketTable
  readonly directions = new Directions()
  readonly recovery = new RecoveryTable()
  readonly unacked = new UnackedSegments(this.directions, this.recovery)
  readonly connections = new ConnectionTable()
  readonly trouble = new TroubleTable()
  readonly lostTime = new LostTime()
  /** Of duplicate ACKs: their number, and 1 + the row of the original. */
  readonly duplicateAcks = new SparseColumns()
  /** Of retransmissions: 1 + the row that `rto` counts from, or 0. */
  readonly retransmissions = new SparseColumns()
  /** Segments whose length can't be told. */
  readonly withoutLength = new SparseColumns()

  /**
   * Segments for which Wireshark keeps a record though there may be nothing to show in it: repeated SYNs, and those whose bytes in
   * flight came out as none because SACK blocks outweighed them.
   */
  readonly emptyRecords = new SparseColumns()

  readonly #epoch: (() => bigint | undefined) | undefined

  constructor(packets: PacketTable, epoch?: () => bigint | undefined) {
    this.packets = packets
    this.#epoch = epoch
  }

  /** Nanoseconds from 1970 to the capture's first frame; a very large number if nobody knows. */
  get epoch(): number {
    const epoch = this.#epoch?.()
    return epoch === undefined ? Number.MAX_VALUE : Number(epoch)
  }

  /** Makes room for the conversation. */
  reserve(conversation: number): void {
    while (conversation >= this.connections.capacity) {
      this.directions.grow()
      this.connections.grow()
    }
  }

  /** The conversation's record in `trouble`, made if there is none. */
  troubleOf(conversation: number): number {
    const known = this.connections.trouble[conversation]
    return known !== 0 ? known : (this.connections.trouble[conversation] = this.trouble.create())
  }
}
