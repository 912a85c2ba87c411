import { enhancedPacketLength, writeEnhancedPacket } from './pcapng-blocks.ts'

// tcpdump's segments are classic captures; their packets become blocks of the capture's one file.
//
//   file:   [magic u32][version 2 x u16][zone u32][0 u32][snap length u32][link type u32]
//   packet: [seconds u32][micro- or nanoseconds u32][captured length u32][original length u32][bytes]

const FILE_HEADER = 24
const PACKET_HEADER = 16
const LARGEST_PACKET = 256 << 10

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
  const blocks = Buffer.allocUnsafe(bytes)
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

/** Batches may be on their way to the disk while the next are made. */
const SPARE = 4

/** Reads one point's segments, in pieces of any size. */
export class SegmentPackets {
  #rest: Buffer = Buffer.alloc(0)
  #segment = -1
  #index = 0
  readonly #known: SegmentPart
  #little = true
  #nanosecond = true
  readonly #spare: Memory[] = []
  facts: SegmentFacts | undefined

  /** `known`: these packets are known already and do not come out again. */
  constructor(known: SegmentPart = { segment: -1, packet: 0 }) {
    this.#known = known
  }

  /**
   * The packets that are whole with these bytes. `interfaceId` is asked for once the link type is known. What is left of a segment when the
   * next begins was cut there (tcpdump was killed) and is let go.
   */
  push(segment: number, bytes: Buffer, interfaceId: (facts: SegmentFacts) => number): PacketBatch | undefined {
    if (segment !== this.#segment) {
      this.#segment = segment
      this.#index = 0
      this.#rest = Buffer.alloc(0)
      this.facts = undefined
    }
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    if (!this.facts) {
      if (data.length < FILE_HEADER) {
        this.#rest = data
        return undefined
      }
      this.facts = this.#fileHeader(data)
      data = data.subarray(FILE_HEADER)
    }
    const { batch, used } = this.#packets(data, interfaceId(this.facts))
    // A copy: the piece may be a view of a large buffer.
    this.#rest = Buffer.from(data.subarray(used))
    return batch
  }

  #fileHeader(data: Buffer): SegmentFacts {
    const magic = data.readUInt32LE(0)
    const kinds: Readonly<Record<number, readonly [little: boolean, nanosecond: boolean]>> = {
      0xa1b2c3d4: [true, false],
      0xa1b23c4d: [true, true],
      0xd4c3b2a1: [false, false],
      0x4d3cb2a1: [false, true],
    }
    const kind = kinds[magic]
    if (!kind) throw new NotACapture('what came from the pod does not begin like a capture')
    ;[this.#little, this.#nanosecond] = kind
    const u32 = (at: number) => (this.#little ? data.readUInt32LE(at) : data.readUInt32BE(at))
    return { snapLength: u32(16), linkType: u32(20) & 0xffff }
  }

  #packets(data: Buffer, id: number): { readonly batch: PacketBatch | undefined; readonly used: number } {
    const little = this.#little
    const view = viewOf(data)
    let used = 0
    let room = 0
    let count = 0
    let known = this.#segment === this.#known.segment ? this.#known.packet - this.#index : 0
    let begin = 0
    while (used + PACKET_HEADER <= data.length) {
      const captured = view.getUint32(used + 8, little)
      if (captured > LARGEST_PACKET) throw new NotACapture('a packet from the pod has an impossible length')
      if (used + PACKET_HEADER + captured > data.length) break
      used += PACKET_HEADER + captured
      if (known > 0) {
        known--
        this.#index++
        begin = used
        continue
      }
      room += enhancedPacketLength(captured)
      count++
    }
    if (count === 0) return { batch: undefined, used }
    const spare = this.#spare.pop()
    const memory = spare && spare.blocks.length >= room && spare.times.length >= count ? spare : memoryFor(room, count)
    const { blocks, starts, times } = memory
    const nanosecond = this.#nanosecond
    let at = 0
    let index = 0
    // Nanoseconds since 1970 at the beginning of the second, in two halves of 32 bits; many packets have the same.
    let second = -1
    let high = 0
    let low = 0
    for (let from = begin; from < used; index++) {
      const seconds = view.getUint32(from, little)
      const fraction = view.getUint32(from + 4, little)
      const captured = view.getUint32(from + 8, little)
      const ns = nanosecond ? fraction : fraction * 1000
      if (seconds !== second) {
        second = seconds
        // seconds * 1e9 by halves, without BigInt: the product has more bits than a number holds.
        const lower = (seconds & 0xffff) * 1e9
        const middle = (seconds >>> 16) * 1e9 + Math.floor(lower / 0x10000)
        high = Math.floor(middle / 0x10000)
        low = (middle - high * 0x10000) * 0x10000 + (lower & 0xffff)
      }
      const sum = low + ns
      const carry = sum > 0xffffffff ? 1 : 0
      starts[index] = at
      times[index] = seconds * 1000 + ns / 1e6
      at = writeEnhancedPacket(
        blocks,
        memory.view,
        at,
        id,
        high + carry,
        sum - carry * 0x100000000,
        view.getUint32(from + 12, little),
        data,
        view,
        from + PACKET_HEADER,
        captured,
      )
      from += PACKET_HEADER + captured
    }
    starts[count] = at
    const release = () => {
      if (this.#spare.length < SPARE) this.#spare.push(memory)
    }
    const batch = {
      blocks: blocks.subarray(0, at),
      starts: starts.subarray(0, count + 1),
      times: times.subarray(0, count),
      segment: this.#segment,
      first: this.#index,
      release,
    }
    this.#index += count
    return { batch, used }
  }
}
