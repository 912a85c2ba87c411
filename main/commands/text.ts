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

/** Milliseconds as a person reads them: 0.31 ms, 42 ms, 5.01 s, 3 min 20 s. */
export function millisecondsText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${ms.toFixed(0)} ms`
  if (ms < 120_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const minutes = Math.floor(ms / 60_000)
  return `${minutes} min ${((ms - minutes * 60_000) / 1000).toFixed(0)} s`
}

/** A line of bars, one a value; a value of 0 is a dot so that "nothing" and "very little" differ. */
export function sparkline(values: ArrayLike<number>): string {
  const bars = '▁▂▃▄▅▆▇█'
  const numbers = Array.from(values, (value) => (Number.isFinite(value) ? value : 0))
  const top = Math.max(...numbers, 0)
  return numbers
    .map((value) => (value <= 0 || top === 0 ? '·' : bars[Math.min(7, Math.floor((value / top) * 8))]))
    .join('')
}

/** Columns aligned by their widest cell; numbers (cells that start with a digit) to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)))
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => /^[\d-]/.test(row[i]) || row[i] === ''))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line).join('\n')
}
