import type { CaptureInterface, CaptureSection, Damage, InterfaceRemark } from '../../common/model/capture.ts'
import { u16, u32, u64 } from './bytes.ts'
import type { FrameSink, StartPoint } from './capture-reader.ts'
import { maximumCapturedLength } from './captured-length.ts'
import { readInterface, readSection, readStatistics } from './pcapng-blocks.ts'
import { BLOCK, BYTE_ORDER_MAGIC, OPTION, padded, SECRETS, SYSDIG_EVENTS } from './pcapng-format.ts'
import { readNames } from './pcapng-names.ts'
import { OptionCursor } from './pcapng-options.ts'
import type { RecordParser } from './record-stream.ts'
import { withoutKeys } from './key-log.ts'
import type { TimestampClock } from './timestamp-clock.ts'

/** Blocks larger than the largest packet with its options are no blocks. */
const MAXIMUM_BLOCK = 128 * 1024 * 1024 + 128 * 1024 + 32
/** The packet table numbers them with 16 bits, of which one number says "none". */
const MAXIMUM_INTERFACES = 0xffff
/** Shortest blocks of each type, where more than the 12 bytes all blocks have. */
const SHORTEST = new Map<number, number>([
  [BLOCK.sectionHeader, 28],
  [BLOCK.interfaceDescription, 20],
  [BLOCK.packet, 32],
  [BLOCK.simplePacket, 16],
  [BLOCK.nameResolution, 16],
  [BLOCK.interfaceStatistics, 24],
  [BLOCK.decryptionSecrets, 20],
  [BLOCK.custom, 16],
  [BLOCK.customNotToCopy, 16],
])

/** Blocks that later ones can't be read without, or that tell names. */
const DESCRIPTIONS: ReadonlySet<number> = new Set([
  BLOCK.sectionHeader,
  BLOCK.interfaceDescription,
  BLOCK.nameResolution,
])

/** An interface of the current section, as the packets of it need it. */
interface SectionInterface {
  /** Index into all sections' interfaces. */
  readonly id: number
  readonly clock: TimestampClock
  started: boolean
  readonly maximum: number
  readonly snapLength: number
}

/**
 * The pcapng format (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html): sections of either byte order, each with interfaces
 * that have their own link type and clock. Every block is
 *
 * ```
 *  0      4        8                      length - 4   length
 *  | type | length | body ... options ... | length     |
 * ```
 */
export class PcapngParser implements RecordParser {
  need = 12
  damage: Damage | undefined
  epoch: bigint | undefined
  readonly sections: CaptureSection[] = []
  readonly interfaces: CaptureInterface[] = []
  /** From name resolution blocks: address as text to names. */
  readonly names = new Map<string, Set<string>>()
  /** By the packet's row in the sink. */
  readonly packetComments = new Map<number, string[]>()
  /** Decryption secrets blocks by kind; the secrets themselves are not kept. */
  readonly secrets = new Map<string, number>()

