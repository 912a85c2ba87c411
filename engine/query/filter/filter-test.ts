import type { FilterField, FilterType } from './filter-field.ts'
import type { ArithmeticOperator, Quantifier, Relation, SliceRange } from './filter-syntax.ts'
import type { Predicate } from './predicate.ts'

// A filter whose fields, types and values have been found right.

export type FilterTest =
  | { readonly kind: 'and' | 'or' | 'xor'; readonly of: readonly FilterTest[] }
  | { readonly kind: 'not'; readonly of: FilterTest }
  | Leaf

/** What is asked of a packet's values; false where there is none. */
export type Leaf =
  | { readonly kind: 'exists'; readonly operand: Operand }
  /** One value fulfils the predicate, or there is one and all do. */
  | {
      readonly kind: 'test'
      readonly quantifier: Quantifier
      readonly operand: Operand
      readonly predicate: Predicate
    }
  /** Of every pair of a left and a right value one fulfils the relation, or all do. */
  | {
      readonly kind: 'pair'
      readonly quantifier: Quantifier
      readonly relation: Relation
      readonly left: Operand
      readonly right: Operand
    }

export type FilterFunction = 'len' | 'count' | 'lower' | 'upper' | 'string' | 'abs' | 'min' | 'max'

export type Operand =
  | { readonly kind: 'field'; readonly field: FilterField; readonly layer?: number; readonly type: FilterType }
  | { readonly kind: 'number'; readonly value: number; readonly type: FilterType }
  | { readonly kind: 'slice'; readonly of: Operand; readonly ranges: readonly SliceRange[]; readonly type: FilterType }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Operand
      readonly right: Operand
      readonly type: FilterType
    }
  | {
      readonly kind: 'call'
      readonly function: FilterFunction
      readonly of: readonly Operand[]
      readonly type: FilterType
    }

/** The operand and all it is made of. */
function* parts(operand: Operand): Generator<Operand> {
  yield operand
  if (operand.kind === 'slice') yield* parts(operand.of)
  if (operand.kind === 'call') for (const one of operand.of) yield* parts(one)
  if (operand.kind !== 'arithmetic') return
  yield* parts(operand.left)
  yield* parts(operand.right)
}

export function* leafOperands(leaf: Leaf): Generator<Operand> {
  if (leaf.kind === 'pair') {
    yield* parts(leaf.left)
    yield* parts(leaf.right)
  } else yield* parts(leaf.operand)
}

export function* leaves(test: FilterTest): Generator<Leaf> {
  switch (test.kind) {
    case 'and':
    case 'or':
    case 'xor':
      for (const one of test.of) yield* leaves(one)
      break
    case 'not':
      yield* leaves(test.of)
      break
    default:
      yield test
  }
}

/** Every field in the filter, with repetitions. */
export function* testFields(test: FilterTest): Generator<FilterField> {
  for (const leaf of leaves(test)) {
    for (const operand of leafOperands(leaf)) if (operand.kind === 'field') yield operand.field
  }
}
