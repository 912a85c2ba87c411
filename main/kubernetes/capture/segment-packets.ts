import { copyBytes, enhancedPacketLength, writeEnhancedHead } from './pcapng-blocks.ts'

// tcpdump's segments are classic captures; their packets become blocks of the capture's one file.
//
//   file:   [magic u32][version 2 x u16][zone u32][0 u32][snap length u32][link type u32]
//   packet: [seconds u32][micro- or nanoseconds u32][captured length u32][original length u32][bytes]

const FILE_HEADER = 24
const PACKET_HEADER = 16
const LARGEST_PACKET = 256 << 10
/** The most that a packet grows by as a block, with one byte: 17 bytes become 36. */
const GROWTH = 36 / 17

/** Packets as enhanced packet blocks, one after the other. */
export interface PacketBatch {
  readonly blocks: Buffer
  /** Where each begins, and at the end where the last ends. */
  readonly starts: Uint32Array
  /** Milliseconds since 1970, to order by. */
  readonly times: Float64Array
  /** The segment that they are of, and how many of it come before these. */
  readonly segment: number
  readonly first: number
  /** To be called when the blocks are used up: their memory serves the next batch. */
  readonly release?: () => void
}

export interface SegmentFacts {
  readonly linkType: number
  readonly snapLength: number
}

/** What a batch lies in. It serves again and again: new memory for each costs more in garbage collection than all the rest. */
interface Memory {
  readonly blocks: Buffer
  readonly view: DataView
  readonly starts: Uint32Array
  readonly times: Float64Array
}

function memoryFor(bytes: number, packets: number): Memory {
  const blocks = Buffer.allocUnsafeSlow(bytes)
  return { blocks, view: viewOf(blocks), starts: new Uint32Array(packets + 1), times: new Float64Array(packets) }
}

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** The bytes are not those of a capture file. */
export class NotACapture extends Error {}

/** So many packets of a segment. */
export interface SegmentPart {
  readonly segment: number
  readonly packet: number
}

/** What a segment's first bytes say. */
interface Format extends SegmentFacts {
  readonly little: boolean
  readonly nanosecond: boolean
}

/** How far a segment was read. */
interface Place extends SegmentPart {
  readonly format: Format | undefined
  /** Of a packet, or of the segment's beginning, that is not whole. */
  readonly rest: Buffer
}

const BY_DEFAULT = { little: true, nanosecond: true }
/** Batches may be on their way to the disk while the next are made. */
const SPARE = 4
const NO_BYTES = Buffer.alloc(0)

/**
 * Reads one point's segments, in pieces of any size: `begin`, then `add` for each, then `accept`. What was added is void when `begin` comes
 * instead of `accept`: pieces are read as they come, while they are in the processor's cache, and only then is known whether they are what was
 * sent.
 */
export class SegmentPackets {
  readonly #known: SegmentPart
  readonly #spare: Memory[] = []
  #memory = memoryFor(64 << 10, 1 << 10)
  #interface: number | undefined
  #accepted: Place = { segment: -1, packet: 0, format: undefined, rest: NO_BYTES }

  // Since `begin`:
  #segment = -1
  /** Of the segment, before those that are in memory. */
  #before = 0
  #format: Format | undefined
  #failure: NotACapture | undefined
  /** Packets of it that are known already. */
  #pass = 0
  #count = 0
  /** Where the next block begins. */
  #at = 0
  /** Bytes of a header that is not whole, or that of the packet that is not. */
  readonly #head = Buffer.alloc(FILE_HEADER)
  readonly #headView = viewOf(this.#head)
  #held = 0
  /** Where the bytes of the packet go that is not whole, and where they end; equal when there is none. */
  #body = 0
  #bodyEnd = 0
  // Nanoseconds since 1970 at the beginning of the second, in two halves of 32 bits; many packets have the same.
  #second = -1
  #high = 0
  #low = 0

  /** `known`: these packets are known already and do not come out again. */
  constructor(known: SegmentPart = { segment: -1, packet: 0 }) {
    this.#known = known
  }

