import { u32 } from '../bytes.ts'

const PRIME1 = 0x9e37_79b1_85eb_ca87n
const PRIME2 = 0xc2b2_ae3d_27d4_eb4fn
const PRIME3 = 0x1656_67b1_9e37_79f9n
const PRIME4 = 0x85eb_ca77_c2b2_ae63n
const PRIME5 = 0x27d4_eb2f_1656_67c5n
const STRIPE = 32

/** XXH64 with seed 0, of which zstd's checksum is the lower half. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export class XxHash64 {
  /** Four lanes, each its lower and its upper half. */
  readonly #lanes = new Int32Array(8)
  readonly #held = new Uint8Array(STRIPE)
  #heldLength = 0
  #length = 0

  constructor() {
    this.reset()
  }

  reset(): void {
    this.#heldLength = 0
    this.#length = 0
    for (const [lane, start] of [PRIME1 + PRIME2, PRIME2, 0n, -PRIME1].entries()) {
      this.#lanes[2 * lane] = Number(BigInt.asIntN(32, start))
      this.#lanes[2 * lane + 1] = Number(BigInt.asIntN(32, start >> 32n))
    }
  }

  update(bytes: Uint8Array): void {
    this.#length += bytes.length
    let at = 0
    if (this.#heldLength > 0) {
      at = Math.min(STRIPE - this.#heldLength, bytes.length)
      this.#held.set(bytes.subarray(0, at), this.#heldLength)
      this.#heldLength += at
      if (this.#heldLength < STRIPE) return
      stripes(this.#lanes, this.#held, 0, STRIPE)
      this.#heldLength = 0
    }
    const end = bytes.length - ((bytes.length - at) % STRIPE)
    stripes(this.#lanes, bytes, at, end)
    this.#held.set(bytes.subarray(end))
    this.#heldLength = bytes.length - end
  }

  /** The lower 32 bits. */
  low32(): number {
    let hash = PRIME5
    if (this.#length >= STRIPE) {
      const lanes = [0, 1, 2, 3].map(
        (lane) => (BigInt(this.#lanes[2 * lane + 1] >>> 0) << 32n) | BigInt(this.#lanes[2 * lane] >>> 0),
      )
      hash = wrap(lanes.reduce((sum, lane, i) => sum + rotated(lane, [1n, 7n, 12n, 18n][i]), 0n))
      for (const lane of lanes) hash = wrap((hash ^ round(lane)) * PRIME1 + PRIME4)
    }
    hash = wrap(hash + BigInt(this.#length))
    const held = this.#held
    let at = 0
    for (; at + 8 <= this.#heldLength; at += 8) {
      const eight = (BigInt(u32(held, at + 4, false)) << 32n) | BigInt(u32(held, at, false))
      hash = wrap(rotated(hash ^ round(eight), 27n) * PRIME1 + PRIME4)
    }
    if (at + 4 <= this.#heldLength) {
      hash = wrap(rotated(hash ^ wrap(BigInt(u32(held, at, false)) * PRIME1), 23n) * PRIME2 + PRIME3)
      at += 4
    }
    for (; at < this.#heldLength; at++) hash = wrap(rotated(hash ^ wrap(BigInt(held[at]) * PRIME5), 11n) * PRIME1)
    hash = wrap((hash ^ (hash >> 33n)) * PRIME2)
    hash = wrap((hash ^ (hash >> 29n)) * PRIME3)
    return Number((hash ^ (hash >> 32n)) & 0xffff_ffffn)
  }
}

function wrap(n: bigint): bigint {
  return BigInt.asUintN(64, n)
}

function rotated(n: bigint, bits: bigint): bigint {
  return wrap((n << bits) | (n >> (64n - bits)))
}

function round(input: bigint): bigint {
  return wrap(rotated(wrap(input * PRIME2), 31n) * PRIME1)
}

/**
 * lane = rotate(lane + input * PRIME2, 31) * PRIME1, for each lane and its 8 bytes of each stripe. In halves of 32 bits, products by
 * quarters of 16, because a BigInt costs fifty times as much.
 */
function stripes(lanes: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = from; at < to; at += STRIPE) {
    for (let lane = 0; lane < 8; lane += 2) {
      const low = view.getInt32(at + 4 * lane, true)
      const high = view.getInt32(at + 4 * lane + 4, true)
      // input * PRIME2: 0xc2b2ae3d 27d4 eb4f
      let q0 = low & 0xffff
      let q1 = low >>> 16
      let p0 = Math.imul(q0, 0xeb4f)
      let p1 = Math.imul(q0, 0x27d4)
      let p2 = Math.imul(q1, 0xeb4f)
      let middle = (p0 >>> 16) + (p1 & 0xffff) + (p2 & 0xffff)
      const productLow = (middle << 16) | (p0 & 0xffff)
      const productHigh =
        (Math.imul(q1, 0x27d4) +
          (p1 >>> 16) +
          (p2 >>> 16) +
          (middle >>> 16) +
          Math.imul(high, 0x27d4_eb4f) +
          Math.imul(low, 0xc2b2_ae3d)) |
        0
      const sumLow = (lanes[lane] + productLow) | 0
      const carry = sumLow >>> 0 < productLow >>> 0 ? 1 : 0
      const sumHigh = (lanes[lane + 1] + productHigh + carry) | 0
      // Rotated by 31: that is by 32, the halves swapped, and one back.
      const turnedLow = (sumHigh >>> 1) | (sumLow << 31)
      const turnedHigh = (sumLow >>> 1) | (sumHigh << 31)
      // times PRIME1: 0x9e3779b1 85eb ca87
      q0 = turnedLow & 0xffff
      q1 = turnedLow >>> 16
      p0 = Math.imul(q0, 0xca87)
      p1 = Math.imul(q0, 0x85eb)
      p2 = Math.imul(q1, 0xca87)
      middle = (p0 >>> 16) + (p1 & 0xffff) + (p2 & 0xffff)
      lanes[lane] = (middle << 16) | (p0 & 0xffff)
      lanes[lane + 1] =
        Math.imul(q1, 0x85eb) +
        (p1 >>> 16) +
        (p2 >>> 16) +
        (middle >>> 16) +
        Math.imul(turnedHigh, 0x85eb_ca87) +
        Math.imul(turnedLow, 0x9e37_79b1)
    }
  }
}
