import { asciiText } from './ascii.ts'

/** Bytes of a line or a bulk string that are kept. */
const KEPT = 64
/** Arrays within arrays; replies are a few deep. */
const DEEPEST = 64
/** Words of a message that are kept: a command, what it is about, and one more. */
const WORDS = 3
/** proto-max-bulk-len and the longest array, as Redis itself has them or more. */
const LONGEST_BULK = 2 ** 32
const LONGEST_ARRAY = 2 ** 31

const CR = 0x0d
const LF = 0x0a

export interface Reply {
  /** First byte: the type of RESP. */
  readonly mark: number
  /** The line behind it, or the text of a bulk error, cut. */
  readonly text: string
  /** The first strings within it, cut. */
  readonly words: readonly string[]
  readonly isError: boolean
}

export interface RespEvents {
  /** The first byte of a message. */
  begin(mark: number): void
  end(reply: Reply): void
  /** What came is not RESP. */
  lost(): void
}

/**
 * Reads one direction of RESP2 or RESP3 (redis.io/docs/latest/develop/reference/protocol-spec): values with a type in front, strings
 * behind their lengths, which are passed over. Keeps the beginnings of the first words.
 */
export class RespReader {
  readonly #events: RespEvents
  readonly #inline: boolean
  readonly #kept = new Uint8Array(KEPT)
  #keptLength = 0
  /** The line being read is longer than what is kept of it. */
  #state: 'mark' | 'line' | 'inline' | 'bulk' | 'lost' = 'mark'
  #mark = 0
  /** Of the message: the type, its line and words. */
  #topMark = 0
  #topText = ''
  #words: string[] = []
  /** Values that are still to come in each of the open arrays. */
  readonly #left: number[] = []
  /** Bytes of the bulk string that are still to come, with its CR LF. */
  #bulk = 0
  /** The attribute in front of a message (RESP3) is not the message. */
  #isAttribute = false
  #inside = false

  /** `inline`: commands may also come as lines of words. */
  constructor(inline: boolean, events: RespEvents) {
    this.#inline = inline
    this.#events = events
  }

  restart(): void {
    this.#state = 'mark'
    this.#left.length = 0
    this.#keptLength = 0
    this.#inside = false
    this.#isAttribute = false
  }

  data(bytes: Uint8Array, from: number, to: number): void {
    let at = from
    while (at < to) {
      switch (this.#state) {
        case 'mark':
          at = this.#begin(bytes, at)
          break
        case 'bulk': {
          const taken = Math.min(this.#bulk, to - at)
          // The last two are CR LF.
          this.#keep(bytes, at, Math.min(at + taken, at + this.#bulk - 2))
          at += taken
          this.#bulk -= taken
          if (this.#bulk === 0) this.#string(this.#mark)
          break
        }
        case 'line':
        case 'inline': {
          const found = bytes.indexOf(LF, at)
          const end = found < 0 || found >= to ? to : found
          this.#keep(bytes, at, end)
          at = end
          if (end === to) return
          at++
          this.#line()
          break
        }
        default:
          return
      }
    }
  }

  /** Passes over bytes that are not there; false if it lost its way by that. */
  skip(length: number): boolean {
    if (this.#state === 'bulk' && this.#keptLength === KEPT && length < this.#bulk) {
      this.#bulk -= length
      return true
    }
    this.#state = 'lost'
    return false
  }

  #begin(bytes: Uint8Array, at: number): number {
    const mark = bytes[at]
    if (!this.#inside && this.#inline && (mark === CR || mark === LF)) return at + 1
    if (!this.#inside) {
      this.#inside = true
      this.#topMark = mark
      this.#topText = ''
      this.#words = []
      this.#isAttribute = mark === ATTRIBUTE
      if (this.#isAttribute) this.#inside = true
      else this.#events.begin(mark)
    }
    this.#mark = mark
    this.#keptLength = 0
    if (MARKS.includes(mark)) {
      this.#state = 'line'
      return at + 1
    }
    // An inline command: words, and no type in front.
    if (this.#inline && this.#left.length === 0 && mark >= 0x20 && mark < 0x7f) this.#state = 'inline'
    else this.#lose()
    return at
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const end = Math.min(to, from + KEPT - this.#keptLength)
    if (end <= from) return
    this.#kept.set(bytes.subarray(from, end), this.#keptLength)
    this.#keptLength += end - from
  }

  #line(): void {
    const length =
      this.#keptLength > 0 && this.#kept[this.#keptLength - 1] === CR ? this.#keptLength - 1 : this.#keptLength
    const text = asciiText(this.#kept, 0, length)
    if (this.#state === 'inline') {
      this.#words = text.trim().split(/\s+/, WORDS)
      this.#value()
      return
    }
    const isTop = this.#left.length === 0
    if (isTop) this.#topText = text
    switch (this.#mark) {
      case BULK:
      case BULK_ERROR:
      case VERBATIM: {
        const bulk = count(text, LONGEST_BULK)
        if (bulk === undefined) return this.#lose()
        this.#keptLength = 0
        if (bulk < 0) return this.#value()
        this.#bulk = bulk + 2
        this.#state = 'bulk'
        return
      }
      case ARRAY:
      case SET:
      case PUSH:
      case MAP:
      case ATTRIBUTE: {
        const entries = count(text, LONGEST_ARRAY)
        if (entries === undefined) return this.#lose()
        const values = this.#mark === MAP || this.#mark === ATTRIBUTE ? 2 * entries : entries
        // An attribute within a message is in front of one of its values, and none of them.
        if (this.#mark === ATTRIBUTE && !isTop) this.#left[this.#left.length - 1]++
        if (values <= 0) return this.#value()
        if (this.#left.length >= DEEPEST) return this.#lose()
        this.#left.push(values)
        this.#state = 'mark'
        return
      }
      default:
        if (!isTop && this.#words.length < WORDS) this.#words.push(text)
        this.#value()
    }
  }

  #string(mark: number): void {
    if (this.#left.length === 0) {
      if (mark === BULK_ERROR) this.#topText = asciiText(this.#kept, 0, this.#keptLength)
    } else if (this.#words.length < WORDS) this.#words.push(asciiText(this.#kept, 0, this.#keptLength))
    this.#value()
  }

  /** A value is complete, and with it perhaps the arrays it is the last of. */
  #value(): void {
    this.#state = 'mark'
    this.#keptLength = 0
    while (this.#left.length > 0) {
      if (--this.#left[this.#left.length - 1] > 0) return
      this.#left.pop()
    }
    this.#inside = false
    if (this.#isAttribute) return
    const mark = this.#topMark
    const isError = mark === ERROR || mark === BULK_ERROR
    this.#events.end({ mark, text: this.#topText, words: this.#words, isError })
  }

  #lose(): void {
    this.#state = 'lost'
    this.#events.lost()
  }
}

const ERROR = 0x2d
const BULK = 0x24
const BULK_ERROR = 0x21
const VERBATIM = 0x3d
const ARRAY = 0x2a
const SET = 0x7e
const PUSH = 0x3e
const MAP = 0x25
const ATTRIBUTE = 0x7c
/** + - : $ * _ # , ( ! = % ~ > | */
const MARKS = Array.from('+-:$*_#,(!=%~>|', (mark) => mark.charCodeAt(0))

/** A length or -1, which stands for null; undefined if it is neither. */
function count(text: string, most: number): number | undefined {
  const value = /^(-1|\d{1,10})$/.test(text) ? Number(text) : NaN
  return value <= most ? value : undefined
}