  /**
   * More of a segment, behind what was accepted last. What is left of a segment when the next begins was cut there (tcpdump was killed) and is
   * let go.
   */
  begin(segment: number): void {
    const { packet, format, rest } =
      segment === this.#accepted.segment ? this.#accepted : { packet: 0, format: undefined, rest: NO_BYTES }
    this.#segment = segment
    this.#before = packet
    this.#format = format
    this.#failure = undefined
    this.#pass = segment === this.#known.segment ? Math.max(0, this.#known.packet - packet) : 0
    this.#count = this.#at = this.#held = this.#body = this.#bodyEnd = 0
    this.add(rest)
  }

  /** The bytes are used up when it returns. */
  add(bytes: Buffer): void {
    if (this.#failure) return
    try {
      this.#read(bytes)
    } catch (error) {
      if (!(error instanceof NotACapture)) throw error
      this.#failure = error
    }
  }

  /**
   * What was added is what was sent: the packets that are whole with it. `interfaceId` is asked once, when the link type is known. Throws
   * NotACapture.
   */
  accept(interfaceId: (facts: SegmentFacts) => number): PacketBatch | undefined {
    if (this.#failure) throw this.#failure
    const { blocks, view, starts, times } = this.#memory
    const [segment, first, count, at] = [this.#segment, this.#before, this.#count, this.#at]
    // A copy: the memory serves others.
    const rest = Buffer.concat([this.#head.subarray(0, this.#held), blocks.subarray(this.#bodyBegin, this.#body)])
    this.#accepted = { segment, packet: first + count, format: this.#format, rest }
    if (this.#interface === undefined && this.#format) {
      this.#interface = interfaceId(this.#format)
      for (let index = 0; index < count; index++) view.setUint32((starts[index] ?? 0) + 8, this.#interface, true)
    }
    if (count === 0) return undefined
    starts[count] = at
    const memory = this.#memory
    const release = () => {
      if (this.#spare.length < SPARE) this.#spare.push(memory)
    }
    this.#memory = this.#spare.pop() ?? memoryFor(64 << 10, 1 << 10)
    return {
      blocks: blocks.subarray(0, at),
      starts: starts.subarray(0, count + 1),
      times: times.subarray(0, count),
      segment,
      first,
      release,
    }
  }

  get #bodyBegin(): number {
    return this.#body === this.#bodyEnd ? this.#body : this.#at + 28
  }

  #read(bytes: Buffer): void {
    let at = 0
    if (!this.#format) {
      at = this.#hold(bytes, 0, FILE_HEADER)
      if (this.#held < FILE_HEADER) return
      this.#format = formatOf(this.#head)
      this.#held = 0
    }
    const source = viewOf(bytes)
    if (this.#held > 0 && this.#body === this.#bodyEnd) {
      at = this.#hold(bytes, at, PACKET_HEADER)
      if (this.#held < PACKET_HEADER) return
      this.#open()
    }
    if (this.#held > 0) {
      at = this.#fill(bytes, source, at)
      if (this.#body < this.#bodyEnd) return
      this.#close()
    }
    at = this.#wholePackets(bytes, source, at)
    at = this.#hold(bytes, at, PACKET_HEADER)
    if (this.#held < PACKET_HEADER) return
    this.#open()
    this.#fill(bytes, source, at)
  }

  /** Gathers a header; where its bytes end. */
  #hold(bytes: Buffer, from: number, length: number): number {
    const end = Math.min(bytes.length, from + length - this.#held)
    this.#held += bytes.copy(this.#head, this.#held, from, end)
    return end
  }

  /** The hot loop of a capture: what it needs lies in variables. */
  #wholePackets(bytes: Buffer, source: DataView, from: number): number {
    this.#makeRoom((bytes.length - from) * GROWTH, (bytes.length - from) / PACKET_HEADER)
    const { little, nanosecond } = this.#format ?? BY_DEFAULT
    const { blocks, view, starts, times } = this.#memory
    const id = this.#interface ?? 0
    let count = this.#count
    let target = this.#at
    let at = from
    while (at + PACKET_HEADER <= bytes.length) {
      const captured = source.getUint32(at + 8, little)
      const end = at + PACKET_HEADER + captured
      if (end > bytes.length || captured > LARGEST_PACKET) break
      if (this.#pass > 0) {
        this.#pass--
        this.#before++
      } else {
        const seconds = source.getUint32(at, little)
        const fraction = source.getUint32(at + 4, little)
        const ns = nanosecond ? fraction : fraction * 1000
        if (seconds !== this.#second) this.#setSecond(seconds)
        starts[count] = target
        times[count++] = seconds * 1000 + ns / 1e6
        const original = source.getUint32(at + 12, little)
        writeEnhancedHead(view, target, id, this.#high, this.#low + ns, captured, original)
        copyBytes(blocks, view, target + 28, bytes, source, at + PACKET_HEADER, captured)
        target += enhancedPacketLength(captured)
      }
      at = end
    }
    this.#count = count
    this.#at = target
    return at
  }

  /** Writes all of a packet's block but its bytes, from what `#head` holds. */
  #open(): void {
    const { little, nanosecond } = this.#format ?? BY_DEFAULT
    const source = this.#headView
    const seconds = source.getUint32(0, little)
    const fraction = source.getUint32(4, little)
    const captured = source.getUint32(8, little)
    if (captured > LARGEST_PACKET) throw new NotACapture('a packet from the pod has an impossible length')
    this.#makeRoom(enhancedPacketLength(captured), 1)
    const ns = nanosecond ? fraction : fraction * 1000
    if (seconds !== this.#second) this.#setSecond(seconds)
    const { view, starts, times } = this.#memory
    const at = this.#at
    starts[this.#count] = at
    times[this.#count] = seconds * 1000 + ns / 1e6
    const original = source.getUint32(12, little)
    writeEnhancedHead(view, at, this.#interface ?? 0, this.#high, this.#low + ns, captured, original)
    this.#body = at + 28
    this.#bodyEnd = this.#body + captured
  }

  /** The open packet is whole. */
  #close(): void {
    this.#held = 0
    this.#body = this.#bodyEnd
    if (this.#pass > 0) {
      this.#pass--
      this.#before++
      return
    }
    this.#at += enhancedPacketLength(this.#bodyEnd - this.#at - 28)
    this.#count++
  }

  #fill(bytes: Buffer, source: DataView, from: number): number {
    const count = Math.min(bytes.length - from, this.#bodyEnd - this.#body)
    const { blocks, view } = this.#memory
    copyBytes(blocks, view, this.#body, bytes, source, from, count)
    this.#body += count
    return from + count
  }

  /** seconds * 1e9 by halves, without BigInt: the product has more bits than a number holds. */
  #setSecond(seconds: number): void {
    this.#second = seconds
    const lower = (seconds & 0xffff) * 1e9
    const middle = (seconds >>> 16) * 1e9 + Math.floor(lower / 0x10000)
    this.#high = Math.floor(middle / 0x10000)
    this.#low = (middle - this.#high * 0x10000) * 0x10000 + (lower & 0xffff)
  }

  /** For so many bytes of blocks and packets more. */
  #makeRoom(bytes: number, packets: number): void {
    const old = this.#memory
    // With the open packet's block, of which all but bytes is written.
    const used = this.#at + (this.#body < this.#bodyEnd ? enhancedPacketLength(this.#bodyEnd - this.#at - 28) : 0)
    if (used + bytes <= old.blocks.length && this.#count + packets <= old.times.length) return
    const double = (wanted: number, there: number) => (wanted <= there ? there : Math.ceil(wanted) * 2)
    this.#memory = memoryFor(double(used + bytes, old.blocks.length), double(this.#count + packets, old.times.length))
    old.blocks.copy(this.#memory.blocks, 0, 0, used)
    this.#memory.starts.set(old.starts.subarray(0, this.#count))
    this.#memory.times.set(old.times.subarray(0, this.#count))
  }
}

function formatOf(head: Buffer): Format {
  const kinds: Readonly<Record<number, readonly [little: boolean, nanosecond: boolean]>> = {
    0xa1b2c3d4: [true, false],
    0xa1b23c4d: [true, true],
    0xd4c3b2a1: [false, false],
    0x4d3cb2a1: [false, true],
  }
  const kind = kinds[head.readUInt32LE(0)]
  if (!kind) throw new NotACapture('what came from the pod does not begin like a capture')
  const [little, nanosecond] = kind
  const u32 = (at: number) => (little ? head.readUInt32LE(at) : head.readUInt32BE(at))
  return { little, nanosecond, snapLength: u32(16), linkType: u32(20) & 0xffff }
}
