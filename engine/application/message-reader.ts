const NOTHING = new Uint8Array(0)
const LONGEST_HEADER = 16

/** What a protocol says of its messages: a header of fixed length that tells how long the body behind it is. */
export interface MessageFormat {
  /** Bytes of the body behind this header; -1 if it can't be one. */
  bodyLength(header: Uint8Array): number
  /** How many of the body's first bytes are needed to understand it; the others are passed over. */
  kept(header: Uint8Array, length: number): number
  /** A header was there. */
  head(header: Uint8Array, length: number): void
  /** The message was there to its last byte. `body` holds what was to be kept, during the call. */
  message(header: Uint8Array, body: Uint8Array, length: number): void
  /** The reader does not know any more where a message begins. */
  lost(): void
  /** Where a message surely begins in [from, to), or -1. `first`: nothing of these bytes, as they came, was looked at before. */
  resume(bytes: Uint8Array, from: number, to: number, first: boolean): number
}

/** Splits one direction of a stream into messages with a length in front. Keeps the bytes that are asked for and no more. */
export class MessageReader {
  readonly #format: MessageFormat
  readonly #header = new Uint8Array(LONGEST_HEADER)
  #headerAt = 0
  #body: Uint8Array = NOTHING
  #inBody = false
  #bodyAt = 0
  #length = 0
  #keep = 0
  #isLost = false
  /** Bytes of a header, from the next message on. */
  headerLength: number
  /** Set when what follows is none of the protocol's. */
  stopped = false

  constructor(format: MessageFormat, headerLength: number) {
    this.#format = format
    this.headerLength = headerLength
  }

  get isLost(): boolean {
    return this.#isLost
  }
  get isBetweenMessages(): boolean {
    return !this.#isLost && !this.#inBody && this.#headerAt === 0
  }

  /** Takes bytes up to `to`, or to where it was stopped: the place behind the last one. */
  data(bytes: Uint8Array, from: number, to: number): number {
    const format = this.#format
    let at = from
    while (at < to && !this.stopped) {
      if (this.#isLost) {
        at = format.resume(bytes, at, to, at === from)
        if (at < 0) return to
        this.begin()
      }
      if (this.#inBody) {
        at = this.#takeBody(bytes, at, to)
        continue
      }
      while (at < to && this.#headerAt < this.headerLength) this.#header[this.#headerAt++] = bytes[at++]
      if (this.#headerAt < this.headerLength) return to
      const length = format.bodyLength(this.#header)
      if (length < 0) {
        this.lose()
        continue
      }
      this.#headerAt = 0
      this.#length = length
      this.#keep = Math.min(length, format.kept(this.#header, length))
      this.#bodyAt = 0
      this.#inBody = true
      format.head(this.#header, length)
      if (length === 0 && !this.#isLost) this.#complete(NOTHING)
    }
    return at
  }

  /** Passes over bytes that are not there. False if it lost its way by that. */
  gap(length: number): boolean {
    const inside = this.#inBody && this.#bodyAt >= this.#keep && length <= this.#length - this.#bodyAt
    if (!inside) {
      this.lose()
      return false
    }
    this.#bodyAt += length
    if (this.#bodyAt === this.#length) this.#complete(this.#body.subarray(0, this.#keep))
    return true
  }

  lose(): void {
    if (this.#isLost) return
    this.begin()
    this.#isLost = true
    this.#format.lost()
  }

  /** The next byte is a message's first. */
  begin(): void {
    this.#isLost = false
    this.#inBody = false
    this.#headerAt = 0
  }

  #takeBody(bytes: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, from + this.#length - this.#bodyAt)
    if (this.#bodyAt === 0 && end - from === this.#length) {
      this.#complete(this.#keep === 0 ? NOTHING : bytes.subarray(from, from + this.#keep))
      return end
    }
    const wanted = Math.min(end, from + this.#keep - this.#bodyAt)
    if (wanted > from) {
      if (this.#body.length < this.#keep) this.#body = grownTo(this.#body, this.#bodyAt, this.#keep)
      this.#body.set(bytes.subarray(from, wanted), this.#bodyAt)
    }
    this.#bodyAt += end - from
    if (this.#bodyAt === this.#length) this.#complete(this.#body.subarray(0, this.#keep))
    return end
  }

  #complete(body: Uint8Array): void {
    this.#inBody = false
    this.#format.message(this.#header, body, this.#length)
  }
}

function grownTo(bytes: Uint8Array, used: number, length: number): Uint8Array {
  const more = new Uint8Array(Math.max(length, 64))
  more.set(bytes.subarray(0, used))
  return more
}
