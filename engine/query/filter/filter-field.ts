import type { PacketChunk } from '../../columns/packet-table.ts'
import type { StackLayers } from '../stack-layers.ts'
import type { CaptureTables } from '../capture-tables.ts'
import type { OperandReaders } from './column-vectors.ts'

/**
 * - `uint`, `double`, `bool`: numbers; true is 1
 * - `duration`, `time`: nanoseconds, `time` since the capture's epoch; written in seconds
 * - `ipv4`: unsigned number; `ipv6`, `ether`, `bytes`: bytes; `string`: text
 * - `protocol`: the layer's bytes, header and all that it carries
 * - `none`: only its presence says something
 */
export type FilterType =
  | 'uint'
  | 'double'
  | 'bool'
  | 'duration'
  | 'time'
  | 'ipv4'
  | 'ipv6'
  | 'ether'
  | 'bytes'
  | 'string'
  | 'protocol'
  | 'none'

export type FilterValue = number | string | Uint8Array

/** A field of the display filter. */
export interface FilterField {
  readonly name: string
  readonly type: FilterType
  readonly description: string
  /** Words that stand for some of its numbers. */
  readonly names?: Readonly<Record<number, string>>
  /** The highest number it can have. */
  readonly max?: number
  /** Where it can be read from columns: its values are those of all the readers. */
  readonly columns?: readonly ColumnReader[]
  /** It can be read from the packet's bytes. When both ways exist, the bytes know more (outer headers). */
  readonly decoded: boolean
  /** Layers that may hold it; undefined if it does not depend on the layers. */
  readonly layers?: readonly number[]
  /** Sets the places of rows that can not hold it, for what columns tell beyond the layers, to 0. */
  readonly rows?: (block: Block, possible: Uint8Array, context: ReaderContext) => void
  /** It is only there where it is true. */
  readonly onlyTrue?: true
  /** Packets yet to come can change the values of earlier rows. */
  readonly changes?: true
  /** Values worth proposing, as they are written. */
  readonly known?: (tables: CaptureTables) => readonly string[]
}

/** What a reader says of each row. The order matters: see OUTCOME in filter-columns.ts. */
export const PRESENCE = {
  /** The packet does not have the field. */
  absent: 0,
  /** It may have it; only its bytes can tell. */
  unknown: 1,
  /** It has this value, and there may be more. */
  partial: 2,
  /** It has exactly this value. */
  present: 3,
} as const

/** Rows [from, to) of a chunk. */
export interface Block {
  readonly chunk: PacketChunk
  /** Row of the chunk's first packet. */
  readonly firstRow: number
  readonly from: number
  readonly to: number
}

/** How columns are read: the tables, and what is kept of them between blocks. */
export interface ReaderContext {
  readonly tables: CaptureTables
  readonly layers: StackLayers
  /** How what has no column is read from excerpts of packets. */
  readonly placed?: OperandReaders
}

/**
 * Reads a field from the columns. Writes `presence[i]`, and where there is a value `values[i]`, for each place i of the block.
 * With an `entry`, the values are numbers in a dictionary instead: what they stand for is asked once for each.
 */
export interface ColumnReader {
  readonly read: (block: Block, values: Float64Array, presence: Uint8Array, context: ReaderContext) => void
  readonly entry?: (id: number, context: ReaderContext) => FilterValue
  /**
   * It looks at nothing of a row but its conversation and direction, how many IP and transport headers its stack has, and whether its
   * TCP header could be read.
   */
  readonly ofConversation?: true
}

/** Writes the outcome of each place of the block. `depth` says which scratch arrays are in use. */
export type ColumnTest = (block: Block, out: Uint8Array, depth: number) => void
