import { calculate } from './arithmetic.ts'
import { type Register, register } from './column-scratch.ts'
import { type Block, type ColumnReader, type ColumnTest, PRESENCE, type ReaderContext } from './filter-field.ts'
import type { ArithmeticOperator, Quantifier, Relation } from './filter-syntax.ts'
import type { Leaf, Operand } from './filter-test.ts'
import { onNumber, placedOperand } from './placed-operands.ts'
import { joined } from './joined-tests.ts'
import { outcomeTable } from './outcome.ts'
import { inRanges, type Predicate, predicateHolds } from './predicate.ts'

/** Kinds of alternatives tried per condition: ip.addr == ip.addr has four. */
const MAX_COMBINATIONS = 16

type Vector =
  | { readonly kind: 'reader'; readonly reader: ColumnReader }
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Vector
      readonly right: Vector
    }

/** A condition on numbers that columns have: a single one compared with a predicate, or two with each other. */
export type VectorLeaf =
  | { readonly quantifier: Quantifier; readonly of: readonly Vector[]; readonly predicate: Predicate }
  | { readonly quantifier: Quantifier; readonly of: readonly Vector[]; readonly relation: Relation }

/** How operands are read that are in no column of the capture. */
export type OperandReaders = (operand: Operand) => ColumnReader | undefined

export function vectors(leaf: Leaf, placed: OperandReaders = () => undefined): VectorLeaf | undefined {
  if (leaf.kind === 'exists') return undefined
  const { quantifier } = leaf
  if (leaf.kind === 'test') {
    const { operand } = leaf
    const of = alternatives(operand, true, placed)
    const size = operand.kind === 'slice' ? placedOperand(operand)?.size : undefined
    const predicate = size === undefined ? leaf.predicate : onNumber(leaf.predicate, size)
    return of && predicate && { quantifier, of, predicate }
  }
  // Pieces of bytes compare by their lengths, too.
  if (leaf.left.kind === 'slice' || leaf.right.kind === 'slice') return undefined
  const lefts = alternatives(leaf.left, false, placed)
  const rights = alternatives(leaf.right, false, placed)
  if (!lefts || !rights || lefts.length * rights.length > MAX_COMBINATIONS) return undefined
  // a < b is a - b < 0; both are whole numbers or times, and exact.
  const of = lefts.flatMap((left) =>
    rights.map((right): Vector => ({ kind: 'arithmetic', operator: '-', left, right })),
  )
  return { quantifier, of, relation: leaf.relation }
}

/** Each of the operand's values as a vector; undefined if it can't be had from columns that way. */
function alternatives(operand: Operand, dictionaries: boolean, placed: OperandReaders): readonly Vector[] | undefined {
  const reader = placed(operand)
  if (reader) return [{ kind: 'reader', reader }]
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
      const lefts = alternatives(operand.left, false, placed)
      const rights = alternatives(operand.right, false, placed)
      if (!lefts || !rights || lefts.length * rights.length > MAX_COMBINATIONS) return undefined
      const { operator } = operand
      return lefts.flatMap((left) => rights.map((right): Vector => ({ kind: 'arithmetic', operator, left, right })))
    }
    default:
      return undefined
  }
}

export function vectorTest(leaf: VectorLeaf, context: ReaderContext): ColumnTest {
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
  return tests.length === 1 ? tests[0] : joined(leaf.quantifier === 'any' ? 'or' : 'and', tests)
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

function combine(
  operator: ArithmeticOperator,
  into: Float64Array,
  other: Float64Array,
  from: number,
  to: number,
): void {
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
