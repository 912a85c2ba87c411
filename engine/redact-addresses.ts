/** Fills the bytes with random ones that nobody can guess. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void

/** A block of addresses that stays the same block: private stays private, link-local stays link-local. */
interface Block {
  readonly start: readonly number[]
  readonly bits: number
}

interface Node {
  readonly flip: 0 | 1
  zero?: Node
  one?: Node
}

/**
 * Replaces addresses of one family. Two that share their first n bits share as many afterwards, so that subnets stay subnets; which bits
 * those are is random. It is one to one, within each block too, and `constants` (and nothing else, but for one case in millions) stay as they are.
 */
class AddressMap {
  readonly #replaced = new Map<string, Uint8Array>()
  readonly #blocks: readonly Block[]
  readonly #keepBits: readonly number[]
  readonly #isConstant: (address: Uint8Array) => boolean
  readonly #bit: () => 0 | 1
  #root: Node | undefined

  constructor(
    bit: () => 0 | 1,
    isConstant: (address: Uint8Array) => boolean,
    blocks: readonly Block[],
    keepBits: readonly number[] = [],
  ) {
    this.#bit = bit
    this.#isConstant = isConstant
    this.#blocks = blocks
    this.#keepBits = keepBits
  }

  get count(): number {
    return this.#replaced.size
  }

  /** What the address becomes; the same each time. */
  replacement(address: Uint8Array): Uint8Array {
    if (this.#isConstant(address)) return address
    const key = address.join(' ')
    const known = this.#replaced.get(key)
    if (known) return known
    // What would become a constant is replaced once more, which keeps it one to one.
    let result = this.#flipped(address)
    while (this.#isConstant(result)) result = this.#flipped(result)
    this.#replaced.set(key, result)
    return result
  }

  /** A random tree decides for each prefix whether the bit behind it is turned over. */
  #flipped(address: Uint8Array): Uint8Array {
    const result = new Uint8Array(address)
    let node = (this.#root ??= this.#node(address, 0))
    for (let depth = 0; depth < address.length * 8; depth++) {
      if (node.flip) result[depth >> 3] ^= 0x80 >> (depth & 7)
      const next = depth + 1
      node = bitAt(address, depth)
        ? (node.one ??= this.#node(address, next))
        : (node.zero ??= this.#node(address, next))
    }
    return result
  }

  #node(address: Uint8Array, depth: number): Node {
    if (this.#keepBits.includes(depth) || this.#leadsToBlock(address, depth)) return { flip: 0 }
    // The first bit that is free is always turned over: no address stays what it was.
    if (depth === 0 || this.#leadsToBlock(address, depth - 1)) return { flip: 1 }
    return { flip: this.#bit() }
  }

  /** The first `depth` bits are those of a block that has more. */
  #leadsToBlock(address: Uint8Array, depth: number): boolean {
    return this.#blocks.some(({ start, bits }) => {
      if (bits <= depth) return false
      for (let i = 0; i < depth; i++) if (bitAt(start, i) !== bitAt(address, i)) return false
      return true
    })
  }
}

/** Bytes beyond the end are 0, so that a block's start can be given short. */
function bitAt(bytes: ArrayLike<number>, bit: number): number {
  return ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1
}

const zero = (bytes: Uint8Array, from: number, to: number) => bytes.subarray(from, to).every((byte) => byte === 0)

const IPV4_BLOCKS: readonly Block[] = [
  { start: [0], bits: 8 },
  { start: [10], bits: 8 },
  { start: [100, 64], bits: 10 },
  { start: [127], bits: 8 },
  { start: [169, 254], bits: 16 },
  { start: [172, 16], bits: 12 },
  { start: [192, 168], bits: 16 },
  { start: [224], bits: 4 },
  { start: [240], bits: 4 },
]

/** Unspecified, broadcast, this machine, and groups of the local network: they mean the same everywhere. */
function isIpv4Constant(address: Uint8Array): boolean {
  const [a, b, c, d] = address
  return (
    (a === 224 && b === 0 && c === 0) || address.every((byte) => byte === 255) || (zero(address, 1, 3) && isEnd(a, d))
  )
}

const isEnd = (a: number, d: number) => (a === 0 && d === 0) || (a === 127 && d === 1)

const IPV6_BLOCKS: readonly Block[] = [
  { start: [0x20], bits: 3 },
  { start: [0xfc], bits: 7 },
  { start: [0xfe, 0x80], bits: 64 },
  { start: [0xff], bits: 16 },
  // A group of each address's own (RFC 4291 section 2.7.1): its last 24 bits are the address's.
  { start: [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff], bits: 104 },
]

function isIpv6Constant(address: Uint8Array): boolean {
  if (address[0] === 0xff) return zero(address, 2, 13)
  return zero(address, 0, 15) && address[15] <= 1
}

const MAC_BLOCKS: readonly Block[] = [
  { start: [0x01, 0x00, 0x5e], bits: 25 },
  { start: [0x33, 0x33], bits: 16 },
]
/** Whether it is a group's, and whether it was given out locally. */
const MAC_KEEP_BITS = [6, 7]

function isMacConstant(address: Uint8Array): boolean {
  const [a, b, c] = address
  if (a === 0x33 && b === 0x33) return zero(address, 2, 5)
  if (a === 1) return ((b === 0 && c === 0x5e) || (b === 0x80 && c === 0xc2)) && zero(address, 3, 5)
  return zero(address, 0, 6) || address.every((byte) => byte === 255)
}

/** Replaces the addresses of one export: consistently within it, and with what can't be found out from it. */
export class AddressReplacer {
  readonly ipv4: AddressMap
  readonly ipv6: AddressMap
  readonly mac: AddressMap

  constructor(random: FillRandom) {
    const bit = bitsOf(random)
    this.ipv4 = new AddressMap(bit, isIpv4Constant, IPV4_BLOCKS)
    this.ipv6 = new AddressMap(bit, isIpv6Constant, IPV6_BLOCKS)
    this.mac = new AddressMap(bit, isMacConstant, MAC_BLOCKS, MAC_KEEP_BITS)
  }

  get count(): number {
    return this.ipv4.count + this.ipv6.count + this.mac.count
  }
}

function bitsOf(random: FillRandom): () => 0 | 1 {
  const pool = new Uint8Array(256)
  let used = pool.length * 8
  return () => {
    if (used === pool.length * 8) {
      random(pool)
      used = 0
    }
    return bitAt(pool, used++) ? 1 : 0
  }
}