  readonly #sink: FrameSink
  readonly #options = new OptionCursor()
  /** Of the packet that is being read. */
  readonly #comments: string[] = []
  /** By interface: one list each, as there may be very many. */
  readonly #remarks: InterfaceRemark[][] = []
  #bigEndian = false
  #current: SectionInterface[] = []
  #frames = 0
  /** Of the last frame that had a time; those without (simple packets, custom blocks) are given it. */
  #time = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  parse(bytes: Uint8Array, from: number, to: number, base: number): number {
    this.#sink.bytes?.(bytes, from, to)
    for (;;) {
      from = this.#enhancedPackets(bytes, from, to, base)
      const available = to - from
      if (available < 12) {
        this.need = 12
        return from
      }
      const type = u32(bytes, from, this.#bigEndian)
      if (type === BLOCK.sectionHeader) {
        if (!this.#sectionByteOrder(bytes, from, base)) return from
      } else if (this.sections.length === 0) {
        return this.#fail(base + from, 'A pcapng file starts with a section header block; this one does not.', from)
      }
      const bigEndian = this.#bigEndian
      // Some writers leave the padding out of the length.
      const length = padded(u32(bytes, from + 4, bigEndian)) >>> 0
      const shortest = type === BLOCK.enhancedPacket ? 32 : (SHORTEST.get(type) ?? 12)
      if (length < shortest || length > MAXIMUM_BLOCK) {
        return this.#fail(base + from, `${blockName(type)} claims to be ${length} bytes long, which can't be.`, from)
      }
      if (available < length) {
        this.need = length
        return from
      }
      const end = from + length
      const trailing = padded(u32(bytes, end - 4, bigEndian)) >>> 0
      if (trailing !== length) {
        const reason = `${blockName(type)} says ${length} bytes at its start and ${trailing} at its end: the file is corrupt from here on.`
        return this.#fail(base + from, reason, from)
      }
      const read =
        type === BLOCK.enhancedPacket
          ? this.#packet(bytes, from, end, base, u32(bytes, from + 8, bigEndian))
          : this.#block(type, bytes, from, end, base)
      if (!read) return from
      if (DESCRIPTIONS.has(type)) this.#sink.description?.(bytes, from, end)
      from = end
    }
  }

  resume({ frames, epoch, time }: StartPoint): void {
    this.#frames = frames
    this.#time = time
    this.epoch = epoch
  }

  /**
   * Takes the enhanced packet blocks in a row in which nothing is unusual, and returns where the first other block or the end is. Most of
   * a file goes through here, so it is kept tight; whatever does not fit is left to `parse`, which also says what is wrong with it.
   */
  #enhancedPackets(bytes: Uint8Array, from: number, to: number, base: number): number {
    const sink = this.#sink
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const little = !this.#bigEndian
    const interfaces = this.#current
    let frames = this.#frames
    let time = this.#time
    while (to - from >= 32 && view.getInt32(from, little) === BLOCK.enhancedPacket) {
      const length = view.getUint32(from + 4, little)
      const end = from + length
      const interfaceId = view.getUint32(from + 8, little)
      if (end > to || interfaceId >= interfaces.length) break
      const { id, clock, started, maximum } = interfaces[interfaceId]
      const captured = view.getUint32(from + 20, little)
      const at = from + 28
      // Neither options nor a length without the padding, and the same length at the end.
      if (!started || captured > maximum || at + ((captured + 3) & ~3) + 4 !== end) break
      if (view.getUint32(end - 4, little) !== length) break
      time = clock.since(view.getUint32(from + 12, little), view.getUint32(from + 16, little))
      frames++
      sink.frame(bytes, at, captured, view.getUint32(from + 24, little), time, base + at, id)
      from = end
    }
    this.#frames = frames
    this.#time = time
    return from
  }

