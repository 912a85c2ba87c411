/** Why deflated data can't be gone on with. */
export class InflateError extends Error {}

function invalid(what: string): never {
  throw new InflateError(what)
}

const WINDOW = 32_768
const OUTPUT = 65_536
const LONGEST_MATCH = 258
/**
 * Bytes of input that have to be there for a symbol to be begun: it takes up to 48 bits, and 7 more are read ahead. At the end of the
 * data they are those of gzip's trailer.
 */
const AHEAD = 8

// prettier-ignore
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_BITS = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1))
const LENGTHS = starts(LENGTH_BITS, 3)
LENGTHS[28] = LONGEST_MATCH
const DISTANCES = starts(DISTANCE_BITS, 1)
/** The order in which the lengths of the codes for code lengths are written. RFC 1951, section 3.2.7. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

function starts(bits: readonly number[], first: number): Int32Array {
  let next = first
  return Int32Array.from(bits, (count) => {
    const start = next
    next += 1 << count
    return start
  })
}

/** For each value of the next `bits` bits: symbol << 4 | length of its code; 0 = no such code. */
interface CodeTable {
  readonly bits: number
  readonly codes: Uint16Array
}

/**
 * `lengths[from, to)` are the code lengths of the symbols, 0 = unused. Codes have to fill all their bits, but for a table of none or,
 * where `mayBeSingle`, of one of one bit. RFC 1951, section 3.2.2.
 */
function codeTable(lengths: Uint8Array, from: number, to: number, mayBeSingle = true): CodeTable {
  const counts = new Uint16Array(16)
  for (let i = from; i < to; i++) counts[lengths[i]]++
  counts[0] = 0
  let bits = 15
  while (bits > 1 && counts[bits] === 0) bits--
  // Codes of a length follow each other; the first one follows from those that are shorter.
  const next = new Uint16Array(16)
  let code = 0
  for (let length = 1; length <= bits; length++) {
    code = (code + counts[length - 1]) << 1
    next[length] = code
    if (code + counts[length] > 1 << length) invalid('a table has more codes than fit')
  }
  const used = next[bits] + counts[bits]
  if (used !== 1 << bits && used !== 0 && !(mayBeSingle && bits === 1)) invalid('a table has fewer codes than fit')
  const codes = new Uint16Array(1 << bits)
  for (let i = from; i < to; i++) {
    const length = lengths[i]
    if (length === 0) continue
    // Codes come highest bit first, everything else lowest bit first.
    let reversed = 0
    for (let bit = 0, rest = next[length]++; bit < length; bit++, rest >>= 1) reversed = (reversed << 1) | (rest & 1)
    const entry = ((i - from) << 4) | length
    for (let at = reversed; at < codes.length; at += 1 << length) codes[at] = entry
  }
  return { bits, codes }
}

const FIXED_LENGTHS = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280)
const FIXED_LITERALS = codeTable(FIXED_LENGTHS, 0, 288)
const FIXED_DISTANCES = codeTable(new Uint8Array(32).fill(5), 0, 32)

/**
 * Inflates one deflate stream (RFC 1951) from pieces of any size. Gives its content out in pieces of up to 64 KiB, which are valid during
 * the call only; nothing it is given makes it take more memory.
 */
export class Inflater {
  /** The last block has ended. */
  done = false
  readonly #out: (bytes: Uint8Array) => void
  readonly #window = new Uint8Array(WINDOW + OUTPUT + LONGEST_MATCH)
  /** End of what was written to the window, and of what was given out. */
  #end = 0
  #given = 0
  /** Bytes the stream has given, as far as matches can reach: no match goes back behind its beginning. */
  #history = 0

  #input: Uint8Array = new Uint8Array(0)
  #at = 0
  #to = 0
  /** No more input will come. */
  #final = false
  // Bits taken out of the input, the next one lowest.
  #hold = 0
  #bits = 0

