import { decodeUtf8, encodeUtf8 } from '../../capture-file/utf8.ts'
import { ipv4Text, ipv6Text, macText } from '../../columns/address-text.ts'
import { calculate } from './arithmetic.ts'
import type { FilterField, FilterType, FilterValue } from './filter-field.ts'
import type { SliceRange } from './filter-syntax.ts'
import type { FilterTest, Leaf, Operand } from './filter-test.ts'
import { asBytes, asNumber, compareValues, predicateHolds, relationHolds } from './predicate.ts'

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
      // One that decides is enough: one that holds, or where all must, one that does not.
      const decides = leaf.quantifier === 'any'
      for (const value of values) if (predicateHolds(leaf.predicate, value) === decides) return decides
      return !decides && values.length > 0
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
