import { outcomeScratch } from './column-scratch.ts'
import type { ColumnTest } from './filter-field.ts'
import { andOutcomes, orOutcomes, xorOutcomes } from './outcome.ts'

const JOINS = { and: andOutcomes, or: orOutcomes, xor: xorOutcomes } as const

/** All of at least one test as one, which asks no more of them than it must. */
export function joined(kind: keyof typeof JOINS, tests: readonly ColumnTest[]): ColumnTest {
  const join = JOINS[kind]
  const [first, ...others] = tests
  return (block, out, depth) => {
    first(block, out, depth)
    const scratch = outcomeScratch(depth)
    for (const other of others) {
      other(block, scratch, depth + 1)
      if (!join(out, scratch, block.from, block.to)) break
    }
  }
}
