/**
 * - `protocol`: the layer itself ("tcp"), its value is the layer's name
 * - `uint`, `double`: number; 64-bit counters are `uint` too, as bigint only where they exceed a number
 * - `bool`: boolean
 * - `ipv4`: unsigned number
 * - `ipv6`, `ether`, `bytes`: bytes
 * - `string`: text
 * - `none`: no value, only its presence says something ("tcp.options.tfo.request")
 */
export type FieldType =
  'protocol' | 'uint' | 'bool' | 'ipv4' | 'ipv6' | 'ether' | 'bytes' | 'string' | 'double' | 'none'

export type FieldValue = number | boolean | string | Uint8Array

/** A display filter field, and how its value is written in the packet's details. */
export interface FieldInfo {
  readonly type: FieldType
  /** What the details show before the colon. */
  readonly description: string
  /** Numbers are decimal unless told otherwise; of two, the second follows in parentheses. */
  readonly base?: 'hex' | 'dec-hex' | 'hex-dec'
  readonly names?: Readonly<Record<number, string>>
  /** Words for true and false. */
  readonly words?: readonly [string, string]
  readonly unit?: string
  /** For a part of a byte or word: its bits, in a word of `width` bits; drawn in the details. */
  readonly mask?: number
  readonly width?: number
  /** It is only there where it is true. */
  readonly onlyTrue?: true
  /** Fields that have this one's values too: ip.addr those of ip.src. */
  readonly also?: readonly string[]
}

export type FieldTable = Readonly<Record<string, FieldInfo>>

type Extra = Omit<FieldInfo, 'type' | 'description'>

const SET = ['Set', 'Not set'] as const

export const protocol = (description: string): FieldInfo => ({ type: 'protocol', description })
export const uint = (description: string, extra?: Extra): FieldInfo => ({ type: 'uint', description, ...extra })
export const hex = (description: string, extra?: Extra): FieldInfo => ({
  type: 'uint',
  description,
  base: 'hex',
  ...extra,
})
export const ipv4 = (description: string, ...also: string[]): FieldInfo => ({ type: 'ipv4', description, also })
export const ipv6 = (description: string, ...also: string[]): FieldInfo => ({ type: 'ipv6', description, also })
export const ether = (description: string, ...also: string[]): FieldInfo => ({ type: 'ether', description, also })
export const bytes = (description: string): FieldInfo => ({ type: 'bytes', description })
export const string = (description: string): FieldInfo => ({ type: 'string', description })
export const none = (description: string): FieldInfo => ({ type: 'none', description })
export const bool = (description: string): FieldInfo => ({ type: 'bool', description })
/** One bit. */
export const flag = (
  description: string,
  mask: number,
  width: number,
  words: readonly [string, string] = SET,
): FieldInfo => ({ type: 'bool', description, mask, width, words })
/** Several bits. */
export const part = (description: string, mask: number, width: number, extra?: Extra): FieldInfo => ({
  type: 'uint',
  description,
  mask,
  width,
  ...extra,
})

/** The value of a masked field in its word, moved down to the lowest bit. */
export function maskedValue(word: number, mask: number): number {
  // The lowest set bit of the mask is what its place is worth.
  return ((word & mask) >>> 0) / ((mask & -mask) >>> 0)
}
