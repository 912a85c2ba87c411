import type { CaptureInterface, Damage, InterfaceStatistics } from '../../common/model/capture.ts'
import { u32 } from './bytes.ts'
import type { FrameSink, StartPoint } from './capture-reader.ts'
import { maximumCapturedLength } from './captured-length.ts'
import type { RecordParser } from './record-stream.ts'

const FILE_HEADER = 16
const RECORD_HEADER = 24
/** RFC 1761 section 2's data link types that have a LINKTYPE_ of the same frames: IEEE 802.3, Ethernet and FDDI. */
const LINK_TYPES = new Map([
  [0, 1],
  [4, 1],
  [8, 10],
])

/**
 * Solaris' snoop format, RFC 1761, version 2. All numbers are big-endian.
 *
 * ```
 *  0          8          12         16
 *  | "snoop"  | version  | link     |
 *
 *  0          4          8          12         16         20         24
 *  | length   | captured | record   | dropped  | seconds  | µs       | packet ... | padding
 * ```
 */
export class SnoopParser implements RecordParser {
  need = FILE_HEADER
  damage: Damage | undefined
  epoch: bigint | undefined
  readonly byteOrder = 'big-endian'

  readonly #sink: FrameSink
  #interface: CaptureInterface | undefined
  #headerRead = false
  #maximum = 0
  #dropped = 0
  #seconds0 = 0
  #micros0 = 0
  #packets = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** The drops are counted on in each record. */
  get interfaces(): readonly CaptureInterface[] {
    if (!this.#interface) return []
    const statistics: InterfaceStatistics = { dropped: this.#dropped }
    return [this.#dropped > 0 ? { ...this.#interface, statistics } : this.#interface]
  }

  parse(bytes: Uint8Array, from: number, to: number, base: number): number {
    if (!this.#headerRead) {
      if (to - from < FILE_HEADER) return from
      if (!this.#fileHeader(bytes, from, base)) return from
      this.#sink.description?.(bytes, from, from + FILE_HEADER)
      from += FILE_HEADER
    }
    this.#sink.bytes?.(bytes, from, to)
    while (to - from >= RECORD_HEADER) {
      const captured = u32(bytes, from + 4, true)
      const record = u32(bytes, from + 8, true)
      if (
        captured > this.#maximum ||
        record < RECORD_HEADER + captured ||
        record > RECORD_HEADER + this.#maximum + 1024
      ) {
        const reason = `Packet ${this.#packets + 1} claims ${captured} captured bytes in a record of ${record}: the file is corrupt from here on.`
        this.damage = { offset: base + from, reason }
        return from
      }
      this.need = record
      if (to - from < record) return from
      this.#dropped = u32(bytes, from + 12, true)
      const seconds = u32(bytes, from + 16, true)
      const micros = u32(bytes, from + 20, true)
      if (this.#packets++ === 0) {
        this.#seconds0 = seconds
        this.#micros0 = micros
        this.epoch = BigInt(seconds) * 1_000_000_000n + BigInt(micros) * 1000n
      }
      const time = (seconds - this.#seconds0) * 1e9 + (micros - this.#micros0) * 1e3
      const at = from + RECORD_HEADER
      this.#sink.frame(bytes, at, captured, u32(bytes, from, true), time, base + at, 0)
      from += record
    }
    this.need = RECORD_HEADER
    return from
  }

  resume({ frames, epoch }: StartPoint): void {
    this.#packets = frames
    this.epoch = epoch
    this.#seconds0 = Number(epoch / 1_000_000_000n)
    this.#micros0 = Number(epoch % 1_000_000_000n) / 1000
  }

  end(_bytes: Uint8Array, length: number, offset: number): Damage | undefined {
    if (length === 0 && this.#headerRead) return undefined
    const reason = this.#headerRead
      ? `The file ends inside packet ${this.#packets + 1}: ${length} of its record's ${this.need} bytes are there.`
      : `The file ends after ${length} of the ${FILE_HEADER} bytes of a snoop file's header.`
    return { offset, reason }
  }

  #fileHeader(bytes: Uint8Array, from: number, base: number): boolean {
    const version = u32(bytes, from + 8, true)
    const link = u32(bytes, from + 12, true)
    const linkType = LINK_TYPES.get(link)
    if (version !== 2 || linkType === undefined) {
      const what = version !== 2 ? `version ${version} of the snoop format` : `snoop's data link type ${link}`
      this.damage = { offset: base + from + 8, reason: `The file has ${what}, which can't be read.` }
      return false
    }
    this.#maximum = maximumCapturedLength(linkType, 0)
    this.#interface = { id: 0, linkType, snapLength: 0, ticksPerSecond: 1e6, offsetSeconds: 0, comments: [] }
    this.#headerRead = true
    return true
  }
}
