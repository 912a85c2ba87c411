import type { FieldInfo, FieldValue } from './field-info.ts'
import { maskedValue } from './field-info.ts'
import type { PacketContext, TcpContext } from './packet-context.ts'

const NO_BYTES = new Uint8Array(0)

/**
 * What the protocols' `write...` functions tell the fields of a header to. The details' tree and the display filter each listen in
 * their own way, so that a field is described in one place.
 *
 * Positions are indices into `bytes`. A field that was not captured, or lies beyond its layer, is left out: the functions
 * name what a header has and need not check; each returns whether the field was there.
 */
export abstract class FieldWriter {
  bytes: Uint8Array = NO_BYTES
  /** First byte of the frame. */
  start = 0
  /** One past the last byte that was captured of the layer. */
  end = 0
  /** One past the last byte of the layer, by the lengths in the headers around it. */
  limit = 0
  /** One past the layer's header, where the next layer starts; `end` for the last one. */
  next = 0
  /** LINKTYPE_ value of the frame. */
  linkType = 0
  /** Of the frame, where the caller has them. */
  context: PacketContext | undefined
  /** Of the TCP layer being written, when it is the one that was analysed. */
  tcp: TcpContext | undefined
  /** Whether texts are shown at all: only then is it worth making them. */
  readonly texts: boolean

  constructor(texts: boolean) {
    this.texts = texts
  }

  protected abstract info(field: string): FieldInfo | undefined
  /** Whether anybody listens for the field: only then is it worth making a value that is not just read. */
  abstract wants(field: string): boolean
  protected abstract add(field: string, value: FieldValue, from: number, to: number, text: string | undefined): void
  /** A value that is a part of `word`, for drawing its bits. */
  protected abstract addBits(
    field: string,
    value: FieldValue,
    from: number,
    to: number,
    word: number,
    text: string | undefined,
  ): void

  /** A layer: what follows belongs to it, until `endLayer`. */
  abstract layer(protocol: string, from: number, to: number, title: string): void
  abstract endLayer(): void
  /** The fields until `up` are parts of the last one. */
  abstract down(): void
  abstract up(): void
  /** Adds to the text of the last field. */
  abstract append(text: string): void
  /** Text that is not a field; `tone` as in DetailNode. */
  abstract note(text: string, from: number, to: number, tone?: 'warn' | 'note'): void

  /** Whether the bytes are there to be read. */
  has(at: number, length: number): boolean {
    return at >= this.start && at + length <= this.end
  }

  u8(at: number): number {
    return this.has(at, 1) ? this.bytes[at] : 0
  }

  u16(at: number): number {
    return this.has(at, 2) ? (this.bytes[at] << 8) | this.bytes[at + 1] : 0
  }

  u32(at: number): number {
    return this.has(at, 4) ? unsigned(this.bytes, at, 4) : 0
  }

  /** A number of `size` bytes (1 to 6), most significant first. */
  uint(field: string, at: number, size: number, text?: string): boolean {
    if (!this.has(at, size)) return false
    if (this.wants(field)) this.add(field, unsigned(this.bytes, at, size), at, at + size, text)
    return true
  }

  /** The same, least significant byte first. */
  uintLittle(field: string, at: number, size: number): boolean {
    if (!this.has(at, size)) return false
    if (!this.wants(field)) return true
    let value = 0
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.bytes[at + i]
    this.add(field, value, at, at + size, undefined)
    return true
  }

  /** A field that is a part of the `size` bytes at `at`, by its mask. `value` is given where it is not just those bits. */
  bits(field: string, at: number, size: number, value?: number, text?: string): boolean {
    if (!this.has(at, size)) return false
    if (!this.wants(field)) return true
    const info = this.info(field)
    if (info?.mask === undefined) return false
    const word = unsigned(this.bytes, at, size)
    const masked = value ?? maskedValue(word, info.mask)
    this.addBits(field, info.type === 'bool' ? masked !== 0 : masked, at, at + size, word, text)
    return true
  }

  ipv4(field: string, at: number): boolean {
    return this.uint(field, at, 4)
  }

  ipv6(field: string, at: number): boolean {
    return this.span(field, at, at + 16)
  }

  ether(field: string, at: number): boolean {
    return this.span(field, at, at + 6)
  }

  /** Bytes as they are; all of them must be there. */
  span(field: string, from: number, to: number, text?: string): boolean {
    if (to < from || !this.has(from, to - from)) return false
    if (this.wants(field)) this.add(field, this.bytes.subarray(from, to), from, to, text)
    return true
  }

  /** The bytes from `from` up to `to`, as many as were captured, when there are any. */
  captured(field: string, from: number, to: number, text?: string): boolean {
    return from < Math.min(to, this.end) && this.span(field, from, Math.min(to, this.end), text)
  }

  /** Characters; zeros at the end are padding. */
  ascii(field: string, from: number, to: number): boolean {
    if (to < from || !this.has(from, to - from)) return false
    if (!this.wants(field)) return true
    let value = ''
    for (let i = from; i < to && this.bytes[i] !== 0; i++) value += String.fromCharCode(this.bytes[i])
    this.add(field, value, from, to, undefined)
    return true
  }

  /** A value that was computed, not read. */
  value(field: string, value: FieldValue, from: number, to: number, text?: string): void {
    if (this.wants(field)) this.add(field, value, from, to, text)
  }
}

function unsigned(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]
  return value
}
