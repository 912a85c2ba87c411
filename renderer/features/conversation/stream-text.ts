import type { FollowFormat, FollowLine } from '../../../engine/engine.ts'
import { formatCounted } from '../../components/format.ts'

// Lines of a followed stream as they are shown, searched and copied. Pure.

/** Part of a line: bytes in a match, or not. */
export interface LinePart {
  readonly from: number
  readonly to: number
  readonly match: number | undefined
}

/** Cuts a line of `length` bytes at `position` where matches begin and end; `match` is the number of the match. */
export function lineParts(
  position: number,
  length: number,
  matches: Float64Array | undefined,
  matchLength: number,
): readonly LinePart[] {
  if (!matches || matches.length === 0) return [{ from: 0, to: length, match: undefined }]
  const parts: LinePart[] = []
  let at = 0
  for (let i = firstAbove(matches, position - matchLength); i < matches.length && matches[i] < position + length; i++) {
    const from = Math.max(at, matches[i] - position)
    const to = Math.min(length, matches[i] - position + matchLength)
    if (from > at) parts.push({ from: at, to: from, match: undefined })
    if (to > from) parts.push({ from, to, match: i })
    at = Math.max(at, to)
  }
  if (at < length || parts.length === 0) parts.push({ from: at, to: length, match: undefined })
  return parts
}

/** Index of the first value above `value`. */
function firstAbove(values: Float64Array, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle] > value) high = middle
    else low = middle + 1
  }
  return low
}

const UTF8 = new TextDecoder()

/** As UTF-8; what has no shape on screen, or would change the direction of the text, is a dot. */
export function textOf(bytes: Uint8Array): string {
  return UTF8.decode(bytes)
    .replaceAll('\t', '    ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{fffd}]/gu, '·')
}

/** One character a byte, as beside a hex dump. */
export function asciiOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'
  return text
}

/** `at` is the place of the first byte in its line: a wider space parts the line's halves. */
export function hexOf(bytes: Uint8Array, at: number): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    text += bytes[i].toString(16).padStart(2, '0') + ((at + i) % 16 === 7 ? '  ' : ' ')
  }
  return text
}

export function rawOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

export function offsetOf(offset: number): string {
  return offset.toString(16).padStart(8, '0')
}

export function missingText({ bytes, why }: NonNullable<FollowLine['missing']>): string {
  const count = formatCounted(bytes, 'byte')
  return why === 'gap' ? `${count} not captured` : `${count} cut off by the snap length`
}

/** The line as it is copied. */
export function plainLine(line: FollowLine, format: FollowFormat): string {
  if (line.missing) return `[${missingText(line.missing)}]`
  if (format === 'text') return UTF8.decode(line.bytes)
  if (format === 'raw') return rawOf(line.bytes)
  return `${offsetOf(line.offset)}  ${hexOf(line.bytes, 0).padEnd(49)} ${asciiOf(line.bytes).replaceAll('·', '.')}`
}

/** What is looked for: bytes where it is written as 0x0d0a, else text in any case. */
export function needleOf(text: string): { readonly bytes: Uint8Array; readonly anyCase: boolean } {
  const hex = /^0x((?:[0-9a-f]{2}\s*)+)$/i.exec(text.trim())?.[1].replaceAll(/\s/g, '')
  if (hex === undefined) return { bytes: new TextEncoder().encode(text), anyCase: true }
  return {
    bytes: Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)),
    anyCase: false,
  }
}
