import type { Engine } from '../../engine/engine.ts'

/** Members that hold a row: `row`, `requestRow` and so on. */
const ROW = /^row$|Row$/

/**
 * Answers of the engine as JSON. Rows are those of the file (frame numbers minus one), also where only a part of it was read; typed arrays and
 * sets become lists, maps objects, and "not a number" (no sample) null.
 */
export function engineJson({ packets }: Engine, value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (key, item: unknown) => {
      if (typeof item === 'number' && ROW.test(key)) return packets.before + item
      if (item instanceof Float64Array || item instanceof Set) return Array.from(item)
      return item instanceof Map ? Object.fromEntries(item) : item
    },
    indent,
  )
}