  #stage: 'block' | 'stored' | 'symbols' = 'block'
  #last = false
  #stored = 0
  #literals = FIXED_LITERALS
  #distances = FIXED_DISTANCES

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out
  }

  /** A new stream. */
  reset(): void {
    this.done = false
    this.#end = this.#given = this.#history = 0
    this.#hold = this.#bits = 0
    this.#stage = 'block'
  }

  /**
   * Inflates from `input[at, to)` as much as can be, and returns where it stopped: behind the stream when `done`, else where the next
   * call has to begin, with more input. `final` says that there is none. Throws InflateError; what came before has been given out.
   */
  inflate(input: Uint8Array, at: number, to: number, final: boolean): number {
    this.#input = input
    this.#at = at
    this.#to = to
    this.#final = final
    try {
      while (!this.done && this.#step());
    } finally {
      this.#give()
    }
    // Whole bytes that were taken ahead go back.
    this.#at -= this.#bits >>> 3
    this.#bits &= 7
    this.#hold &= (1 << this.#bits) - 1
    return this.#at
  }

  /** False when more input is needed. */
  #step(): boolean {
    if (this.#stage === 'block') return this.#block()
    const more = this.#stage === 'stored' ? this.#copyStored() : this.#symbols()
    if (!more) return false
    this.#stage = 'block'
    this.done = this.#last
    return true
  }

  /** The start of a block. When the input ends in it, all is put back to where it was. */
  #block(): boolean {
    const at = this.#at
    const hold = this.#hold
    const bits = this.#bits
    try {
      this.#blockHeader()
      if (this.#left >= 0) return true
    } catch (error) {
      if (this.#left >= 0) throw error
    }
    this.#at = at
    this.#hold = hold
    this.#bits = bits
    this.#stage = 'block'
    return false
  }

  #blockHeader(): void {
    this.#fill()
    this.#last = this.#take(1) === 1
    const kind = this.#take(2)
    if (kind === 3) invalid('a block is of no known kind')
    if (kind === 0) {
      this.#take(this.#bits & 7)
      this.#fill()
      this.#stored = this.#take(16)
      this.#fill()
      if (this.#take(16) !== (~this.#stored & 0xffff)) invalid('the length of a block does not fit its check')
      this.#at -= this.#bits >>> 3
      this.#hold = this.#bits = 0
      this.#stage = 'stored'
      return
    }
    if (kind === 1) {
      this.#literals = FIXED_LITERALS
      this.#distances = FIXED_DISTANCES
    } else {
      this.#tables()
    }
    this.#stage = 'symbols'
  }

  #tables(): void {
    this.#fill()
    const literals = this.#take(5) + 257
    const distances = this.#take(5) + 1
    const count = this.#take(4) + 4
    if (literals > 286 || distances > 30) invalid('a table has too many symbols')
    const lengths = new Uint8Array(320)
    for (let i = 0; i < count; i++) {
      this.#fill()
      lengths[CODE_LENGTH_ORDER[i]] = this.#take(3)
    }
    const table = codeTable(lengths, 0, 19, false)
    lengths.fill(0)
    for (let i = 0; i < literals + distances;) {
      this.#fill()
      const code = table.codes[this.#hold & ((1 << table.bits) - 1)]
      if (code === 0) invalid('a table has a code that was not defined')
      this.#take(code & 15)
      const symbol = code >>> 4
      if (symbol < 16) {
        lengths[i++] = symbol
        continue
      }
      if (symbol === 16 && i === 0) invalid('a table repeats what is not there')
      const value = symbol === 16 ? lengths[i - 1] : 0
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7)
      if (i + times > literals + distances) invalid('a table has too many symbols')
      lengths.fill(value, i, i + times)
      i += times
    }
    if (lengths[256] === 0) invalid('a block has no end')
    this.#literals = codeTable(lengths, 0, literals)
    this.#distances = codeTable(lengths, literals, literals + distances)
  }

  #copyStored(): boolean {
    while (this.#stored > 0 && this.#at < this.#to) {
      const room = this.#room()
      const length = Math.min(this.#stored, this.#to - this.#at, room)
      this.#window.set(this.#input.subarray(this.#at, this.#at + length), this.#end)
      this.#at += length
      this.#end += length
      this.#stored -= length
    }
    return this.#stored === 0
  }

  // Everything is in locals; five to ten nanoseconds a symbol.
  #symbols(): boolean {
    const input = this.#input
    const window = this.#window
    const literals = this.#literals.codes
    const distances = this.#distances.codes
    const literalMask = (1 << this.#literals.bits) - 1
    const distanceMask = (1 << this.#distances.bits) - 1
    const final = this.#final
    const to = this.#to
    let at = this.#at
    let hold = this.#hold
    let bits = this.#bits
    let end = this.#end
    let ended = false
    try {
      for (;;) {
        if (end >= WINDOW + OUTPUT) {
          this.#end = end
          this.#room()
          end = this.#end
        }
        if (!final && to - at + (bits >>> 3) < AHEAD) break
        while (bits < 20) {
          hold |= input[at++] << bits
          bits += 8
        }
        const code = literals[hold & literalMask]
        hold >>>= code & 15
        bits -= code & 15
        if (final && at - (bits >>> 3) > to) break
        const symbol = code >>> 4
        if (symbol < 256) {
          if (code === 0) invalid('a code was not defined')
          window[end++] = symbol
          continue
        }
        if (symbol === 256) {
          ended = true
          break
        }
        const lengthCode = symbol - 257
        if (lengthCode > 28) invalid('a match has no valid length')
        const lengthBits = LENGTH_BITS[lengthCode]
        const length = LENGTHS[lengthCode] + (hold & ((1 << lengthBits) - 1))
        hold >>>= lengthBits
        bits -= lengthBits
        while (bits < 15) {
          hold |= input[at++] << bits
          bits += 8
        }
        const distanceEntry = distances[hold & distanceMask]
        hold >>>= distanceEntry & 15
        bits -= distanceEntry & 15
        while (bits < 13) {
          hold |= input[at++] << bits
          bits += 8
        }
        const distanceCode = distanceEntry >>> 4
        if (distanceCode > 29) invalid('a match has no valid distance')
        const distanceBits = DISTANCE_BITS[distanceCode]
        const distance = DISTANCES[distanceCode] + (hold & ((1 << distanceBits) - 1))
        hold >>>= distanceBits
        bits -= distanceBits
        if (final && at - (bits >>> 3) > to) break
        if (distanceEntry === 0) invalid('a code was not defined')
        if (distance > this.#history + end - this.#given) invalid('a match reaches back behind the beginning')
        if (length > 24 && distance >= length) {
          window.copyWithin(end, end - distance, end - distance + length)
          end += length
        } else {
          // Byte by byte: a match may repeat what it has just written.
          let source = end - distance
          for (const stop = end + length; end < stop;) window[end++] = window[source++]
        }
      }
    } finally {
      this.#at = at
      this.#hold = hold
      this.#bits = bits
      this.#end = end
    }
    return ended
  }

  /** Gives out what has been written, moves the window to the start when it is full, and returns how much room there is then. */
  #room(): number {
    if (this.#end >= WINDOW + OUTPUT) {
      this.#give()
      this.#window.copyWithin(0, this.#end - WINDOW, this.#end)
      this.#end = this.#given = WINDOW
    }
    return WINDOW + OUTPUT - this.#end
  }

  #give(): void {
    if (this.#end === this.#given) return
    const bytes = this.#window.subarray(this.#given, this.#end)
    this.#history = Math.min(WINDOW, this.#history + bytes.length)
    this.#given = this.#end
    this.#out(bytes)
  }

  /** Takes bytes ahead, up to 25 bits and more; behind the input there are zeros. */
  #fill(): void {
    while (this.#bits <= 24) {
      this.#hold |= (this.#at < this.#to ? this.#input[this.#at] : 0) << this.#bits
      this.#at++
      this.#bits += 8
    }
  }

  #take(count: number): number {
    const value = this.#hold & ((1 << count) - 1)
    this.#hold >>>= count
    this.#bits -= count
    return value
  }

  /** Bits of the input not yet taken; negative when zeros from behind it have been. */
  get #left(): number {
    return (this.#to - this.#at) * 8 + this.#bits
  }
}
