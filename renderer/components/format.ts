// Numbers as a person reads them. One place, so that the same quantity looks the same everywhere.

/** 1,204,331 */
export function formatCount(n: number): string {
  // Not Intl: loading its tables of languages takes 20 ms, of which the first picture would be part.
  return String(Math.round(n)).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** "1 packet", "2 packets" */
export function formatCounted(n: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(n)} ${n === 1 ? noun : plural}`
}

/** An estimate, which must not look exact: 49,000,000 of 48,732,119. */
export function formatAbout(n: number): string {
  return formatCount(Number(n.toPrecision(2)))
}

/** Three significant digits: 1.02, 34.5, 128 */
function significant(n: number): string {
  const magnitude = Math.abs(n)
  return n.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2)
}

function scaled(n: number, step: number, units: readonly string[]): string {
  let unit = 0
  let value = n
  while (Math.abs(value) >= step * 0.9995 && unit < units.length - 1) {
    value /= step
    unit++
  }
  return `${unit === 0 && Number.isInteger(value) ? value : significant(value)} ${units[unit]}`
}

/** 512 B, 34.5 kB, 1.02 GB */
export function formatBytes(n: number): string {
  return scaled(n, 1000, ['B', 'kB', 'MB', 'GB', 'TB'])
}

/** 96.0 kbit/s */
export function formatBitRate(n: number): string {
  return scaled(n, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
}

/** A round number on an axis, formatted by one of these: "50 ms", not "50.0 ms". */
export function formatTick(text: string): string {
  return text.replace(/\.0+ /, ' ').replace(/(\.\d)0 /, '$1 ')
}

/** From nanoseconds: 850 ns, 12.4 µs, 3.21 ms, 1.50 s, 4 min 12 s, 2 h 05 min, 3 d 4 h */
export function formatDuration(ns: number): string {
  const magnitude = Math.abs(ns)
  if (magnitude < 59.95e9) return scaled(ns, 1000, ['ns', 'µs', 'ms', 's'])
  const seconds = Math.round(magnitude / 1e9)
  const sign = ns < 0 ? '−' : ''
  const two = (n: number) => String(n).padStart(2, '0')
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  if (seconds < 86400) return `${sign}${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`
  return `${sign}${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`
}

/** Milliseconds lost: 0.4 ms, 340 ms, 12.1 s */
export function formatMilliseconds(ms: number): string {
  return formatDuration(ms * 1e6)
}

/** Seconds since the start with a fixed number of decimals, as Wireshark's time column: 12.345678 */
export function formatSeconds(ns: number, decimals = 6): string {
  return (ns / 1e9).toFixed(decimals)
}

/** Between two moments in nanoseconds: from 1.205 s for 340 ms, at 1.205 s */
export function formatSpan(from: number, to: number): string {
  const start = `${formatSeconds(from, 3)} s`
  return from === to ? `at ${start}` : `from ${start} for ${formatDuration(to - from)}`
}

/** What clocks show: this machine's time zone, or UTC as the logs of pods do. */
export type Zone = 'local' | 'utc'

/** A moment on the wall: 14:03:27.123456. `ns` counts from `epochNs` (decimal string, nanoseconds since 1970). */
export function formatClock(epochNs: string, ns: number, zone: Zone, decimals = 6): string {
  const at = BigInt(epochNs) + BigInt(Math.round(ns))
  const time = isoText(Number(at / 1_000_000n), zone).slice(-13, -5)
  if (decimals === 0) return time
  const fraction = String(((at % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0')
  return `${time}.${fraction.slice(0, decimals)}`
}

/** 2026-11-20 */
export function formatDate(epochNs: string, ns: number, zone: Zone): string {
  return isoText(Number((BigInt(epochNs) + BigInt(Math.round(ns))) / 1_000_000n), zone).split('T')[0]
}

/** 14:03:27, from milliseconds since 1970. */
export function formatTimeOfDay(ms: number, zone: Zone): string {
  return isoText(ms, zone).slice(-13, -5)
}

/** 2026-11-20 14:03:27, from milliseconds since 1970. */
export function formatMoment(ms: number, zone: Zone): string {
  return isoText(ms, zone).slice(0, -5).replace('T', ' ')
}

/** The time zone that clocks and dates are in: UTC, UTC+1, UTC−3:30. */
export function formatZone(epochNs: string, ns: number, zone: Zone): string {
  return zoneText(eastOf(Number((BigInt(epochNs) + BigInt(Math.round(ns))) / 1_000_000n), zone))
}

/** Minutes east of Greenwich, at that moment. */
function eastOf(ms: number, zone: Zone): number {
  return zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset()
}

/** Ends in 14:03:27.123Z, whatever the zone; empty where no calendar reaches. */
function isoText(ms: number, zone: Zone): string {
  const shown = new Date(ms + eastOf(ms, zone) * 60_000)
  return Number.isNaN(shown.getTime()) ? '' : shown.toISOString()
}

/** From minutes east of Greenwich. */
export function zoneText(east: number): string {
  if (east === 0) return 'UTC'
  const minutes = Math.abs(east) % 60
  const hours = Math.floor(Math.abs(east) / 60)
  return `UTC${east < 0 ? '−' : '+'}${hours}${minutes === 0 ? '' : `:${String(minutes).padStart(2, '0')}`}`
}

/** 42 %, 0.3 %, <0.1 % */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '0 %'
  const share = (part / whole) * 100
  if (share === 0 || share === 100) return `${share} %`
  if (share < 0.1) return '<0.1 %'
  if (share > 99.9) return '>99.9 %'
  return `${share < 10 ? share.toFixed(1) : share.toFixed(0)} %`
}
