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
  readonly starts: readonly number[]
  /** Milliseconds since 1970, to order by. */
  readonly times: readonly number[]
  /** To be called when the blocks are used up: their memory serves the next batch. */
  readonly release?: () => void
}

export interface SegmentFacts {
  readonly linkType: number
  readonly snapLength: number
}

/** The bytes are not those of a capture file. */
export class NotACapture extends Error {}

/** Reads one point's segments, in pieces of any size. */
export class SegmentPackets {
  #rest: Buffer = Buffer.alloc(0)
  #segment = -1
  #little = true
  #nanosecond = true
  readonly #spare: Buffer[] = []
  facts: SegmentFacts | undefined

  /**
   * The packets that are whole with these bytes. `interfaceId` is asked for once the link type is known. What is left of a segment when the
   * next begins was cut there (tcpdump was killed) and is let go.
   */
  push(segment: number, bytes: Buffer, interfaceId: (facts: SegmentFacts) => number): PacketBatch | undefined {
    if (segment !== this.#segment) {
      this.#segment = segment
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
    const u32 = (at: number) => (little ? data.readUInt32LE(at) : data.readUInt32BE(at))
    let used = 0
    let room = 0
    let count = 0
    while (used + PACKET_HEADER <= data.length) {
      const captured = u32(used + 8)
      if (captured > LARGEST_PACKET) throw new NotACapture('a packet from the pod has an impossible length')
      if (used + PACKET_HEADER + captured > data.length) break
      used += PACKET_HEADER + captured
      room += enhancedPacketLength(captured)
      count++
    }
    if (count === 0) return { batch: undefined, used }
    const spare = this.#spare.pop()
    const blocks = spare && spare.length >= room ? spare : Buffer.allocUnsafe(room)
    const starts: number[] = []
    const times: number[] = []
    let at = 0
    for (let from = 0; from < used;) {
      const seconds = u32(from)
      const fraction = u32(from + 4)
      const captured = u32(from + 8)
      const ns = this.#nanosecond ? fraction : fraction * 1000
      // seconds * 1e9 + ns in two halves of 32 bits, without BigInt: 1e9 = 0x3b9aca00.
      const low = (seconds & 0xffff) * 1e9 + ns
      const middle = (seconds >>> 16) * 1e9 + Math.floor(low / 0x10000)
      starts.push(at)
      times.push(seconds * 1000 + ns / 1e6)
      at = writeEnhancedPacket(
        blocks,
        at,
        id,
        Math.floor(middle / 0x10000),
        ((middle % 0x10000) * 0x10000 + (low % 0x10000)) >>> 0,
        u32(from + 12),
        data,
        from + PACKET_HEADER,
        captured,
      )
      from += PACKET_HEADER + captured
    }
    starts.push(at)
    const release = () => {
      if (this.#spare.length < 2) this.#spare.push(blocks)
    }
    return { batch: { blocks: blocks.subarray(0, at), starts, times, release }, used }
  }
}
