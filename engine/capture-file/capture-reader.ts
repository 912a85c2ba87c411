import type { CaptureInterface, Damage } from '../../common/model/capture.ts'

/** Takes the frames of a capture, in file order. */
export interface FrameSink {
  /** The next frames lie in `bytes[from, to)`, which stays as it is until this is called again. Readers of files call it before `frame`. */
  bytes?(bytes: Uint8Array, from: number, to: number): void
  /**
   * One frame: `bytes[at, at + capturedLength)`, valid during the call only. `length` is its length on the wire (in odd files less than
   * what was captured); `offset` the position of its first byte in the decompressed capture.
   *
   * `time` is nanoseconds since the reader's `epoch`: exact below 2^53 (104 days), rounded to what a number holds beyond, negative for a
   * frame before the first one. A frame without a time (simple packet block, custom block) has that of the frame before it.
   *
   * `interfaceId` is an index into the reader's `interfaces`, or -1 for a block that Wireshark numbers as a frame but that holds no packet
   * (pcapng custom block, systemd journal entry, sysdig event).
   */
  frame(
    bytes: Uint8Array,
    at: number,
    capturedLength: number,
    length: number,
    time: number,
    offset: number,
    interfaceId: number,
  ): void
  /**
   * Takes the plain records of `bytes[from, to)`, a pcap file's, and returns where it stopped: whoever calls it looks at the record there itself.
   * `offset` is the position of `bytes[0]` in the capture. Others than the first packet's.
   */
  pcapRecords?(bytes: Uint8Array, from: number, to: number, offset: number, records: PcapRecords): number
  /**
   * `bytes`, and in front of them what was left of the chunk before, which is copied; undefined where there is no room for it in front of them.
   * Valid during the call of `push` only.
   */
  joined?(left: Uint8Array, bytes: Uint8Array): Uint8Array | undefined
  /**
   * `bytes[from, to)` say how the frames behind them are to be read: the header of the file, sections, interfaces, names. Valid during the
   * call only.
   */
  description?(bytes: Uint8Array, from: number, to: number): void
  /** Of the frame that comes next, where its block says either: epb_flags, and how many packets were lost in front of it. */
  options?(flags: number | undefined, dropped: number | undefined): void
  /** What decrypts packets behind it: the kind and the data of a decryption secrets block, valid during the call only. */
  secrets?(kind: number, bytes: Uint8Array): void
  /** It takes no more frames: reading on is of no use. */
  readonly full?: boolean
  /** How many frames it has kept, where that are not all it was given. */
  readonly rows?: number
}

/** How the records of a pcap file are to be read. */
export interface PcapRecords {
  readonly bigEndian: boolean
  readonly headerBytes: number
  readonly mostCaptured: number
  /** Nanoseconds in a unit of the timestamps' second half. */
  readonly unit: number
  /** The first packet's timestamp. */
  readonly seconds: number
  readonly fraction: number
}

/** A place in a capture at which reading can begin: behind it is a frame's record. */
export interface StartPoint {
  /** Byte in the capture, which is not compressed. */
  readonly offset: number
  /** All descriptions in front of it, one behind the other, see FrameSink. */
  readonly descriptions: Uint8Array
  /** Frames in front of it. */
  readonly frames: number
  /** Nanoseconds since 1970 of the first of them. */
  readonly epoch: bigint
  /** Of the last of them; and the latest. Nanoseconds since the epoch. */
  readonly time: number
  readonly latest: number
}

/** What all readers of captures have; CaptureFileReader is the one for files. */
export interface CaptureReader {
  /** Takes the next bytes of the file; any size, also empty. Never throws on content: damage is recorded and ends the reading. */
  push(chunk: Uint8Array): void
  /** No more bytes will come: an incomplete record becomes damage. */
  finish(): void
  /** Nanoseconds since 1970 of the first frame that has a time; undefined before it. */
  readonly epoch: bigint | undefined
  readonly interfaces: readonly CaptureInterface[]
  /** Where and why reading stopped, if it did before the file's end. */
  readonly damage: Damage | undefined
}
