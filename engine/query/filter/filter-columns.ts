import { PROTOCOLS } from '../../decode/protocols.ts'
import { register } from './column-scratch.ts'
import { ColumnValues } from './column-values.ts'
import { vectors, vectorTest } from './column-vectors.ts'
import { conversationTest } from './conversation-test.ts'
import { leafHolds } from './filter-evaluate.ts'
import type { ColumnTest, FilterField, ReaderContext } from './filter-field.ts'
import { type FilterTest, type Leaf, leafOperands, leaves, type Operand } from './filter-test.ts'
import { joined } from './joined-tests.ts'
import { notOutcomes, OUTCOME } from './outcome.ts'

/**
 * Makes of a filter loops over the columns. They answer `unknown` for the rows whose bytes must be looked at, and look at none.
 * One pass of a chunk through a typical condition costs some 3 ns a row. `absent` are leaves known to be false.
 */
export function columnTest(test: FilterTest, context: ReaderContext, absent?: ReadonlySet<Leaf>): ColumnTest {
  if (asksConversations(test) && isWorthAsking(test)) return conversationTest(rowsTest(test, context), context)
  const parts = (of: readonly FilterTest[]): ColumnTest[] => of.map((part) => columnTest(part, context, absent))
  switch (test.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return joined(test.kind, parts(byCost(conversationsTogether(test.kind, test.of))))
    case 'not':
      return negated(columnTest(test.of, context, absent))
    default:
      if (absent?.has(test)) return ({ from, to }, out) => out.fill(OUTCOME.false, from, to)
      return leafTest(test, context)
  }
}

/** The same, row by row. */
function rowsTest(test: FilterTest, context: ReaderContext): ColumnTest {
  switch (test.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return joined(
        test.kind,
        byCost(test.of).map((part) => rowsTest(part, context)),
      )
    case 'not':
      return negated(rowsTest(test.of, context))
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

function negated(test: ColumnTest): ColumnTest {
  return (block, out, depth) => {
    test(block, out, depth)
    notOutcomes(out, block.from, block.to)
  }
}

/** What is asked of conversations becomes one question. */
function conversationsTogether(kind: 'and' | 'or' | 'xor', tests: readonly FilterTest[]): readonly FilterTest[] {
  const of = tests.filter(asksConversations)
  return of.length < 2 ? tests : [{ kind, of }, ...tests.filter((test) => !asksConversations(test))]
}

/** All that it looks at is the same for the rows of one conversation, direction and kind of stack; see conversationTest. */
function asksConversations(test: FilterTest): boolean {
  for (const leaf of leaves(test)) {
    for (const operand of leafOperands(leaf)) {
      if (operand.kind !== 'field') continue
      const { columns } = operand.field
      if (operand.layer !== undefined || !columns?.every(({ ofConversation }) => ofConversation)) return false
    }
  }
  return true
}

/** Conversations are asked where rows would need more than one pass. */
function isWorthAsking(test: FilterTest): boolean {
  let passes = 0
  for (const leaf of leaves(test)) {
    if (leaf.kind !== 'exists' && !vectors(leaf)) return true
    for (const operand of leafOperands(leaf)) if (operand.kind === 'field') passes += operand.field.columns?.length ?? 0
  }
  return passes > 1
}

/** What costs most goes last: often nothing is left to ask then. */
function byCost(tests: readonly FilterTest[]): readonly FilterTest[] {
  return tests.toSorted((a, b) => cost(a) - cost(b))
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
  const vectorised = vectors(leaf, context.placed)
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
