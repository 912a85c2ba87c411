import { ByteWriter } from './byte-writer.ts'

export interface PcapOptions {
  /** LINKTYPE_ value. */
  readonly linkType: number
  /** Default 262144. */
  readonly snapLength?: number
}

/**
 * Writes a classic pcap with nanoseconds, little-endian. What it has written so far is fetched with `take()`; whoever writes much does
 * so whenever `pending` is large.
 */
export class PcapWriter {
  readonly #out = new ByteWriter()

  constructor({ linkType, snapLength = 262_144 }: PcapOptions) {
    const out = this.#out
    out.u32(0xa1b2_3c4d)
    out.u16(2)
    out.u16(4)
    out.u32(0)
    out.u32(0)
    out.u32(snapLength)
    out.u32(linkType)
  }

  /** `time` is nanoseconds since 1970, up to the year 2106; `length` that on the wire, when the frame was cut. */
  packet(time: bigint, bytes: Uint8Array, length = bytes.length): void {
    const out = this.#out
    out.u32(Number(time / 1_000_000_000n))
    out.u32(Number(time % 1_000_000_000n))
    out.u32(bytes.length)
    out.u32(length)
    out.bytes(bytes)
  }

  get pending(): number {
    return this.#out.length
  }

  take(): Uint8Array {
    return this.#out.take()
  }
}
