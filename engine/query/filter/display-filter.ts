import type { FilterCheck } from '../../answers.ts'
import { CompiledFilter } from './compiled-filter.ts'
import type { FieldCatalog } from './field-catalog.ts'
import { fromCaptureFilter } from './filter-advice.ts'
import { FilterChecker } from './filter-check.ts'
import { needsBytes } from './filter-columns.ts'
import type { CaptureTables } from '../capture-tables.ts'
import { parseFilter } from './filter-parser.ts'
import { FilterError } from './filter-syntax.ts'

/** Whether the text is a display filter, and if not, what is wrong with it and where. Never throws. */
export function checkFilter(text: string, catalog: FieldCatalog): FilterCheck {
  try {
    const node = parseFilter(text)
    if (!node) return { ok: true, needsBytes: false }
    const checker = new FilterChecker(catalog)
    const test = checker.test(node)
    const [note] = checker.notes
    return { ok: true, needsBytes: needsBytes(test), ...(note && { note }) }
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const meant = fromCaptureFilter(text)
    if (meant !== undefined) {
      return { ok: false, message: `This is a capture filter. As a display filter: ${meant}`, from: 0, to: text.length }
    }
    return { ok: false, message: error.message, ...error.span }
  }
}

/** The filter made ready to run; undefined for an empty one, which everything matches. Throws FilterError. */
export function compileFilter(text: string, catalog: FieldCatalog, tables: CaptureTables): CompiledFilter | undefined {
  const node = parseFilter(text)
  return node && new CompiledFilter(new FilterChecker(catalog, tables.epoch ?? 0n).test(node), tables)
}
