import { PROTOCOLS } from '../decode/protocols.ts'
import { outcomeScratch, register } from './column-scratch.ts'
import { ColumnValues } from './column-values.ts'
import { vectors, vectorTest } from './column-vectors.ts'
import { leafHolds } from './filter-evaluate.ts'
import type { ColumnTest, FilterField, ReaderContext } from './filter-field.ts'
import { type FilterTest, type Leaf, leafOperands, leaves, type Operand } from './filter-test.ts'
import { andOutcomes, notOutcomes, orOutcomes, OUTCOME, xorOutcomes } from './outcome.ts'

/**
 * Makes of a filter loops over the columns. They answer `unknown` for the rows whose bytes must be looked at, and look at none.
 * One pass of a chunk through a typical condition costs some 3 ns a row.
 */
export function columnTest(test: FilterTest, context: ReaderContext): ColumnTest {
  switch (test.kind) {
    case 'and':
      return joined(test.of, context, andOutcomes)
    case 'or':
      return joined(test.of, context, orOutcomes)
    case 'xor':
      return joined(test.of, context, (into, other, from, to) => {
        xorOutcomes(into, other, from, to)
        return true
      })
    case 'not': {
      const of = columnTest(test.of, context)
      return (block, out, depth) => {
        of(block, out, depth)
        notOutcomes(out, block.from, block.to)
      }
    }
    default:
      return leafTest(test, context)
  }
}

/**
 * Whether a field of the filter is in no column, so that packets have to be read. Where inner and outer headers differ (tunnels, ICMP
 * errors) single packets may have to be read for the others too.
 */
export function needsBytes(test: FilterTest): boolean {
  for (const leaf of leaves(test)) if (readsBytes(leaf)) return true
  return false
}

type Join = (into: Uint8Array, other: Uint8Array, from: number, to: number) => boolean

function joined(tests: readonly FilterTest[], context: ReaderContext, join: Join): ColumnTest {
  // What costs most goes last: often nothing is left to ask then.
  const sorted = tests.toSorted((a, b) => cost(a) - cost(b)).map((test) => columnTest(test, context))
  const [first, ...others] = sorted
  return (block, out, depth) => {
    first(block, out, depth)
    const scratch = outcomeScratch(depth)
    for (const other of others) {
      other(block, scratch, depth + 1)
      if (!join(out, scratch, block.from, block.to)) break
    }
  }
}

function cost(test: FilterTest): number {
  return Array.from(leaves(test)).reduce((most, leaf) => Math.max(most, leafCost(leaf)), 0)
}

function leafCost(leaf: Leaf): number {
  if (isInStack(leaf)) return 0
  return readsBytes(leaf) ? 3 : vectors(leaf) ? 1 : 2
}

function leafTest(leaf: Leaf, context: ReaderContext): ColumnTest {
  if (leaf.kind === 'exists' && leaf.operand.kind === 'field') return existenceTest(leaf, leaf.operand, context)
  const vectorised = vectors(leaf)
  if (vectorised) return vectorTest(vectorised, context)
  if (readsBytes(leaf)) return bytesTest(leaf, context)
  return rowTest(leaf, context)
}

/** It asks for a protocol, which the row's stack tells. */
function isInStack(leaf: Leaf): boolean {
  if (leaf.kind !== 'exists' || leaf.operand.kind !== 'field') return false
  const { name, type } = leaf.operand.field
  return type === 'protocol' && (name === 'frame' || PROTOCOLS.includes(name))
}

/** A field of it is in no column, or only those in a certain layer are meant. */
function readsBytes(leaf: Leaf): boolean {
  if (isInStack(leaf)) return false
  for (const operand of leafOperands(leaf)) {
    if (operand.kind === 'field' && (operand.layer !== undefined || onlyInBytes(operand.field))) return true
  }
  return false
}

function onlyInBytes(field: FilterField): boolean {
  return field.decoded && !field.columns
}

// Existence

function existenceTest(leaf: Leaf, { field, layer }: Operand & { kind: 'field' }, context: ReaderContext): ColumnTest {
  const protocol = field.type === 'protocol' ? PROTOCOLS.indexOf(field.name) : -1
  if (field.name === 'frame') return (block, out) => out.fill(OUTCOME.true, block.from, block.to)
  if (protocol > 0) {
    return ({ chunk, from, to }, out) => {
      const counts = context.layers.counts(protocol)
      const least = layer ?? 1
      for (let i = from; i < to; i++) out[i] = counts[chunk.stack[i]] >= least ? OUTCOME.true : OUTCOME.false
    }
  }
  const reader = field.columns?.[0]
  if (!reader || layer !== undefined) return bytesTest(leaf, context)
  const outcomes = Uint8Array.of(OUTCOME.false, OUTCOME.unknown, OUTCOME.true, OUTCOME.true)
  return (block, out) => {
    const { values, presence } = register(0)
    reader.read(block, values, presence, context)
    for (let i = block.from; i < block.to; i++) out[i] = outcomes[presence[i]]
  }
}

// What is not a loop over numbers

/** Only the bytes can tell: unknown, unless the packet has no layer that could hold a field. */
function bytesTest(leaf: Leaf, context: ReaderContext): ColumnTest {
  const operands = Array.from(leafOperands(leaf))
  // Their number is a value also where there are none.
  const counts = operands.some((operand) => operand.kind === 'call' && operand.function === 'count')
  const fields = counts ? [] : operands.flatMap((one) => (one.kind === 'field' ? [one.field] : []))
  const gates = fields.flatMap(({ layers }) => (layers ? [layers] : []))
  return (block, out) => {
    const { chunk, from, to } = block
    const possible = new Uint8Array(context.tables.stacks.count).fill(OUTCOME.unknown)
    for (const layers of gates) {
      const having = context.layers.having(layers)
      for (let stack = 0; stack < possible.length; stack++) possible[stack] &= having[stack]
    }
    for (let i = from; i < to; i++) out[i] = possible[chunk.stack[i]]
    for (const { rows } of fields) rows?.(block, out, context)
  }
}

/** Functions and slices of what columns have, row by row. */
function rowTest(leaf: Leaf, context: ReaderContext): ColumnTest {
  const source = new ColumnValues(context)
  return (block, out) => {
    for (let i = block.from; i < block.to; i++) {
      source.at(block, i)
      const holds = leafHolds(leaf, source)
      out[i] = source.incomplete ? OUTCOME.unknown : holds ? OUTCOME.true : OUTCOME.false
    }
  }
}
