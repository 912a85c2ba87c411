import {
  BackwardBits,
  decodeHuffman,
  type HuffmanTable,
  readHuffmanTable,
  readStateTable,
  singleState,
  type StateTable,
  stateTable,
  ZstdError,
} from './zstd-entropy.ts'

/** The most a block may hold, packed or unpacked. */
export const MAXIMUM_BLOCK = 128 * 1024

function invalid(what: string): never {
  throw new ZstdError(what)
}

// prettier-ignore
const LITERAL_LENGTH_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]
// prettier-ignore
const MATCH_LENGTH_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]
const LITERAL_LENGTHS = lengths(LITERAL_LENGTH_BITS, 0)
const MATCH_LENGTHS = lengths(MATCH_LENGTH_BITS, 3)

/** The shortest length of each code: they follow each other without gaps. */
function lengths(bits: readonly number[], first: number): Int32Array {
  let length = first
  return Int32Array.from(bits, (count) => {
    const start = length
    length += 1 << count
    return start
  })
}

// The tables in use when a block says "predefined". RFC 8878, section 3.1.1.3.2.2.
const LITERAL_LENGTH_TABLE = stateTable(
  // prettier-ignore
  [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
  6,
)
const MATCH_LENGTH_TABLE = stateTable(
  // prettier-ignore
  [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
  ],
  6,
)
const OFFSET_TABLE = stateTable(
  [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  5,
)
/** Offsets beyond 2^28 are behind any window we take. */
const HIGHEST_OFFSET_CODE = 27

/**
 * What the frame has given so far, as far back as its window reaches. The buffer grows with what is written, up to the window and some
 * more, so that the window has to be moved to its start only now and then.
 */
export class ZstdWindow {
  bytes = new Uint8Array(0)
  /** One past the last byte written. */
  end = 0
  #size = 0

  /** A new frame, whose matches reach back `size` bytes. */
  reset(size: number): void {
    this.end = 0
    this.#size = size
  }

  /** Makes room for another block. */
  reserve(): void {
    const wanted = this.end + MAXIMUM_BLOCK
    if (wanted <= this.bytes.length) return
    const most = this.#size + Math.min(this.#size, 8 * MAXIMUM_BLOCK) + MAXIMUM_BLOCK
    if (wanted > most && this.end > this.#size) {
      this.bytes.copyWithin(0, this.end - this.#size, this.end)
      this.end = this.#size
      if (this.end + MAXIMUM_BLOCK <= this.bytes.length) return
    }
    const larger = new Uint8Array(Math.min(Math.max(2 * this.bytes.length, wanted), Math.max(most, wanted)))
    larger.set(this.bytes.subarray(0, this.end))
    this.bytes = larger
  }
}

/**
 * The compressed blocks of one frame: literals, and sequences that say how many of them to take and what to repeat. RFC 8878, section
 * 3.1.1.3. Whatever the input, at most MAXIMUM_BLOCK bytes are written a block, and nothing outside the window is read.
 */
export class ZstdBlocks {
  readonly #window: ZstdWindow
  readonly #bits = new BackwardBits()
  readonly #literals = new Uint8Array(MAXIMUM_BLOCK)
  #literalsLength = 0
  // Kept from block to block, which may say "the same again".
  #huffman: HuffmanTable | undefined
  #literalLengths: StateTable | undefined
  #offsets: StateTable | undefined
  #matchLengths: StateTable | undefined
  #recent1 = 1
  #recent2 = 4
  #recent3 = 8

  constructor(window: ZstdWindow) {
    this.#window = window
  }

  /** A new frame: nothing is "the same again". */
  reset(): void {
    this.#huffman = undefined
    this.#literalLengths = undefined
    this.#offsets = undefined
    this.#matchLengths = undefined
    this.#recent1 = 1
    this.#recent2 = 4
    this.#recent3 = 8
  }

  /** Decodes the block `bytes[from, to)` to the end of the window, which has room. Behind `to` there are four zeros. */
  decode(bytes: Uint8Array, from: number, to: number): void {
    this.#sequences(bytes, this.#readLiterals(bytes, from, to), to)
  }

  /** Fills #literals and returns where the sequences start. */
  #readLiterals(bytes: Uint8Array, from: number, to: number): number {
    if (from >= to) invalid('a block is empty')
    const first = bytes[from]
    const kind = first & 3
    const format = (first >> 2) & 3
    if (kind < 2) {
      // Raw, or one byte many times: 5, 12 or 20 bits of length.
      const header = format === 1 ? 2 : format === 3 ? 3 : 1
      const three = first | (bytes[from + 1] << 8) | (bytes[from + 2] << 16)
      const length = header === 1 ? first >> 3 : (header === 2 ? three & 0xffff : three) >> 4
      const at = from + header
      const end = at + (kind === 0 ? length : 1)
      if (end > to || length > MAXIMUM_BLOCK) invalid('literals are cut')
      if (kind === 0) this.#literals.set(bytes.subarray(at, end))
      else this.#literals.fill(bytes[at], 0, length)
      this.#literalsLength = length
      return end
    }
    // Huffman codes, with their table or that of the block before: two lengths of 10, 14 or 18 bits, in one or four streams.
    const header = format < 2 ? 3 : format + 2
    const width = format < 2 ? 10 : 4 * format + 6
    if (from + header > to) invalid('literals are cut')
    const low = first | (bytes[from + 1] << 8) | (bytes[from + 2] << 16) | (bytes[from + 3] << 24)
    const mask = (1 << width) - 1
    const length = (low >>> 4) & mask
    const packed = width === 18 ? (low >>> 22) | (bytes[from + 4] << 10) : (low >>> (4 + width)) & mask
    let at = from + header
    const end = at + packed
    if (end > to || length > MAXIMUM_BLOCK) invalid('literals are cut')
    if (kind === 2) {
      const { table, end: after } = readHuffmanTable(bytes, at, end)
      this.#huffman = table
      at = after
    }
    if (!this.#huffman) invalid('a block refers to a Huffman table before there was one')
    if (format === 0) decodeHuffman(this.#huffman, bytes, at, end, this.#literals, 0, length)
    else this.#fourStreams(this.#huffman, bytes, at, end, length)
    this.#literalsLength = length
    return end
  }

  /** Three lengths of two bytes, then four streams, each of which gives a quarter. */
  #fourStreams(table: HuffmanTable, bytes: Uint8Array, from: number, to: number, length: number): void {
    if (from + 6 > to) invalid('literals are cut')
    const quarter = (length + 3) >> 2
    let at = from + 6
    for (let i = 0; i < 4; i++) {
      const end = i < 3 ? at + (bytes[from + 2 * i] | (bytes[from + 2 * i + 1] << 8)) : to
      const count = i < 3 ? quarter : length - 3 * quarter
      if (end > to || count < 0) invalid('literals are cut')
      decodeHuffman(table, bytes, at, end, this.#literals, i * quarter, count)
      at = end
    }
  }

  #sequences(bytes: Uint8Array, from: number, to: number): void {
    if (from >= to) invalid('a block has no sequences')
    let at = from
    let count = bytes[at++]
    if (count === 255) {
      count = (bytes[at] | (bytes[at + 1] << 8)) + 0x7f00
      at += 2
    } else if (count > 127) {
      count = ((count - 128) << 8) | bytes[at++]
    }
    if (count > 0) {
      const modes = bytes[at++]
      if (at > to || modes & 3) invalid('a block has no valid sequences')
      const read = (mode: number, log: number, symbols: number, standard: StateTable, last: StateTable | undefined) => {
        if (mode === 0) return standard
        if (mode === 3) return last ?? invalid('a block refers to a table before there was one')
        if (mode === 1) {
          if (at >= to || bytes[at] > symbols) invalid('a table is cut')
          return singleState(bytes[at++])
        }
        const { table, end } = readStateTable(bytes, at, to, log, symbols)
        at = end
        return table
      }
      this.#literalLengths = read(modes >> 6, 9, 35, LITERAL_LENGTH_TABLE, this.#literalLengths)
      this.#offsets = read((modes >> 4) & 3, 8, 31, OFFSET_TABLE, this.#offsets)
      this.#matchLengths = read((modes >> 2) & 3, 9, 52, MATCH_LENGTH_TABLE, this.#matchLengths)
      this.#execute(count, this.#literalLengths, this.#offsets, this.#matchLengths, bytes, at, to)
    } else {
      if (at !== to) invalid('a block is longer than its content')
      this.#append(0)
    }
  }

  #execute(
    count: number,
    literalLengths: StateTable,
    offsets: StateTable,
    matchLengths: StateTable,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    const bits = this.#bits
    bits.open(bytes, from, to)
    const window = this.#window
    const out = window.bytes
    const literals = this.#literals
    const most = window.end + MAXIMUM_BLOCK
    let end = window.end
    let taken = 0
    let literalState = literalLengths.states[bits.take(literalLengths.log)]
    let offsetState = offsets.states[bits.take(offsets.log)]
    let matchState = matchLengths.states[bits.take(matchLengths.log)]
    for (;;) {
      const offsetCode = offsetState & 0xff
      if (offsetCode > HIGHEST_OFFSET_CODE) invalid('a match is further back than the window')
      const upper = offsetCode > 16 ? bits.take(offsetCode - 16) : 0
      const lower = bits.take(offsetCode > 16 ? 16 : offsetCode)
      const offsetValue = (1 << offsetCode) + (offsetCode > 16 ? upper * 0x1_0000 + lower : lower)
      const matchCode = matchState & 0xff
      const match = MATCH_LENGTHS[matchCode] + bits.take(MATCH_LENGTH_BITS[matchCode])
      const literalCode = literalState & 0xff
      const literal = LITERAL_LENGTHS[literalCode] + bits.take(LITERAL_LENGTH_BITS[literalCode])
      if (bits.left < 0) invalid('sequences are cut')

      const offset = this.#offset(offsetValue, literal)
      if (taken + literal > this.#literalsLength || end + literal + match > most) {
        invalid('a sequence gives more than there is')
      }
      if (offset > end + literal) invalid('a match is further back than the beginning')
      if (literal > 32) {
        out.set(literals.subarray(taken, taken + literal), end)
        end += literal
        taken += literal
      } else {
        for (let i = 0; i < literal; i++) out[end++] = literals[taken++]
      }
      if (match > 32 && offset >= match) {
        out.copyWithin(end, end - offset, end - offset + match)
        end += match
      } else {
        // Byte by byte: a match may repeat what it has just written.
        let source = end - offset
        for (const stop = end + match; end < stop;) out[end++] = out[source++]
      }

      if (--count === 0) break
      literalState = literalLengths.states[(literalState >>> 16) + bits.take((literalState >>> 8) & 0xff)]
      matchState = matchLengths.states[(matchState >>> 16) + bits.take((matchState >>> 8) & 0xff)]
      offsetState = offsets.states[(offsetState >>> 16) + bits.take((offsetState >>> 8) & 0xff)]
    }
    if (bits.left !== 0) invalid('sequences are left over')
    const written = end - window.end
    window.end = end
    if (written + this.#literalsLength - taken > MAXIMUM_BLOCK) invalid('a block gives more than it may')
    this.#append(taken)
  }

  /** Values of 1 to 3 stand for the offsets used last; without literals, the first of which would be pointless, for others. */
  #offset(value: number, literal: number): number {
    if (value > 3) {
      this.#recent3 = this.#recent2
      this.#recent2 = this.#recent1
      return (this.#recent1 = value - 3)
    }
    const which = literal === 0 ? value + 1 : value
    if (which === 1) return this.#recent1
    const offset = which === 2 ? this.#recent2 : which === 3 ? this.#recent3 : this.#recent1 - 1
    if (offset <= 0) invalid('a match has no distance')
    if (which > 2) this.#recent3 = this.#recent2
    this.#recent2 = this.#recent1
    return (this.#recent1 = offset)
  }

  /** The literals that no sequence took. */
  #append(taken: number): void {
    const window = this.#window
    window.bytes.set(this.#literals.subarray(taken, this.#literalsLength), window.end)
    window.end += this.#literalsLength - taken
  }
}
