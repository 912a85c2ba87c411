import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { PROTOCOLS } from '../decode/protocols.ts'
import { calculate } from './filter-check.ts'
import { inRanges, leafHolds, predicateHolds, type ValueSource } from './filter-evaluate.ts'
import {
  type Block,
  type ColumnReader,
  type FilterField,
  type FilterValue,
  PRESENCE,
  type ReaderContext,
} from './filter-field.ts'
import type { Quantifier, Relation } from './filter-syntax.ts'
import { type FilterTest, type Leaf, leafOperands, leaves, type Operand, type Predicate } from './filter-test.ts'
import { andOutcomes, notOutcomes, orOutcomes, OUTCOME, outcomeTable, xorOutcomes } from './outcome.ts'

/** Writes the outcome of each place of the block. `depth` says which scratch arrays are in use. */
export type ColumnTest = (block: Block, out: Uint8Array, depth: number) => void

/** Kinds of alternatives tried per condition: ip.addr == ip.addr has four. */
const MAX_COMBINATIONS = 16

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

// Vectors of numbers

type Vector =
  | { readonly kind: 'reader'; readonly reader: ColumnReader }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'arithmetic'; readonly operator: string; readonly left: Vector; readonly right: Vector }

/** A condition on numbers that columns have: a single one compared with a predicate, or two with each other. */
type VectorLeaf =
  | { readonly quantifier: Quantifier; readonly of: readonly Vector[]; readonly predicate: Predicate }
  | { readonly quantifier: Quantifier; readonly of: readonly Vector[]; readonly relation: Relation }

function vectors(leaf: Leaf): VectorLeaf | undefined {
  if (leaf.kind === 'exists') return undefined
  const { quantifier } = leaf
  if (leaf.kind === 'test') {
    const of = alternatives(leaf.operand, true)
    return of && { quantifier, of, predicate: leaf.predicate }
  }
  const lefts = alternatives(leaf.left, false)
  const rights = alternatives(leaf.right, false)
  if (!lefts || !rights || lefts.length * rights.length > MAX_COMBINATIONS) return undefined
  // a < b is a - b < 0; both are whole numbers or times, and exact.
  const of = lefts.flatMap((left) =>
    rights.map((right): Vector => ({ kind: 'arithmetic', operator: '-', left, right })),
  )
  return { quantifier, of, relation: leaf.relation }
}

/** Each of the operand's values as a vector; undefined if it can't be had from columns that way. */
function alternatives(operand: Operand, dictionaries: boolean): readonly Vector[] | undefined {
  switch (operand.kind) {
    case 'field': {
      const { columns } = operand.field
      if (!columns || operand.layer !== undefined) return undefined
      if (!dictionaries && columns.some(({ entry }) => entry)) return undefined
      return columns.map((reader) => ({ kind: 'reader', reader }))
    }
    case 'number':
      return [{ kind: 'number', value: operand.value }]
    case 'arithmetic': {
      const lefts = alternatives(operand.left, false)
      const rights = alternatives(operand.right, false)
      if (!lefts || !rights || lefts.length * rights.length > MAX_COMBINATIONS) return undefined
      const { operator } = operand
      return lefts.flatMap((left) => rights.map((right): Vector => ({ kind: 'arithmetic', operator, left, right })))
    }
    default:
      return undefined
  }
}

function vectorTest(leaf: VectorLeaf, context: ReaderContext): ColumnTest {
  const table = outcomeTable(leaf.quantifier)
  const predicate: Predicate =
    'predicate' in leaf ? leaf.predicate : { kind: 'number', relation: leaf.relation, low: 0, high: 0 }
  const tests = leaf.of.map((vector): ColumnTest => {
    const entry = vector.kind === 'reader' ? vector.reader.entry : undefined
    if (entry) return dictionaryTest(vector, (id) => predicateHolds(predicate, entry(id, context)), table, context)
    return (block, out) => {
      const target = register(0)
      fill(vector, block, 0, context)
      decide(predicate, target, table, block.from, block.to, out)
    }
  })
  if (tests.length === 1) return tests[0]
  const join = leaf.quantifier === 'any' ? orOutcomes : andOutcomes
  const [first, ...others] = tests
  return (block, out, depth) => {
    first(block, out, depth)
    const scratch = outcomeScratch(depth)
    for (const other of others) {
      other(block, scratch, depth + 1)
      join(out, scratch, block.from, block.to)
    }
  }
}

/** Calculates the vector into register `at`, with those above it as scratch. */
function fill(vector: Vector, block: Block, at: number, context: ReaderContext): void {
  const { values, presence } = register(at)
  const { from, to } = block
  switch (vector.kind) {
    case 'reader':
      vector.reader.read(block, values, presence, context)
      return
    case 'number':
      values.fill(vector.value, from, to)
      presence.fill(PRESENCE.present, from, to)
      return
    case 'arithmetic': {
      fill(vector.left, block, at, context)
      fill(vector.right, block, at + 1, context)
      const right = register(at + 1)
      combine(vector.operator, values, right.values, from, to)
      for (let i = from; i < to; i++) {
        if (right.presence[i] < presence[i]) presence[i] = right.presence[i]
        // Division by zero gives no value.
        if (presence[i] >= PRESENCE.partial && Number.isNaN(values[i])) presence[i] = PRESENCE.absent
      }
    }
  }
}

