// Capture files for the tests, byte by byte, good and bad: independent of the writers, which are tested too.

/** Bytes of one byte order, put one behind the other. */
export class Bytes {
  readonly #bytes: number[] = []
  readonly #bigEndian: boolean

  constructor(bigEndian = false) {
    this.#bigEndian = bigEndian
  }

  number(n: number | bigint, size: number): this {
    const octets: number[] = []
    for (let i = 0; i < size; i++) octets.push(Number((BigInt(n) >> BigInt(8 * i)) & 0xffn))
    this.#bytes.push(...(this.#bigEndian ? octets.reverse() : octets))
    return this
  }

  u16(...numbers: number[]): this {
    for (const n of numbers) this.number(n, 2)
    return this
  }

  u32(...numbers: number[]): this {
    for (const n of numbers) this.number(n, 4)
    return this
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }

  /** ASCII. */
  text(text: string): this {
    return this.raw(ascii(text))
  }

  pad(): this {
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0)
    return this
  }

  get length(): number {
    return this.#bytes.length
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}

export function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** `length` bytes that tell frames apart. */
export function payload(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff)
}

export interface PcapRecord {
  readonly seconds: number
  readonly fraction: number
  readonly bytes: Uint8Array
  readonly length?: number
  /** What the header claims, when it lies. */
  readonly captured?: number
  /** Bytes of a modified header, behind the usual ones. */
  readonly extra?: readonly number[]
}

export interface PcapShape {
  readonly bigEndian?: boolean
  readonly magic?: number
  readonly version?: readonly [number, number]
  readonly snapLength?: number
  /** The link type field, all 32 bits. */
  readonly network?: number
  /** Behind the file header. */
  readonly extra?: readonly number[]
}

export const MICROSECONDS = 0xa1b2c3d4
export const NANOSECONDS = 0xa1b23c4d

export function pcap(records: readonly PcapRecord[], shape: PcapShape = {}): Uint8Array {
  const { bigEndian = false, magic = MICROSECONDS, version = [2, 4], snapLength = 262_144, network = 1 } = shape
  const out = new Bytes(bigEndian)
  out
    .u32(magic)
    .u16(...version)
    .u32(0, 0, snapLength, network)
    .raw(shape.extra ?? [])
  for (const { seconds, fraction, bytes, length = bytes.length, captured = bytes.length, extra = [] } of records) {
    out.u32(seconds, fraction, captured, length).raw(extra).raw(bytes)
  }
  return out.done()
}

export type NgOption = readonly [code: number, value: Uint8Array | string | number[]]

/** The blocks of a pcapng section. */
export class NgBlocks {
  readonly bigEndian: boolean

  constructor(bigEndian = false) {
    this.bigEndian = bigEndian
  }

  bytes(): Bytes {
    return new Bytes(this.bigEndian)
  }

  block(type: number, body: Uint8Array, lengths: { first?: number; second?: number } = {}): Uint8Array {
    const length = 12 + Math.ceil(body.length / 4) * 4
    return this.bytes()
      .u32(type, lengths.first ?? length)
      .raw(body)
      .pad()
      .u32(lengths.second ?? length)
      .done()
  }

  options(options: readonly NgOption[] = [], end = true): Uint8Array {
    const out = this.bytes()
    for (const [code, value] of options) {
      const bytes = typeof value === 'string' ? ascii(value) : Array.from(value)
      out.u16(code, bytes.length).raw(bytes).pad()
    }
    if (options.length > 0 && end) out.u32(0)
    return out.done()
  }

  section(options: readonly NgOption[] = [], version: readonly [number, number] = [1, 0]): Uint8Array {
    const body = this.bytes()
      .u32(0x1a2b3c4d)
      .u16(...version)
      .number(-1, 8)
      .raw(this.options(options))
    return this.block(0x0a0d0d0a, body.done())
  }

  interface(linkType = 1, snapLength = 0, options: readonly NgOption[] = []): Uint8Array {
    return this.block(1, this.bytes().u16(linkType, 0).u32(snapLength).raw(this.options(options)).done())
  }

  u64(n: number | bigint): number[] {
    return [...this.bytes().number(n, 8).done()]
  }

  #timestamp(units: bigint): Uint8Array {
    return this.bytes()
      .number(units >> 32n, 4)
      .number(units, 4)
      .done()
  }

  enhanced(id: number, units: bigint, bytes: Uint8Array, options: readonly NgOption[] = [], length = bytes.length) {
    const body = this.bytes().u32(id).raw(this.#timestamp(units)).u32(bytes.length, length)
    return this.block(6, body.raw(bytes).pad().raw(this.options(options)).done())
  }

  obsolete(id: number, units: bigint, bytes: Uint8Array, length = bytes.length): Uint8Array {
    const body = this.bytes().u16(id, 0xffff).raw(this.#timestamp(units)).u32(bytes.length, length)
    return this.block(2, body.raw(bytes).done())
  }

  simple(bytes: Uint8Array, length = bytes.length): Uint8Array {
    return this.block(3, this.bytes().u32(length).raw(bytes).done())
  }

  names(records: readonly (readonly [type: number, address: readonly number[], ...names: string[]])[]): Uint8Array {
    const body = this.bytes()
    for (const [type, address, ...names] of records) {
      const text = ascii(names.map((name) => `${name}\0`).join(''))
      body
        .u16(type, address.length + text.length)
        .raw(address)
        .raw(text)
        .pad()
    }
    return this.block(4, body.u32(0).done())
  }

  statistics(id: number, options: readonly NgOption[], units = 0n): Uint8Array {
    return this.block(5, this.bytes().u32(id).raw(this.#timestamp(units)).raw(this.options(options)).done())
  }

  secrets(kind: number, text: string): Uint8Array {
    return this.block(10, this.bytes().u32(kind, text.length).text(text).done())
  }

  custom(enterprise: number, bytes: Uint8Array, type = 0x0bad): Uint8Array {
    return this.block(type, this.bytes().u32(enterprise).raw(bytes).done())
  }
}
