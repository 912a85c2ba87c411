/** One interface of a capture file (pcapng IDB; a classic pcap has exactly one). */
export interface CaptureInterface {
  readonly id: number
  readonly name?: string
  readonly description?: string
  readonly filter?: string
  readonly os?: string
  readonly hardware?: string
  /** LINKTYPE_ value, https://www.tcpdump.org/linktypes.html */
  readonly linkType: number
  /** 0 = unlimited. */
  readonly snapLength: number
  /** Units a second of its timestamps. */
  readonly ticksPerSecond: number
  /** if_tsoffset, whole seconds. */
  readonly offsetSeconds: number
  /** Bytes of frame check sequence at the end of each frame, where the file says so. */
  readonly fcsLength?: number
  readonly comments: readonly string[]
  /** From the last interface statistics block, if there is one. */
  readonly statistics?: InterfaceStatistics
}

/** One section of a pcapng file: what its header block says of the machine that captured. */
export interface CaptureSection {
  readonly byteOrder: ByteOrder
  readonly hardware?: string
  readonly os?: string
  readonly application?: string
  readonly comments: readonly string[]
}

/** pcapng interface statistics block; absent counts are not in the file. */
export interface InterfaceStatistics {
  readonly received?: number
  readonly dropped?: number
  readonly filterAccepted?: number
  readonly osDropped?: number
  readonly delivered?: number
}

/** Where reading stopped before the end of the file, and why, in words for a person. */
export interface Damage {
  /** Byte in the (decompressed) capture. */
  readonly offset: number
  readonly reason: string
}

/** From where on a capture was not read, though it goes on, and what limit that was for: as the end of "... because". */
export interface Unread {
  /** Byte in the (decompressed) capture where the first frame begins that was left out. */
  readonly offset: number
  readonly reason: string
}

export type CaptureFormat = 'pcap' | 'pcapng' | 'snoop'
export type Compression = 'none' | 'gzip' | 'zstd'
export type ByteOrder = 'little-endian' | 'big-endian'
