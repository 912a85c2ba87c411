// The two entropy coders of zstd (RFC 8878, section 4): finite state entropy and Huffman, as tables to decode with.
// All of it throws ZstdError on what no encoder makes; nothing reads behind `end` but zeros (see ZstdDecompressor: blocks are padded).

export class ZstdError extends Error {}

function invalid(what: string): never {
  throw new ZstdError(what)
}

/** Position of the highest bit that is set; -1 for none. */
function highestBit(n: number): number {
  return 31 - Math.clz32(n)
}

/** A bit stream that is read from its end to its start; a set bit above the first says where it begins. */
export class BackwardBits {
  bytes: Uint8Array = new Uint8Array(0)
  from = 0
  /** Bits not yet taken; negative once more were wanted than there are. */
  left = 0

  open(bytes: Uint8Array, from: number, to: number): void {
    if (to <= from || bytes[to - 1] === 0) invalid('a bit stream has no beginning')
    this.bytes = bytes
    this.from = from
    this.left = (to - 1 - from) * 8 + highestBit(bytes[to - 1])
  }

  /** The next `count` bits, at most 24. Behind the end there are zeros. */
  take(count: number): number {
    const left = (this.left -= count)
    if (left < 0) return this.#last(count)
    const { bytes } = this
    const at = this.from + (left >>> 3)
    const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    return (four >>> (left & 7)) & ((1 << count) - 1)
  }

  #last(count: number): number {
    const there = this.left + count
    if (there <= 0) return 0
    const { bytes, from } = this
    const four = bytes[from] | (bytes[from + 1] << 8) | (bytes[from + 2] << 16) | (bytes[from + 3] << 24)
    return (four & ((1 << there) - 1)) << (count - there)
  }
}

/** A finite state table: for each state the symbol, how many bits to take, and what to add to them for the next state. */
export interface StateTable {
  readonly log: number
  /** symbol | bits << 8 | base << 16 */
  readonly states: Uint32Array
}

/** The table of these probabilities, which sum up to 2^log; -1 is "less than one". RFC 8878, section 4.1.1. */
export function stateTable(probabilities: ArrayLike<number>, log: number): StateTable {
  const size = 1 << log
  const mask = size - 1
  const states = new Uint32Array(size)
  const next = new Uint16Array(probabilities.length)
  let high = size - 1
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    if (probabilities[symbol] === -1) {
      states[high--] = symbol
      next[symbol] = 1
    }
  }
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    const probability = probabilities[symbol]
    if (probability <= 0) continue
    next[symbol] = probability
    for (let i = 0; i < probability; i++) {
      states[at] = symbol
      do at = (at + step) & mask
      while (at > high)
    }
  }
  for (let state = 0; state < size; state++) {
    const symbol = states[state]
    const count = next[symbol]++
    const bits = log - highestBit(count)
    states[state] = symbol | (bits << 8) | (((count << bits) - size) << 16)
  }
  return { log, states }
}

/** A table that always says `symbol`. */
export function singleState(symbol: number): StateTable {
  return { log: 0, states: Uint32Array.of(symbol) }
}

/** Reads the description of a table from `bytes[from, end)`. Returns it and where it ends. */
export function readStateTable(
  bytes: Uint8Array,
  from: number,
  end: number,
  maximumLog: number,
  maximumSymbol: number,
): { readonly table: StateTable; readonly end: number } {
  let bit = from * 8
  const peek = (count: number): number => {
    const at = bit >>> 3
    const three = at + 2 < end ? bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) : tail(bytes, at, end)
    return (three >>> (bit & 7)) & ((1 << count) - 1)
  }
  const log = peek(4) + 5
  if (log > maximumLog) invalid('a table is too precise')
  bit += 4
  const probabilities: number[] = []
  let left = 1 << log
  while (left > 0) {
    if (probabilities.length > maximumSymbol) invalid('a table has too many symbols')
    // A value up to left + 1; the smaller ones save a bit where all of them do not fill the bits.
    const bits = highestBit(left + 1) + 1
    const spare = (1 << bits) - 2 - left
    let value = peek(bits)
    const low = value & ((1 << (bits - 1)) - 1)
    if (low < spare) {
      bit += bits - 1
      value = low
    } else {
      bit += bits
      if (value >= 1 << (bits - 1)) value -= spare
    }
    const probability = value - 1
    left -= Math.abs(probability)
    probabilities.push(probability)
    if (probability !== 0) continue
    // How many more zeros follow, two bits at a time.
    let zeros: number
    do {
      zeros = peek(2)
      bit += 2
      for (let i = 0; i < zeros; i++) probabilities.push(0)
    } while (zeros === 3 && probabilities.length <= maximumSymbol)
  }
  const after = (bit + 7) >>> 3
  if (left < 0 || after > end || probabilities.length > maximumSymbol + 1) invalid('a table does not add up')
  return { table: stateTable(probabilities, log), end: after }
}

