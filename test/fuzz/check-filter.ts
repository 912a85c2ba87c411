import { Engine } from '../../engine/engine.ts'
import { checkFilter, compileFilter } from '../../engine/query/filter/display-filter.ts'
import type { FieldCatalog } from '../../engine/query/filter/field-catalog.ts'
import { OUTCOME } from '../../engine/query/filter/outcome.ts'
import { pcapngOf } from './capture-blocks.ts'
import type { Frame } from './corpus.ts'
import { guarded } from './guarded-frame.ts'
import type { Random } from './random.ts'

/** A capture to ask, with its frames' bytes. */
export interface Subject {
  readonly engine: Engine
  readonly frames: readonly Frame[]
}

export function subjectOf(frames: readonly Frame[]): Subject {
  const engine = new Engine()
  engine.push(pcapngOf(frames))
  engine.finish()
  if (engine.packets.rows !== frames.length)
    throw new Error(`${engine.packets.rows} of ${frames.length} frames were read`)
  return { engine, frames }
}

/**
 * Throws when checking or running the filter throws, when what is wrong with it is said to be outside its text, or when the columns
 * know better than the bytes.
 */
export function checkRandomFilter(
  text: string,
  catalog: FieldCatalog,
  { engine, frames }: Subject,
  random: Random,
): void {
  const check = checkFilter(text, catalog)
  if (!check.ok) {
    const { message, from, to } = check
    if (message === '' || /undefined|NaN/.test(message)) throw new Error(`no words: "${message}"`)
    if (!(from >= 0 && from <= to && to <= text.length))
      throw new Error(`"${message}" at ${from} to ${to} of ${text.length}`)
    return
  }
  const filter = compileFilter(text, catalog, engine)
  if (!filter) return
  const outcomes = new Uint8Array(frames.length + 8)
  filter.columns({ chunk: engine.packets.chunk(0), firstRow: 0, from: 0, to: frames.length }, outcomes)
  for (let times = 6; times > 0; times--) {
    const row = random.below(frames.length)
    const { bytes, at } = guarded(frames[row].bytes)
    const matches = filter.matches(row, bytes, at, at + frames[row].bytes.length)
    const outcome = outcomes[row]
    if (outcome !== OUTCOME.unknown && (outcome === OUTCOME.true) !== matches) {
      throw new Error(`frame ${row + 1}: the columns say ${outcome === OUTCOME.true}, its bytes ${matches}`)
    }
  }
}
