import { decodeUtf8, encodeUtf8 } from '../capture-file/utf8.ts'
import { ipv4Text, ipv6Text, macText } from '../columns/address-text.ts'
import { calculate } from './filter-check.ts'
import type { FilterField, FilterType, FilterValue } from './filter-field.ts'
import type { Relation, SliceRange } from './filter-syntax.ts'
import type { FilterTest, Leaf, Operand, Predicate } from './filter-test.ts'

/** Gives the values of one packet. */
export interface ValueSource {
  /** Every value, outermost first; `layer`: only those of the protocol's layer of that number, from 1. */
  values(field: FilterField, layer: number | undefined): readonly FilterValue[]
  /** Of a protocol: the lengths of its headers. */
  headerLengths(field: FilterField): readonly number[]
}

/** Whether the packet fulfils the filter: the plain reading of it, one packet at a time. */
export function fulfils(test: FilterTest, source: ValueSource): boolean {
  switch (test.kind) {
    case 'and':
      return test.of.every((one) => fulfils(one, source))
    case 'or':
      return test.of.some((one) => fulfils(one, source))
    case 'xor':
      return test.of.filter((one) => fulfils(one, source)).length % 2 === 1
    case 'not':
      return !fulfils(test.of, source)
    default:
      return leafHolds(test, source)
  }
}

export function leafHolds(leaf: Leaf, source: ValueSource): boolean {
  switch (leaf.kind) {
    case 'exists':
      return valuesOf(leaf.operand, source).length > 0
    case 'test': {
      const values = valuesOf(leaf.operand, source)
      const holds = (value: FilterValue): boolean => predicateHolds(leaf.predicate, value)
      return leaf.quantifier === 'any' ? values.some(holds) : values.length > 0 && values.every(holds)
    }
    case 'pair': {
      const lefts = valuesOf(leaf.left, source)
      const rights = valuesOf(leaf.right, source)
      if (lefts.length === 0 || rights.length === 0) return false
      const holds =
        (left: FilterValue) =>
        (right: FilterValue): boolean =>
          relationHolds(leaf.relation, compareValues(left, right))
      if (leaf.quantifier === 'any') return lefts.some((left) => rights.some(holds(left)))
      return lefts.every((left) => rights.every(holds(left)))
    }
  }
}

function valuesOf(operand: Operand, source: ValueSource): readonly FilterValue[] {
  switch (operand.kind) {
    case 'field':
      return source.values(operand.field, operand.layer)
    case 'number':
      return [operand.value]
    case 'slice':
      return valuesOf(operand.of, source).flatMap((value) => sliced(value, operand.of.type, operand.ranges))
    case 'arithmetic':
      return valuesOf(operand.left, source).flatMap((left) =>
        valuesOf(operand.right, source)
          .map((right) => calculate(operand.operator, asNumber(left), asNumber(right)))
          .filter((value) => !Number.isNaN(value)),
      )
    case 'call':
      return called(operand, source)
  }
}

function called(call: Operand & { kind: 'call' }, source: ValueSource): readonly FilterValue[] {
  const [first] = call.of
  const values = (): readonly FilterValue[] => valuesOf(first, source)
  switch (call.function) {
    case 'count':
      return [values().length]
    case 'len':
      if (first.kind === 'field' && first.type === 'protocol') return source.headerLengths(first.field)
      return values().map((value) => (typeof value === 'string' ? encodeUtf8(value).length : asBytes(value).length))
    case 'lower':
      return values().map((value) => String(value).toLowerCase())
    case 'upper':
      return values().map((value) => String(value).toUpperCase())
    case 'string':
      return values().map((value) => textOf(value, first.type))
    case 'abs':
      return values().map((value) => Math.abs(asNumber(value)))
    case 'min':
    case 'max': {
      const all = call.of.map((one) => valuesOf(one, source).map(asNumber))
      if (all.some((one) => one.length === 0)) return []
      const pick = call.function === 'min' ? Math.min : Math.max
      return [all.flat().reduce((a, b) => pick(a, b))]
    }
  }
}

function sliced(value: FilterValue, type: FilterType, ranges: readonly SliceRange[]): readonly FilterValue[] {
  const bytes = typeof value === 'string' ? encodeUtf8(value) : type === 'ipv4' ? ipv4Bytes(value) : asBytes(value)
  const parts = ranges.map(({ from, to = bytes.length }) => {
    const start = from < 0 ? bytes.length + from : from
    const end = to < 0 ? bytes.length + to : to
    // A slice that reaches beyond the value is no value.
    return start < 0 || start >= end || end > bytes.length ? undefined : bytes.subarray(start, end)
  })
  const found = parts.filter((part) => part !== undefined)
  if (found.length < parts.length) return []
  const all = Uint8Array.from(found.flatMap((part) => Array.from(part)))
  return [typeof value === 'string' ? decodeUtf8(all, 0, all.length) : all]
}

const ipv4Bytes = (value: FilterValue): Uint8Array => {
  const address = asNumber(value)
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address)
}

function asNumber(value: FilterValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' || value.length > 6) return NaN
  return value.reduce((number, byte) => number * 256 + byte, 0)
}

function asBytes(value: FilterValue): Uint8Array {
  return value instanceof Uint8Array ? value : typeof value === 'string' ? encodeUtf8(value) : Uint8Array.of(value)
}

function textOf(value: FilterValue, type: FilterType): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) {
    if (type === 'ipv6') return ipv6Text(value)
    if (type === 'ether') return macText(value)
    return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(':')
  }
  if (type === 'ipv4') return ipv4Text(value)
  if (type === 'duration' || type === 'time') return String(value / 1e9)
  return type === 'bool' ? (value ? 'True' : 'False') : String(value)
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

export function numberHolds({ relation, low, high }: Predicate & { kind: 'number' }, value: number): boolean {
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

function relationHolds(relation: Relation, order: number): boolean {
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
function compareValues(a: FilterValue, b: FilterValue): number {
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
