import type { InterfaceStatistics } from '../../common/model/capture.ts'
import { ByteWriter } from './byte-writer.ts'
import { BLOCK, BYTE_ORDER_MAGIC, NAME_RECORD, OPTION } from './pcapng-format.ts'
import { encodeUtf8 } from './utf8.ts'

export interface SectionOptions {
  /** The program that writes; default Hopscope. */
  readonly application?: string
  readonly hardware?: string
  readonly os?: string
  readonly comments?: readonly string[]
}

export interface InterfaceOptions {
  /** LINKTYPE_ value. */
  readonly linkType: number
  /** 0 = unlimited. */
  readonly snapLength?: number
  readonly name?: string
  readonly description?: string
  readonly filter?: string
  readonly os?: string
  readonly hardware?: string
  readonly fcsLength?: number
  readonly comments?: readonly string[]
}

export interface PacketOptions {
  /** Bytes on the wire, when the frame was cut. */
  readonly length?: number
  readonly comments?: readonly string[]
  /** epb_flags: which way the packet went, as the capturing machine saw it, in the lowest two bits (1 inbound, 2 outbound); how it came; errors. */
  readonly flags?: number
  /** Packets lost since the one before, by this interface and the system. */
  readonly dropped?: number
}

/** Names of one address, given as its 4 (IPv4), 16 (IPv6) or 6 (MAC) bytes. */
export interface AddressNames {
  readonly address: Uint8Array
  readonly names: readonly string[]
}

const LONGEST_OPTION = 0xffff
const NANOSECONDS = Uint8Array.of(9)

/**
 * Writes a pcapng section, little-endian, all times in nanoseconds. What it has written so far is fetched with `take()`; whoever writes
 * much does so whenever `pending` is large.
 */
export class PcapngWriter {
  readonly #out = new ByteWriter()
  #interfaces = 0
  /** Where the block being written starts. */
  #start = 0

  constructor(options: SectionOptions = {}) {
    const out = this.#out
    this.#begin(BLOCK.sectionHeader)
    out.u32(BYTE_ORDER_MAGIC)
    out.u16(1)
    out.u16(0)
    // The section's length: not known yet, which is said with all bits.
    out.u32(0xffff_ffff)
    out.u32(0xffff_ffff)
    this.#texts(OPTION.comment, options.comments)
    this.#text(OPTION.section.hardware, options.hardware)
    this.#text(OPTION.section.os, options.os)
    this.#text(OPTION.section.application, options.application ?? 'Hopscope')
    this.#endOptions()
    this.#end()
  }

  /** Describes an interface and returns its number, which its packets are written with. */
  interface(options: InterfaceOptions): number {
    const out = this.#out
    this.#begin(BLOCK.interfaceDescription)
    out.u16(options.linkType)
    out.u16(0)
    out.u32(options.snapLength ?? 0)
    this.#texts(OPTION.comment, options.comments)
    this.#text(OPTION.interface.name, options.name)
    this.#text(OPTION.interface.description, options.description)
    this.#option(OPTION.interface.resolution, NANOSECONDS)
    // An octet before it says that it is the filter's text.
    if (options.filter !== undefined) this.#text(OPTION.interface.filter, `\0${options.filter}`)
    this.#text(OPTION.interface.os, options.os)
    if (options.fcsLength !== undefined) this.#option(OPTION.interface.fcsLength, Uint8Array.of(options.fcsLength))
    this.#text(OPTION.interface.hardware, options.hardware)
    this.#endOptions()
    this.#end()
    return this.#interfaces++
  }

