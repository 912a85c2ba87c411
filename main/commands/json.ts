import type { Capture } from '../../engine/engine.ts'

/** Members that hold a row: `row`, `requestRow` and so on. */
const ROW = /^row$|Row$/

/**
 * Answers of the engine as JSON. Rows are those of the file (frame numbers minus one), also where only a part of it was read; typed arrays and
 * sets become lists, maps objects, and "not a number" (no sample) null.
 */
export function engineJson({ packets }: Capture, value: unknown, indent?: number): string {
  return jsonText(value, indent, (key, item) => {
    if (typeof item === 'number' && ROW.test(key)) return packets.before + item
    if (item instanceof Float64Array || item instanceof Set) return Array.from(item)
    return item instanceof Map ? Object.fromEntries(item) : item
  })
}

/** As JSON.stringify, with everything escaped that a terminal could take for a command or that turns text around: captures bring it along. */
export function jsonText(value: unknown, indent?: number, replacer?: (key: string, item: unknown) => unknown): string {
  const text = JSON.stringify(value, replacer, indent)
  return text.replaceAll(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}
