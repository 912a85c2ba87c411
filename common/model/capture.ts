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
  /** From its interface statistics blocks, if there are any: of each count the last. */
  readonly statistics?: InterfaceStatistics
  /** What these blocks say besides, each with its time. */
  readonly remarks?: readonly InterfaceRemark[]
}

/** A comment of an interface statistics block. */
export interface InterfaceRemark {
  /** When it was so: nanoseconds since the capture's epoch. */
  readonly time: number
  readonly text: string
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

/** A moment of a capture: nanoseconds since its first frame, or since 1970 (in decimal: they do not fit a number). */
export type CaptureMoment = { readonly since: number } | { readonly at: string }

/** What is to be read of a capture, in the order of the file. All conditions that are present hold. */
export interface CapturePart {
  /** Frame numbers, from 1; both are in the part. */
  readonly firstFrame?: number
  readonly lastFrame?: number
  /** The part begins with the first frame at this moment or later ... */
  readonly from?: CaptureMoment
  /** ... and ends in front of the first one after that which is at this moment or later. */
  readonly to?: CaptureMoment
}

/** Where in its file a part is that was read; times and frame numbers are those of the file. */
export interface ReadPart {
  /** Frames in front of it; those of the whole file if there is nothing in the part. */
  readonly before: number
  /** The latest of them: nanoseconds since the file's first frame; -Infinity if there are none. */
  readonly latestBefore: number
}

export type CaptureFormat = 'pcap' | 'pcapng' | 'snoop'
export type Compression = 'none' | 'gzip' | 'zstd'
export type ByteOrder = 'little-endian' | 'big-endian'
