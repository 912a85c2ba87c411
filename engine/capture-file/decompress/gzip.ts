import { u32 } from '../bytes.ts'
import { crc32 } from './crc32.ts'
import type { Decompressor } from './decompressor.ts'
import { InflateError, Inflater } from './inflate.ts'

const SLICE = 65_536
/** CRC-32 and length of a member's content, behind it. */
const TRAILER = 8
/** A name or comment longer than this is none. */
const LONGEST_HEADER = 1024 * 1024
const FLAG = { headerCrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10, reserved: 0xe0 } as const

/** First four bytes of a member, as a little-endian number. */
export function isGzip(magic: number): boolean {
  return (magic & 0xff_ffff) === 0x08_8b1f
}

/**
 * gzip (RFC 1952), also several members one after the other. Gives out all that comes before a place where the data is cut or corrupt, and
 * checks the checksums.
 */
export class GzipDecompressor implements Decompressor {
  readonly #inflater: Inflater
  #stage: 'header' | 'data' | 'trailer' | 'padding' = 'header'
  /** Input that could not be used yet. */
  #rest: Uint8Array = new Uint8Array(0)
  /** Where in the file it starts. */
  #offset = 0
  #members = 0
  // Of the member being inflated.
  #crc = 0
  #length = 0

  constructor(out: (bytes: Uint8Array) => void) {
    this.#inflater = new Inflater((bytes) => {
      this.#crc = crc32(bytes, this.#crc)
      this.#length = (this.#length + bytes.length) >>> 0
      out(bytes)
    })
  }

  push(chunk: Uint8Array): string | undefined {
    for (let at = 0; at < chunk.length; at += SLICE) {
      const error = this.#run(chunk.subarray(at, at + SLICE), false)
      if (error !== undefined) return error
    }
    return undefined
  }

  finish(): string | undefined {
    const error = this.#run(new Uint8Array(0), true)
    if (error !== undefined) return error
    if (this.#rest.length === 0 && this.#members > 0 && (this.#stage === 'header' || this.#stage === 'padding')) {
      return undefined
    }
    const length = this.#offset + this.#rest.length
    return `The gzip data ends in the middle, after ${length} bytes of the file: it was cut, or is still being written.`
  }

  #run(slice: Uint8Array, final: boolean): string | undefined {
    const input = new Uint8Array(this.#rest.length + slice.length)
    input.set(this.#rest)
    input.set(slice, this.#rest.length)
    let at = 0
    try {
      for (let next = 0; next >= 0;) {
        next = this.#step(input, at, final)
        if (next >= 0) at = next
      }
    } catch (error) {
      if (!(error instanceof InflateError)) throw error
      return `The gzip data is corrupt between the bytes ${this.#offset} and ${this.#offset + input.length} of the file: ${error.message}.`
    }
    this.#rest = input.slice(at)
    this.#offset += at
    return undefined
  }

  /** Returns where the stage ended, or -1 when it needs more input; the inflater also takes what it can of what there is. */
  #step(input: Uint8Array, at: number, final: boolean): number {
    switch (this.#stage) {
      case 'header': {
        if (at === input.length) return -1
        if (this.#members > 0 && input[at] === 0) {
          this.#stage = 'padding'
          return at
        }
        const end = headerEnd(input, at)
        if (end < 0) return -1
        this.#stage = 'data'
        this.#crc = this.#length = 0
        this.#inflater.reset()
        return end
      }
      case 'data': {
        const end = this.#inflater.inflate(input, at, input.length, final)
        if (this.#inflater.done) this.#stage = 'trailer'
        else if (end === at || final) return -1
        return Math.min(end, input.length)
      }
      case 'trailer':
        if (at + TRAILER > input.length) return -1
        if (u32(input, at, false) !== this.#crc || u32(input, at + 4, false) !== this.#length) {
          throw new InflateError('a checksum does not match')
        }
        this.#members++
        this.#stage = 'header'
        return at + TRAILER
      case 'padding': {
        // Zeros up to a whole block of a tape.
        let end = at
        while (end < input.length && input[end] === 0) end++
        if (end < input.length) throw new InflateError('something else follows its end')
        return end === at ? -1 : end
      }
    }
  }
}

/** Where the header of a member that starts at `at` ends; -1 when it is not all there. */
function headerEnd(input: Uint8Array, at: number): number {
  if (at + 4 > input.length) return -1
  if (!isGzip(u32(input, at, false))) throw new InflateError('something else follows its end')
  const flags = input[at + 3]
  if (flags & FLAG.reserved) throw new InflateError('a reserved bit is set')
  const start = at
  at += 10
  if (flags & FLAG.extra) {
    if (at + 2 > input.length) return -1
    at += 2 + (input[at] | (input[at + 1] << 8))
  }
  for (const flag of [FLAG.name, FLAG.comment]) {
    if (!(flags & flag)) continue
    while (at < input.length && input[at] !== 0) at++
    at++
  }
  if (flags & FLAG.headerCrc) at += 2
  if (at - start > LONGEST_HEADER || (at > input.length && input.length - start > LONGEST_HEADER)) {
    throw new InflateError('its header has no end')
  }
  return at <= input.length ? at : -1
}