  /** Enhanced packet blocks, and the obsolete packet blocks, whose interface number has 16 bits. */
  #packet(bytes: Uint8Array, from: number, end: number, base: number, interfaceId: number): boolean {
    const bigEndian = this.#bigEndian
    if (interfaceId >= this.#current.length) return this.#noInterface(base + from, interfaceId)
    const captured = u32(bytes, from + 20, bigEndian)
    const at = from + 28
    const { id, clock, started, maximum } = this.#current[interfaceId]
    if (captured > maximum || at + captured > end - 4) return this.#tooLong(base + from, captured, end - 4 - at)
    const optionsAt = at + padded(captured)
    this.#comments.length = 0
    if (optionsAt !== end - 4 && !this.#packetOptions(bytes, optionsAt, end - 4, base)) return false

    const high = u32(bytes, from + 12, bigEndian)
    const low = u32(bytes, from + 16, bigEndian)
    if (!started) this.#start(this.#current[interfaceId], high, low)
    const time = (this.#time = clock.since(high, low))
    const sink = this.#sink
    const row = sink.rows ?? this.#frames
    this.#frames++
    sink.frame(bytes, at, captured, u32(bytes, from + 24, bigEndian), time, base + at, id)
    if (this.#comments.length > 0 && row !== sink.rows) this.packetComments.set(row, [...this.#comments])
    return true
  }

  #block(type: number, bytes: Uint8Array, from: number, end: number, base: number): boolean {
    const bigEndian = this.#bigEndian
    const options = this.#options
    switch (type) {
      case BLOCK.sectionHeader: {
        const major = u16(bytes, from + 12, bigEndian)
        const minor = u16(bytes, from + 14, bigEndian)
        if (major !== 1 || (minor !== 0 && minor !== 2)) {
          const reason = `The section is of version ${major}.${minor} of the pcapng format; 1.0 and 1.2 are what can be read.`
          this.#fail(base + from, reason, from)
          return false
        }
        options.read(bytes, from + 24, end - 4, bigEndian)
        this.sections.push(readSection(options))
        this.#current = []
        break
      }
      case BLOCK.interfaceDescription: {
        options.read(bytes, from + 16, end - 4, bigEndian)
        const id = this.interfaces.length
        if (id === MAXIMUM_INTERFACES) {
          this.#fail(base + from, `The file has more than ${MAXIMUM_INTERFACES} interfaces.`, from)
          return false
        }
        const snapLength = u32(bytes, from + 12, bigEndian)
        const linkType = u16(bytes, from + 8, bigEndian)
        const { description, clock } = readInterface(options, id, linkType, snapLength)
        if (!clock) {
          const reason = `Interface ${id} has timestamps of a resolution that 64 bits can't hold.`
          this.#fail(base + from, reason, from)
          return false
        }
        const maximum = maximumCapturedLength(linkType, snapLength)
        this.interfaces.push(description)
        this.#current.push({ id, clock, started: false, maximum, snapLength })
        break
      }
      case BLOCK.packet:
        return this.#packet(bytes, from, end, base, u16(bytes, from + 8, bigEndian))
      case BLOCK.simplePacket:
        return this.#simplePacket(bytes, from, end, base)
      case BLOCK.nameResolution: {
        const at = readNames(bytes, from + 8, end - 4, bigEndian, this.names)
        if (at < 0) {
          this.#fail(base + from, 'A record of a name resolution block does not fit into the block.', from)
          return false
        }
        options.read(bytes, at, end - 4, bigEndian)
        while (options.next());
        break
      }
      case BLOCK.interfaceStatistics: {
        const id = u32(bytes, from + 8, bigEndian)
        options.read(bytes, from + 20, end - 4, bigEndian)
        const { statistics, comments } = readStatistics(options)
        if (id < this.#current.length) {
          const { id: index, clock } = this.#current[id]
          const known = this.interfaces[index]
          const at = clock.nanoseconds(u32(bytes, from + 12, bigEndian), u32(bytes, from + 16, bigEndian))
          const time = this.epoch === undefined ? 0 : Number(at - this.epoch)
          const remarks = (this.#remarks[index] ??= [])
          for (const text of comments) remarks.push({ time, text })
          this.interfaces[index] = {
            ...known,
            statistics: { ...known.statistics, ...statistics },
            ...(remarks.length > 0 && { remarks }),
          }
        }
        break
      }
      case BLOCK.decryptionSecrets: {
        const number = u32(bytes, from + 8, bigEndian)
        const kind = SECRETS.get(number) ?? 'other'
        this.secrets.set(kind, (this.secrets.get(kind) ?? 0) + 1)
        const data = from + 16
        const length = Math.min(u32(bytes, from + 12, bigEndian), end - 4 - data)
        this.#sink.secrets?.(number, bytes.subarray(data, data + length))
        return true
      }
      case BLOCK.custom:
      case BLOCK.customNotToCopy:
        this.#noPacket(bytes, from + 12, end - 4, base)
        return true
      case BLOCK.systemdJournalExport:
        this.#noPacket(bytes, from + 8, end - 4, base)
        return true
      default:
        if (SYSDIG_EVENTS.has(type)) this.#noPacket(bytes, from + 8, end - 4, base)
        return true
    }
    return !options.broken || this.#brokenOption(base + from)
  }

  #simplePacket(bytes: Uint8Array, from: number, end: number, base: number): boolean {
    if (this.#current.length === 0) return this.#noInterface(base + from, 0)
    const { id, maximum, snapLength } = this.#current[0]
    const length = u32(bytes, from + 8, this.#bigEndian)
    const captured = snapLength === 0 ? length : Math.min(length, snapLength)
    const at = from + 12
    if (captured > maximum || at + captured > end - 4) return this.#tooLong(base + from, captured, end - 4 - at)
    this.#frames++
    this.#sink.frame(bytes, at, captured, length, this.#time, base + at, id)
    return true
  }

  #noPacket(bytes: Uint8Array, at: number, to: number, base: number): void {
    this.#frames++
    this.#sink.frame(bytes, at, to - at, to - at, this.#time, base + at, -1)
  }

  #packetOptions(bytes: Uint8Array, from: number, to: number, base: number): boolean {
    const options = this.#options
    options.read(bytes, from, to, this.#bigEndian)
    let flags: number | undefined
    let dropped: number | undefined
    while (options.next()) {
      const { code, at, length } = options
      if (code === OPTION.comment) this.#comments.push(withoutKeys(options.text()))
      else if (code === OPTION.packet.flags && length === 4) flags = u32(bytes, at, this.#bigEndian)
      else if (code === OPTION.packet.dropCount && length === 8) dropped = u64(bytes, at, this.#bigEndian)
    }
    if (flags !== undefined || dropped !== undefined) this.#sink.options?.(flags, dropped)
    return !options.broken || this.#brokenOption(base + from)
  }

  /** The first packet of an interface: its clock now counts from the capture's epoch, which the first packet of all sets. */
  #start(of: SectionInterface, high: number, low: number): void {
    of.started = true
    this.epoch ??= of.clock.nanoseconds(high, low)
    of.clock.start(this.epoch)
  }

  /** A section header tells the byte order of its own length, and of all that follows it. */
  #sectionByteOrder(bytes: Uint8Array, from: number, base: number): boolean {
    const magic = u32(bytes, from + 8, false)
    if (magic !== BYTE_ORDER_MAGIC && u32(bytes, from + 8, true) !== BYTE_ORDER_MAGIC) {
      this.#fail(base + from, 'A section header block has no valid byte-order magic.', from)
      return false
    }
    this.#bigEndian = magic !== BYTE_ORDER_MAGIC
    return true
  }

  #noInterface(offset: number, id: number): boolean {
    const { length } = this.#current
    const has = length === 0 ? 'no interface yet' : `${length} interface${length === 1 ? '' : 's'}`
    this.#fail(offset, `Packet ${this.#frames + 1} is of interface ${id}, but the section has ${has}.`, 0)
    return false
  }

  #tooLong(offset: number, captured: number, room: number): boolean {
    const reason =
      captured > room
        ? `Packet ${this.#frames + 1} claims to have ${captured} captured bytes, but its block has room for ${room}.`
        : `Packet ${this.#frames + 1} claims to have ${captured} captured bytes, more than there can be.`
    this.#fail(offset, reason, 0)
    return false
  }

  #brokenOption(offset: number): boolean {
    this.#fail(offset, 'An option does not fit into the block around it: the file is corrupt here.', 0)
    return false
  }