function combine(operator: string, into: Float64Array, other: Float64Array, from: number, to: number): void {
  if (operator === '-') for (let i = from; i < to; i++) into[i] -= other[i]
  else if (operator === '+') for (let i = from; i < to; i++) into[i] += other[i]
  else for (let i = from; i < to; i++) into[i] = calculate(operator, into[i], other[i])
}

/** Sets the outcomes from values and presences. A loop for each relation: the choice must not be made a row. */
function decide(
  predicate: Predicate,
  { values, presence }: Register,
  table: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
): void {
  if (predicate.kind === 'ranges') {
    const { bounds, negated } = predicate
    for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (inRanges(bounds, values[i]) === negated ? 0 : 1)]
    return
  }
  if (predicate.kind !== 'number') {
    for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (predicateHolds(predicate, values[i]) ? 1 : 0)]
    return
  }
  const { low, high } = predicate
  switch (predicate.relation) {
    case '==':
      for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (values[i] >= low && values[i] <= high ? 1 : 0)]
      break
    case '!=':
      for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (values[i] >= low && values[i] <= high ? 0 : 1)]
      break
    case '>':
      for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (values[i] > high ? 1 : 0)]
      break
    case '>=':
      for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (values[i] >= low ? 1 : 0)]
      break
    case '<':
      for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (values[i] < low ? 1 : 0)]
      break
    case '<=':
      for (let i = from; i < to; i++) out[i] = table[presence[i] * 2 + (values[i] <= high ? 1 : 0)]
  }
}

/** Values are numbers in a dictionary: each entry is asked once, and the answer kept. */
function dictionaryTest(
  vector: Vector,
  holds: (id: number) => boolean,
  table: Uint8Array,
  context: ReaderContext,
): ColumnTest {
  // 0 = not asked, 1 = no, 2 = yes.
  let answers = new Uint8Array(256)
  return (block, out) => {
    fill(vector, block, 0, context)
    const { values, presence } = register(0)
    for (let i = block.from; i < block.to; i++) {
      const known = presence[i]
      if (known < PRESENCE.partial) {
        out[i] = table[known * 2]
        continue
      }
      const id = values[i]
      if (id >= answers.length) {
        const more = new Uint8Array(Math.max(id + 1, answers.length * 2))
        more.set(answers)
        answers = more
      }
      if (answers[id] === 0) answers[id] = holds(id) ? 2 : 1
      out[i] = table[known * 2 + answers[id] - 1]
    }
  }
}

// What is not a loop over numbers

/** Only the bytes can tell: unknown, unless the packet has no layer that could hold a field. */
function bytesTest(leaf: Leaf, context: ReaderContext): ColumnTest {
  const operands = Array.from(leafOperands(leaf))
  // Their number is a value also where there are none.
  const counts = operands.some((operand) => operand.kind === 'call' && operand.function === 'count')
  const gates = counts
    ? []
    : operands.flatMap((one) => (one.kind === 'field' && one.field.layers ? [one.field.layers] : []))
  return ({ chunk, from, to }, out) => {
    const possible = new Uint8Array(context.tables.stacks.count).fill(OUTCOME.unknown)
    for (const layers of gates) {
      const having = context.layers.having(layers)
      for (let stack = 0; stack < possible.length; stack++) possible[stack] &= having[stack]
    }
    for (let i = from; i < to; i++) out[i] = possible[chunk.stack[i]]
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

/** The values of a row as far as columns have them. */
export class ColumnValues implements ValueSource {
  readonly #context: ReaderContext
  #block: Block | undefined
  /** A value was asked for that only the bytes have. */
  incomplete = false

  constructor(context: ReaderContext) {
    this.#context = context
  }

  at({ chunk, firstRow }: Block, i: number): void {
    this.#block = { chunk, firstRow, from: i, to: i + 1 }
    this.incomplete = false
  }

  values({ columns }: FilterField): readonly FilterValue[] {
    const block = this.#block
    if (!columns || !block) return []
    const { values, presence } = register(0)
    const found: FilterValue[] = []
    for (const { read, entry } of columns) {
      read(block, values, presence, this.#context)
      const known = presence[block.from]
      if (known === PRESENCE.unknown || known === PRESENCE.partial) this.incomplete = true
      else if (known === PRESENCE.present) {
        const value = values[block.from]
        found.push(entry ? entry(value, this.#context) : value)
      }
    }
    return found
  }

  headerLengths(): readonly number[] {
    return []
  }
}

// Scratch arrays, shared by all filters: none is in use between two calls.

interface Register {
  readonly values: Float64Array
  readonly presence: Uint8Array
}

const registers: Register[] = []
const outcomes: Uint8Array[] = []

function register(at: number): Register {
  return (registers[at] ??= { values: new Float64Array(CHUNK_ROWS), presence: new Uint8Array(CHUNK_ROWS) })
}

function outcomeScratch(depth: number): Uint8Array {
  return (outcomes[depth] ??= new Uint8Array(CHUNK_ROWS))
}
