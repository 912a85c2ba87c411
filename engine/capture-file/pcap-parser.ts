import type { ByteOrder, CaptureInterface, Damage } from '../../common/model/capture.ts'
import { u16, u32 } from './bytes.ts'
import type { FrameSink, StartPoint } from './capture-reader.ts'
import { maximumCapturedLength } from './captured-length.ts'
import type { RecordParser } from './record-stream.ts'

const SECONDS = 0
const FRACTION = 1
const BASE = 2

interface Variant {
  /** Nanoseconds in a unit of the timestamps' second half. */
  readonly fraction: number
  readonly fileHeader: number
  /** 0 = to be found out, see #findRecordHeader. */
  readonly recordHeader: number
}

// By magic number, as a number of the writer's byte order.
const VARIANTS = new Map<number, Variant>([
  [0xa1b2c3d4, { fraction: 1000, fileHeader: 24, recordHeader: 16 }],
  [0xa1b23c4d, { fraction: 1, fileHeader: 24, recordHeader: 16 }],
  // Alexey Kuznetzov's patches of 1999: interface, protocol and packet type follow the record header, in 8 or 12 bytes.
  [0xa1b2cd34, { fraction: 1000, fileHeader: 24, recordHeader: 0 }],
  // Ixia's hardware and software captures: the number of bytes in the file follows the file header.
  [0x1c0001ac, { fraction: 1, fileHeader: 28, recordHeader: 16 }],
  [0x1c0001ab, { fraction: 1000, fileHeader: 28, recordHeader: 16 }],
])

/** How AIX' tcpdump, which writes version 2.2, names link types (RFC 1573 ifType): by it such a file is known. */
const AIX_LINK_TYPES = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
])

/** What the first four bytes of a file say, if it is a classic pcap. */
export function pcapByteOrder(magic: number): ByteOrder | undefined {
  if (VARIANTS.has(magic)) return 'little-endian'
  return VARIANTS.has(swapped(magic)) ? 'big-endian' : undefined
}

function swapped(n: number): number {
  return ((n >>> 24) | ((n >>> 8) & 0xff00) | ((n << 8) & 0xff0000) | (n << 24)) >>> 0
}

/**
 * The classic pcap format (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html), of micro- and nanoseconds, both byte orders
 * and the modified forms that can be told by their magic number.
 *
 * ```
 *  0          4          8          12         16
 *  | seconds  | fraction | captured | length   | packet ...
 * ```
 */
export class PcapParser implements RecordParser {
  need = 24
  damage: Damage | undefined
  epoch: bigint | undefined
  byteOrder: ByteOrder = 'little-endian'
  readonly interfaces: CaptureInterface[] = []

  readonly #sink: FrameSink
  #bigEndian = false
  #headerRead = false
  #recordHeader = 16
  #fraction = 1000
  #maximum = 0
  /** Before version 2.3 the two lengths were the other way round; in 2.3 they may be. */
  #lengths: 'as now' | 'swapped' | 'perhaps swapped' = 'as now'
  /**
   * The first packet's timestamp, and where in the capture the bytes begin that are parsed. As doubles: arithmetic that V8 has only seen on
   * small integers is compiled for those, and anew when they overflow.
   */
  readonly #origin = new Float64Array(3)
  #packets = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  parse(bytes: Uint8Array, from: number, to: number, base: number): number {
    if (!this.#headerRead) {
      if (to - from < this.need) return from
      const start = this.#fileHeader(bytes, from, to, base)
      if (!this.#headerRead) return from
      this.#sink.description?.(bytes, from, start)
      from = start
    }
    if (this.#recordHeader === 0 && !this.#findRecordHeader(bytes, from, to)) return from
    return this.#records(bytes, from, to, base)
  }

  // Some nanoseconds a packet: fields are read in place, nothing is allocated, the state is in locals.
  #records(bytes: Uint8Array, from: number, to: number, base: number): number {
    const sink = this.#sink
    sink.bytes?.(bytes, from, to)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const little = !this.#bigEndian
    const header = this.#recordHeader
    const scale = this.#fraction
    const maximum = this.#maximum
    const lengths = this.#lengths
    const highest = 2e9 / scale
    const lowest = -1e9 / scale
    const origin = this.#origin
    origin[BASE] = base
    const start = origin[BASE] + header
    let seconds0 = origin[SECONDS]
    let fraction0 = origin[FRACTION]
    let packets = this.#packets
    let need = header
    for (;;) {
      // The first record tells what the others' times count from; behind an odd one there are plain ones again.
      if (packets > 0 && lengths === 'as now' && sink.pcapRecords) {
        const before = sink.rows ?? 0
        from = sink.pcapRecords(bytes, from, to, base, {
          bigEndian: !little,
          headerBytes: header,
          mostCaptured: maximum,
          unit: scale,
          seconds: seconds0,
          fraction: fraction0,
        })
        packets += (sink.rows ?? 0) - before
      }
      if (to - from < header) break
      let captured = view.getUint32(from + 8, little)
      let length = view.getUint32(from + 12, little)
      if (lengths !== 'as now' && (lengths === 'swapped' || captured > length)) {
        const first = captured
        captured = length
        length = first
      }
      if (captured > maximum) {
        this.damage = {
          offset: base + from,
          reason: `Packet ${packets + 1} claims to have ${captured} captured bytes, more than the ${maximum} there can be: the file is corrupt from here on.`,
        }
        break
      }
      const end = from + header + captured
      if (end > to) {
        need = header + captured
        break
      }
      const seconds = view.getUint32(from, little)
      // A second too much or too little does occur; what is further off is no time but damage, and would tear the time axis.
      let fraction = view.getInt32(from + 4, little)
      if (fraction >= highest || fraction <= lowest) fraction = 0
      if (packets === 0) {
        origin[SECONDS] = seconds
        origin[FRACTION] = fraction
        seconds0 = origin[SECONDS]
        fraction0 = origin[FRACTION]
        this.epoch = BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * BigInt(scale)
      }
      packets++
      const time = (seconds - seconds0) * 1e9 + (fraction - fraction0) * scale
      sink.frame(bytes, from + header, captured, length, time, start + from, 0)
      from = end
    }
    this.#packets = packets
    this.need = need
    return from
  }