  #fail(offset: number, reason: string, from: number): number {
    this.damage = { offset, reason }
    return from
  }

  end(bytes: Uint8Array, length: number, offset: number): Damage | undefined {
    if (length === 0) return undefined
    const there = length === 1 ? '1 byte of it is' : `${length} bytes of it are`
    if (length < 12) return { offset, reason: `The file ends inside a block: ${there} there.` }
    const name = blockName(u32(bytes, 0, this.#bigEndian))
    const block = `${name[0].toLowerCase()}${name.slice(1)}`
    return { offset, reason: `The file ends inside ${block}: ${length} of its ${this.need} bytes are there.` }
  }
}

const NAMES = new Map<number, string>([
  [BLOCK.interfaceDescription, 'An interface description block'],
  [BLOCK.packet, 'A packet block'],
  [BLOCK.simplePacket, 'A simple packet block'],
  [BLOCK.nameResolution, 'A name resolution block'],
  [BLOCK.interfaceStatistics, 'An interface statistics block'],
  [BLOCK.enhancedPacket, 'An enhanced packet block'],
  [BLOCK.systemdJournalExport, 'A systemd journal block'],
  [BLOCK.decryptionSecrets, 'A decryption secrets block'],
  [BLOCK.custom, 'A custom block'],
  [BLOCK.customNotToCopy, 'A custom block'],
  [BLOCK.sectionHeader, 'A section header block'],
])

function blockName(type: number): string {
  return NAMES.get(type) ?? `A block of the unknown type 0x${type.toString(16).padStart(8, '0')}`
}