function tail(bytes: Uint8Array, at: number, end: number): number {
  return (at < end ? bytes[at] : 0) | (at + 1 < end ? bytes[at + 1] << 8 : 0)
}

/** A Huffman table: for each value of the next `bits` bits the symbol, and how many of them are its. */
export interface HuffmanTable {
  readonly bits: number
  /** symbol | bits << 8 */
  readonly codes: Uint16Array
}

const LONGEST_CODE = 11

/** Reads the description of a Huffman table from `bytes[from, end)`. Returns it and where it ends. RFC 8878, section 4.2.1. */
export function readHuffmanTable(
  bytes: Uint8Array,
  from: number,
  end: number,
): { readonly table: HuffmanTable; readonly end: number } {
  if (from >= end) invalid('a Huffman table is missing')
  const header = bytes[from]
  const weights = new Uint8Array(256)
  let count: number
  let after: number
  if (header >= 128) {
    count = header - 127
    after = from + 1 + ((count + 1) >> 1)
    if (after > end) invalid('a Huffman table is cut')
    for (let i = 0; i < count; i++) {
      const two = bytes[from + 1 + (i >> 1)]
      weights[i] = i & 1 ? two & 15 : two >> 4
    }
  } else {
    after = from + 1 + header
    if (after > end) invalid('a Huffman table is cut')
    count = readWeights(bytes, from + 1, after, weights)
  }

  // A weight w stands for 2^(w-1) of the table; the last symbol's is not written down: it fills the table up to a power of two.
  let sum = 0
  for (let i = 0; i < count; i++) {
    if (weights[i] > LONGEST_CODE) invalid('a Huffman code is too long')
    sum += weights[i] > 0 ? 1 << (weights[i] - 1) : 0
  }
  if (sum === 0) invalid('a Huffman table is empty')
  const bits = highestBit(sum) + 1
  const rest = (1 << bits) - sum
  if (bits > LONGEST_CODE || (rest & (rest - 1)) !== 0) invalid('a Huffman table does not add up')
  weights[count++] = highestBit(rest) + 1

  const codes = new Uint16Array(1 << bits)
  let at = 0
  for (let weight = 1; weight <= bits; weight++) {
    const entries = 1 << (weight - 1)
    for (let symbol = 0; symbol < count; symbol++) {
      if (weights[symbol] !== weight) continue
      codes.fill(symbol | ((bits + 1 - weight) << 8), at, at + entries)
      at += entries
    }
  }
  return { table: { bits, codes }, end: after }
}

/** Weights packed with a state table: two states take turns until the bits run out. Returns how many there are. */
function readWeights(bytes: Uint8Array, from: number, to: number, weights: Uint8Array): number {
  const { table, end } = readStateTable(bytes, from, to, 6, 255)
  const { states, log } = table
  const bits = new BackwardBits()
  bits.open(bytes, end, to)
  let now = bits.take(log)
  let other = bits.take(log)
  let count = 0
  for (;;) {
    if (count >= 254) invalid('a Huffman table has too many symbols')
    const state = states[now]
    weights[count++] = state & 0xff
    now = (state >>> 16) + bits.take((state >>> 8) & 0xff)
    // The state that could not be filled is not used; the other one still holds a symbol.
    if (bits.left < 0) {
      weights[count++] = states[other] & 0xff
      return count
    }
    const swap = now
    now = other
    other = swap
  }
}

/** Decodes `count` symbols of the bit stream `bytes[from, to)`, which has to hold exactly these, to `out[at...]`. */
export function decodeHuffman(
  { bits, codes }: HuffmanTable,
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
  count: number,
): void {
  if (to <= from || bytes[to - 1] === 0) invalid('a bit stream has no beginning')
  let left = (to - 1 - from) * 8 + highestBit(bytes[to - 1])
  const mask = (1 << bits) - 1
  const end = at + count
  while (at < end) {
    const low = left - bits
    let index: number
    if (low >= 0) {
      const byte = from + (low >>> 3)
      index = ((bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16)) >>> (low & 7)) & mask
    } else {
      if (left <= 0) invalid('literals are cut')
      index = (((bytes[from] | (bytes[from + 1] << 8)) & ((1 << left) - 1)) << -low) & mask
    }
    const code = codes[index]
    out[at++] = code
    left -= code >>> 8
  }
  if (left !== 0) invalid('literals are left over')
}
