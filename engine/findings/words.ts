import type { FindingEnd } from '../../common/model/finding.ts'

// How findings say numbers and names. Like every text here they are for a person who reads in a hurry.

/** A wait with at most three digits: 0.31 ms, 42 ms, 5.01 s, 3 min 20 s, 2 d 5 h. */
export function msText(ms: number): string {
  if (ms < 9.995) return `${ms.toFixed(2)} ms`
  if (ms < 999.5) return `${ms.toFixed(0)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 119_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const hours = Math.floor(seconds / 3600)
  if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${numberText(Math.floor(hours / 24))} d ${hours % 24} h`
}

export const nsText = (ns: number): string => msText(ns / 1e6)

/** "2,162". */
export function numberText(n: number): string {
  // Not toLocaleString: loading the tables of languages for it takes 12 ms.
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** "1 connection", "2,162 connections". */
export const countOf = (n: number, noun: string, plural = `${noun}s`): string =>
  `${numberText(n)} ${n === 1 ? noun : plural}`

/** "0.2 %", never 0 % of something. */
export function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`
}

/** "3 of 9 lookups (33 %)", "all 9 lookups", "both lookups", "the only lookup". */
export function partOf(part: number, whole: number, noun: string): string {
  if (part < whole) return `${numberText(part)} of ${countOf(whole, noun)} (${share(part, whole)})`
  return whole === 1 ? `the only ${noun}` : whole === 2 ? `both ${noun}s` : `all ${countOf(whole, noun)}`
}

/** As a sentence begins. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** "after 1.2 s", "each after 1.2 s", "after 231 ms at the median and 1.02 s at most". */
export function afterText(waits: readonly number[]): string {
  const [usual, longest] = [nsText(median(waits)), nsText(most(waits))]
  if (waits.length === 1) return `after ${longest}`
  return usual === longest ? `each after ${longest}` : `after ${usual} at the median and ${longest} at most`
}

/** "a, b and c", "a, b, c and 4 more". */
export function listOf(items: readonly string[], most = 3): string {
  if (items.length === 0) return ''
  if (items.length === 1) return items[0]
  // Where one alone is left, its name takes no more room than "1 more".
  if (items.length <= most + 1) return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`
  return `${items.slice(0, most).join(', ')} and ${numberText(items.length - most)} more`
}

/** 10.244.1.7:8080, [fd00::7]:8080, 10.244.1.7 */
export function endText({ address, port }: FindingEnd): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** "from 14.0 s to 18.9 s of the capture", "at 3.10 s of the capture", "from the start to 5.00 s of the capture". */
export function whenText(since: number, until: number): string {
  const [from, to] = [since < MOMENT_NS ? 'the start' : nsText(since), nsText(until)]
  if (from !== to && until - since >= MOMENT_NS) return `from ${from} to ${to} of the capture`
  return since < MOMENT_NS ? 'at the start of the capture' : `at ${from} of the capture`
}

/** What is as short has no beginning and no end for a person. */
const MOMENT_NS = 10e6

export const sentences = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(' ')

/** What lies in the middle; of an even number the upper one. NaN of none. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.toSorted((a, b) => a - b)[values.length >> 1]
}

// Of any number of values: as arguments of Math.min a hundred thousand are too many.
export const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity)
export const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity)

export const sumOf = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

/** Text of the file's in a sentence of ours: without control characters. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