  resume({ frames, epoch }: StartPoint): void {
    this.#packets = frames
    this.epoch = epoch
    this.#origin[SECONDS] = Number(epoch / 1_000_000_000n)
    this.#origin[FRACTION] = Number(epoch % 1_000_000_000n) / this.#fraction
  }

  /** Reads the header of the file and returns where it ends; #headerRead stays false when it can't be read. */
  #fileHeader(bytes: Uint8Array, from: number, to: number, base: number): number {
    const magic = u32(bytes, from, false)
    const bigEndian = !VARIANTS.has(magic)
    const variant = VARIANTS.get(bigEndian ? swapped(magic) : magic)
    if (!variant) {
      this.damage = { offset: base + from, reason: 'This is not a pcap file.' }
      return from
    }
    this.need = variant.fileHeader
    if (to - from < this.need) return from

    const major = u16(bytes, from + 4, bigEndian)
    const minor = u16(bytes, from + 6, bigEndian)
    const snapLength = u32(bytes, from + 16, bigEndian)
    // | FCS length (4) | 0 | FCS length is valid | reserved (10) | link type (16) |
    const network = u32(bytes, from + 20, bigEndian)
    let linkType = network & 0xffff
    if (major < 2) {
      this.damage = {
        offset: base + from + 4,
        reason: `The file is of version ${major}.${minor} of the pcap format; 2.4 is what can be read.`,
      }
      return from
    }
    this.#fraction = variant.fraction
    const aixLinkType = AIX_LINK_TYPES.get(linkType)
    if (major === 2 && minor === 2 && variant.recordHeader === 16 && aixLinkType !== undefined) {
      linkType = aixLinkType
      this.#fraction = 1
    } else if ((major === 2 && minor < 3) || major === 543) this.#lengths = 'swapped'
    else if (major === 2 && minor === 3) this.#lengths = 'perhaps swapped'

    this.#bigEndian = bigEndian
    this.byteOrder = bigEndian ? 'big-endian' : 'little-endian'
    this.#recordHeader = variant.recordHeader
    this.#maximum = maximumCapturedLength(linkType, snapLength)
    this.interfaces.push({
      id: 0,
      linkType,
      snapLength,
      ticksPerSecond: 1e9 / this.#fraction,
      offsetSeconds: 0,
      comments: [],
      ...(network & 0x0400_0000 && { fcsLength: (network >>> 28) * 2 }),
    })
    this.#headerRead = true
    this.need = variant.recordHeader || 16
    return from + variant.fileHeader
  }

  /** The two modified forms share a magic number: the right one is that after which a second record follows the first. */
  #findRecordHeader(bytes: Uint8Array, from: number, to: number): boolean {
    this.need = 16
    if (to - from < 16) return false
    const captured = u32(bytes, from + 8, this.#bigEndian)
    if (captured <= this.#maximum) {
      this.need = captured + 28 + 16
      if (to - from < this.need) return false
    }
    const follows = (header: number) => this.#plausible(bytes, from + header + captured)
    this.#recordHeader = captured <= this.#maximum && !follows(24) && follows(28) ? 28 : 24
    return true
  }

  #plausible(bytes: Uint8Array, at: number): boolean {
    const captured = u32(bytes, at + 8, this.#bigEndian)
    const length = u32(bytes, at + 12, this.#bigEndian)
    return u32(bytes, at + 4, this.#bigEndian) < 1_000_000 && captured <= this.#maximum && captured <= length
  }

  end(bytes: Uint8Array, length: number, offset: number): Damage | undefined {
    if (!this.#headerRead) {
      return { offset, reason: `The file ends after ${length} of the ${this.need} bytes of a pcap file's header.` }
    }
    let at = 0
    if (this.#recordHeader === 0) {
      if (length === 0) return undefined
      this.#recordHeader = length >= 16 && length === 28 + u32(bytes, 8, this.#bigEndian) ? 28 : 24
      at = this.#records(bytes, 0, length, offset)
      if (this.damage) return this.damage
    }
    const left = length - at
    if (left === 0) return undefined
    const header = this.#recordHeader
    return {
      offset: offset + at,
      reason:
        left < header
          ? `The file ends inside the header of packet ${this.#packets + 1}: ${left} of its ${header} bytes are there.`
          : `The file ends inside packet ${this.#packets + 1}: ${left - header} of its ${this.need - header} captured bytes are there.`,
    }
  }
}
