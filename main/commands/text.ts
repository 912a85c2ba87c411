import { harmless } from './write-out.ts'

/** 1.2 kB, 34 MB: decimal units, at most three digits. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`
}

/** A wait as a person compares it, with three digits: 0.31 ms, 42 ms, 5.01 s, 3 min 20 s. */
export function millisecondsText(ms: number): string {
  if (ms < 9.995) return `${ms.toFixed(2)} ms`
  if (ms < 999.5) return `${ms.toFixed(0)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 119_950) return `${(ms / 1000).toFixed(1)} s`
  return durationText(ms)
}

/** A duration as a person reads it; from a second on with at most three digits: 0.31 ms, 42 ms, 5.0 s, 32 s, 3 min 20 s. */
export function durationText(ms: number): string {
  if (ms === 0) return '0 s'
  if (ms < 999.5) return millisecondsText(ms)
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 119_500) return `${(ms / 1000).toFixed(0)} s`
  const seconds = Math.round(ms / 1000)
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const
  const at = units.findIndex(([size]) => seconds >= size)
  const [[size, unit], [smaller, smallerUnit]] = [units[at], units[at + 1]]
  const rest = Math.floor((seconds % size) / smaller)
  return `${Math.floor(seconds / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${smallerUnit}`}`
}

/** "1 packet", "2,162 packets". */
export const countText = (n: number, noun: string, plural = `${noun}s`): string =>
  `${numberText(n)} ${n === 1 ? noun : plural}`

/** 12,345 */
export function numberText(n: number): string {
  // Not toLocaleString: loading the tables of languages for it takes longer than many a capture.
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** 0.2 %, 12 %; never 0 % of something. */
export function shareText(part: number, of: number): string {
  const percent = of === 0 ? 0 : (part / of) * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`
}

/** A line of bars, one a value; what is 0 or not a number is a dot, so that "nothing" and "very little" differ. */
export function sparkline(values: ArrayLike<number>): string {
  const bars = '▁▂▃▄▅▆▇█'
  const numbers = Array.from(values, (value) => (Number.isFinite(value) ? value : 0))
  const top = Math.max(...numbers, 0)
  return numbers
    .map((value) => (value <= 0 || top === 0 ? '·' : bars[Math.min(7, Math.floor((value / top) * 8))]))
    .join('')
}

/**
 * Columns aligned by their widest cell; numbers (cells that start with a digit) to the right. A column that says nothing (0, - or
 * empty in every row) is left out.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const said = head.flatMap((_, i) => (rows.length === 0 || rows.some((row) => !/^[0-]?$/.test(row[i])) ? [i] : []))
  const widths = head.map((cell, i) => rows.reduce((width, row) => Math.max(width, row[i].length), cell.length))
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => /^(\d|-?$)/.test(row[i])))
  const line = (row: readonly string[]) =>
    said
      .map((i) => (right[i] ? row[i].padStart(widths[i]) : row[i].padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map((row) => harmless(line(row))).join('\n')
}

/** Columns that sentences may take: 100, or what the terminal has. */
export function textWidth(): number {
  return Math.min(100, process.stdout.columns || 100)
}