  /** `time` is nanoseconds since 1970. */
  packet(interfaceId: number, time: bigint, bytes: Uint8Array, options: PacketOptions = {}): void {
    const out = this.#out
    this.#begin(BLOCK.enhancedPacket)
    out.u32(interfaceId)
    this.#high(time)
    out.u32(bytes.length)
    out.u32(options.length ?? bytes.length)
    out.bytes(bytes)
    out.pad()
    const { comments = [], flags, dropped } = options
    if (comments.length > 0 || flags !== undefined || dropped !== undefined) {
      this.#texts(OPTION.comment, comments)
      if (flags !== undefined)
        this.#option(
          OPTION.packet.flags,
          Uint8Array.from([0, 8, 16, 24], (shift) => flags >>> shift),
        )
      if (dropped !== undefined) this.#count(OPTION.packet.dropCount, dropped)
      this.#endOptions()
    }
    this.#end()
  }

  /** What decrypts packets, as FrameSink is told it: goes before those. */
  secrets(kind: number, bytes: Uint8Array): void {
    const out = this.#out
    this.#begin(BLOCK.decryptionSecrets)
    out.u32(kind)
    out.u32(bytes.length)
    out.bytes(bytes)
    out.pad()
    this.#end()
  }

  /** Records without a name are left out. Nothing is written when none is left. */
  names(records: readonly AddressNames[]): void {
    const out = this.#out
    const named = records.filter(({ names }) => names.length > 0)
    if (named.length === 0) return
    this.#begin(BLOCK.nameResolution)
    for (const { address, names } of named) {
      const record = new ByteWriter()
      record.bytes(address)
      for (const name of names) {
        const bytes = encodeUtf8(name.replaceAll('\0', ''))
        if (record.length + bytes.length + 1 > LONGEST_OPTION) break
        record.bytes(bytes)
        record.bytes(Uint8Array.of(0))
      }
      out.u16(address.length === 4 ? NAME_RECORD.ipv4 : address.length === 16 ? NAME_RECORD.ipv6 : NAME_RECORD.eui48)
      out.u16(record.length)
      out.bytes(record.take())
      out.pad()
    }
    out.u32(NAME_RECORD.end)
    this.#end()
  }

  /** Goes after the interface's packets. `time` (nanoseconds since 1970) is when the counts were taken, and what the comment says was so. */
  statistics(interfaceId: number, time: bigint, counts: InterfaceStatistics, comment?: string): void {
    const out = this.#out
    this.#begin(BLOCK.interfaceStatistics)
    out.u32(interfaceId)
    this.#high(time)
    if (comment !== undefined) this.#text(OPTION.comment, comment)
    for (const [option, count] of [
      [OPTION.statistics.received, counts.received],
      [OPTION.statistics.dropped, counts.dropped],
      [OPTION.statistics.filterAccepted, counts.filterAccepted],
      [OPTION.statistics.osDropped, counts.osDropped],
      [OPTION.statistics.delivered, counts.delivered],
    ] as const) {
      if (count !== undefined) this.#count(option, count)
    }
    this.#endOptions()
    this.#end()
  }

  get pending(): number {
    return this.#out.length
  }

  take(): Uint8Array {
    return this.#out.take()
  }

  #begin(type: number): void {
    this.#start = this.#out.length
    this.#out.u32(type)
    this.#out.u32(0)
  }

  /** The block's length goes behind it, and back to its start. */
  #end(): void {
    const length = this.#out.length + 4 - this.#start
    this.#out.u32(length)
    this.#out.patchU32(this.#start + 4, length)
  }

  /** A timestamp: its upper half first. */
  #high(time: bigint): void {
    this.#out.u32(Number((time >> 32n) & 0xffff_ffffn))
    this.#out.u32(Number(time & 0xffff_ffffn))
  }

  #option(code: number, value: Uint8Array): void {
    const out = this.#out
    out.u16(code)
    out.u16(value.length)
    out.bytes(value)
    out.pad()
  }

  #text(code: number, text: string | undefined): void {
    if (text !== undefined) this.#option(code, cutText(text))
  }

  #texts(code: number, texts: readonly string[] = []): void {
    for (const text of texts) this.#text(code, text)
  }

  #count(code: number, count: number): void {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(count), true)
    this.#option(code, bytes)
  }

  #endOptions(): void {
    this.#out.u32(OPTION.end)
  }
}

/** An option holds at most 65,535 bytes: longer text is cut, between characters. */
function cutText(text: string): Uint8Array {
  const bytes = encodeUtf8(text)
  if (bytes.length <= LONGEST_OPTION) return bytes
  let end = LONGEST_OPTION
  while ((bytes[end] & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
