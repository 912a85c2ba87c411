import { encodeUtf8 } from '../../capture-file/utf8.ts'
import type { FilterValue } from './filter-field.ts'
import type { Literal } from './filter-literal.ts'
import type { Relation } from './filter-syntax.ts'
import type { Pattern } from './pattern.ts'

/** What is asked of a single value. */
export type Predicate =
  /** A value is equal if it lies in [low, high]: an address in a prefix, for instance. */
  | { readonly kind: 'number'; readonly relation: Relation; readonly low: number; readonly high: number }
  /** Within one of the ranges low, high, low, high, ...: ascending and apart. */
  | { readonly kind: 'ranges'; readonly bounds: Float64Array; readonly negated: boolean }
  /** `bits`: only so many leading bits count. */
  | { readonly kind: 'bytes'; readonly relation: Relation; readonly bytes: Uint8Array; readonly bits?: number }
  | { readonly kind: 'text'; readonly relation: Relation; readonly text: string }
  | { readonly kind: 'contains'; readonly bytes: Uint8Array }
  | { readonly kind: 'matches'; readonly pattern: Pattern }
  | { readonly kind: 'any-of'; readonly of: readonly Predicate[]; readonly negated: boolean }
  | { readonly kind: 'all-of'; readonly of: readonly Predicate[] }

export function predicateOf(relation: Relation, literal: Literal): Predicate {
  switch (literal.kind) {
    case 'number':
      return { kind: 'number', relation, low: literal.low, high: literal.high }
    case 'bytes':
      return {
        kind: 'bytes',
        relation,
        bytes: literal.bytes,
        ...(literal.bits !== undefined && { bits: literal.bits }),
      }
    case 'text':
      return { kind: 'text', relation, text: literal.text }
  }
}

/** Whether no value lies between the two. */
export function isEmpty(first: Literal, last: Literal): boolean {
  const lowest = first.kind === 'number' ? first.low : first.kind === 'bytes' ? first.bytes : first.text
  return !predicateHolds(predicateOf('<=', last), lowest)
}

/** Ranges as bounds: ascending, apart, and flat. */
export function merged(ranges: readonly (readonly [number, number])[]): Float64Array {
  const out: number[] = []
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (out.length > 0 && low <= out[out.length - 1]) out[out.length - 1] = Math.max(out[out.length - 1], high)
    else out.push(low, high)
  }
  return Float64Array.from(out)
}

export function predicateHolds(predicate: Predicate, value: FilterValue): boolean {
  switch (predicate.kind) {
    case 'number':
      return numberHolds(predicate, asNumber(value))
    case 'ranges':
      return inRanges(predicate.bounds, asNumber(value)) !== predicate.negated
    case 'bytes':
      return relationHolds(predicate.relation, compareBytes(asBytes(value), predicate.bytes, predicate.bits))
    case 'text':
      return relationHolds(predicate.relation, compareValues(value, predicate.text))
    case 'contains':
      return contains(asBytes(value), predicate.bytes)
    case 'matches':
      return predicate.pattern.test(asBytes(value))
    case 'any-of':
      return predicate.of.some((one) => predicateHolds(one, value)) !== predicate.negated
    case 'all-of':
      return predicate.of.every((one) => predicateHolds(one, value))
  }
}

function numberHolds({ relation, low, high }: Predicate & { kind: 'number' }, value: number): boolean {
  switch (relation) {
    case '==':
      return value >= low && value <= high
    case '!=':
      return !(value >= low && value <= high)
    case '>':
      return value > high
    case '>=':
      return value >= low
    case '<':
      return value < low
    case '<=':
      return value <= high
  }
}

/** Whether the value lies in one of the ranges low, high, low, high, ... */
export function inRanges(bounds: Float64Array, value: number): boolean {
  let low = 0
  let high = bounds.length >> 1
  // The first range that does not end before the value.
  while (low < high) {
    const middle = (low + high) >> 1
    if (bounds[middle * 2 + 1] < value) low = middle + 1
    else high = middle
  }
  return low * 2 < bounds.length && bounds[low * 2] <= value
}

export function relationHolds(relation: Relation, order: number): boolean {
  switch (relation) {
    case '==':
      return order === 0
    case '!=':
      return order !== 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
  }
}

/** Negative, 0 or positive; NaN compares as different and neither greater nor smaller. */
export function compareValues(a: FilterValue, b: FilterValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : a < b ? -1 : 1
  return compareBytes(asBytes(a), asBytes(b), undefined)
}

function compareBytes(a: Uint8Array, b: Uint8Array, bits: number | undefined): number {
  if (bits === undefined) {
    const length = Math.min(a.length, b.length)
    for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
    return a.length - b.length
  }
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : (0xff00 >> (bits - i * 8)) & 0xff
    if ((a[i] & mask) !== (b[i] & mask)) return (a[i] & mask) - (b[i] & mask)
  }
  return 0
}

function contains(bytes: Uint8Array, needle: Uint8Array): boolean {
  if (needle.length === 0) return true
  const last = bytes.length - needle.length
  for (let at = bytes.indexOf(needle[0]); at >= 0 && at <= last; at = bytes.indexOf(needle[0], at + 1)) {
    let i = 1
    while (i < needle.length && bytes[at + i] === needle[i]) i++
    if (i === needle.length) return true
  }
  return false
}

export function asNumber(value: FilterValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' || value.length > 6) return NaN
  return value.reduce((number, byte) => number * 256 + byte, 0)
}

export function asBytes(value: FilterValue): Uint8Array {
  return value instanceof Uint8Array ? value : typeof value === 'string' ? encodeUtf8(value) : Uint8Array.of(value)
}
