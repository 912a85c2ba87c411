import type { NoteAnchor } from '../common/model/note.ts'
import { endText } from './findings/words.ts'

// What a note is on, as the comments on a capture say it: pcapng has comments on packets, but on neither conversations nor times. The words
// are for people in other programs, and exact enough for us to find the place again.

type WordedAnchor = Exclude<NoteAnchor, { readonly kind: 'capture' }>

/** "Note on 10.0.0.1:5000 and 10.0.0.2:80 (TCP, begun 2026-11-21T02:29:51.500Z): [tag] text" */
export function wordedNote(anchor: WordedAnchor, text: string): string {
  return `Note on ${anchorWords(anchor)}: ${text}`
}

function anchorWords(anchor: WordedAnchor): string {
  switch (anchor.kind) {
    case 'packet':
      return `frame ${anchor.frame} (${timeWords(anchor.time)})`
    case 'conversation': {
      const { addressA, portA, addressB, portB, transport, firstTime } = anchor
      return `${end(addressA, portA)} and ${end(addressB, portB)} (${transport}, begun ${timeWords(firstTime)})`
    }
    case 'range':
      return anchor.from === anchor.to ? timeWords(anchor.from) : `${timeWords(anchor.from)} to ${timeWords(anchor.to)}`
  }
}

function end(address: string, port: number | undefined): string {
  return endText(port === undefined ? { address } : { address, port })
}

/** In UTC, as fine as it is. */
function timeWords(ns: string): string {
  const since = BigInt(ns)
  const fraction = ((since % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const digits = String(fraction)
    .padStart(9, '0')
    .replace(/(000){1,2}$/, '')
  // A note's times have at most 20 digits: they all are dates.
  const seconds = new Date(Number((since - fraction) / 1_000_000n)).toISOString().slice(0, -5)
  return `${seconds}.${digits}Z`
}

const TIME = String.raw`([+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?:\d{3}){1,3}Z)`
const END = String.raw`([0-9a-fA-F:.[\]%]{2,80})`
const WORDS: readonly (readonly [RegExp, (...found: readonly string[]) => NoteAnchor | undefined])[] = [
  [
    new RegExp(String.raw`^frame ([1-9]\d{0,14}) \(${TIME}\)$`),
    (frame, at) => withTimes([at], ([time]) => ({ kind: 'packet', frame: Number(frame), time })),
  ],
  [
    new RegExp(String.raw`^${END} and ${END} \((\w{1,32}), begun ${TIME}\)$`),
    (a, b, transport, at) =>
      withTimes([at], ([firstTime]) => {
        const [endA, endB] = [readEnd(a), readEnd(b)]
        const ends = { addressA: endA.address, portA: endA.port, addressB: endB.address, portB: endB.port }
        return { kind: 'conversation', transport, ...ends, firstTime }
      }),
  ],
  [new RegExp(`^${TIME} to ${TIME}$`), (a, b) => withTimes([a, b], ([from, to]) => ({ kind: 'range', from, to }))],
  [new RegExp(`^${TIME}$`), (a) => withTimes([a], ([at]) => ({ kind: 'range', from: at, to: at }))],
]

/** What wordedNote wrote; undefined for every other comment. */
export function readWordedNote(comment: string): { readonly anchor: NoteAnchor; readonly text: string } | undefined {
  const [, words, text] = /^Note on ([^\n]{1,300}?[Z)]): ([^]+)$/.exec(comment) ?? []
  if (words === undefined || text === undefined) return undefined
  for (const [pattern, read] of WORDS) {
    const anchor = pattern.exec(words)
    if (!anchor) continue
    const found = read(...anchor.slice(1))
    return found && { anchor: found, text }
  }
  return undefined
}

function withTimes(texts: readonly string[], make: (times: readonly string[]) => NoteAnchor): NoteAnchor | undefined {
  const times = texts.map(readTime)
  return times.every((time) => time !== undefined) ? make(times) : undefined
}

function readTime(text: string): string | undefined {
  const [, seconds, fraction] = /^(.+)\.(\d+)Z$/.exec(text) ?? []
  const ms = Date.parse(`${seconds}Z`)
  return Number.isNaN(ms) ? undefined : String(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')))
}

function readEnd(text: string): { readonly address: string; readonly port?: number } {
  const [, address, port] = /^\[(.+)\]:(\d{1,5})$/.exec(text) ?? /^([\d.]+):(\d{1,5})$/.exec(text) ?? []
  return address === undefined ? { address: text } : { address, port: Number(port) }
}
