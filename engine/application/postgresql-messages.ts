import type { FirstBytes } from './protocols.ts'
import type { Side } from './stream-decoder.ts'

const bytesOf = (text: string): readonly number[] => Array.from(text, (character) => character.charCodeAt(0))

/** Codes of the messages that have no type (version 3.x is another), and how long they are at most. */
export const STARTUP = { cancel: 80_877_102, ssl: 80_877_103, gss: 80_877_104, longest: 10_000 } as const

/** Types of a client's messages: all of them, and those that ask for something. */
export const REQUEST = {
  all: bytesOf('QPBDECSHFXdcfp'),
  begins: bytesOf('QPBDECSF'),
  query: 0x51,
  parse: 0x50,
  bind: 0x42,
  sync: 0x53,
  functionCall: 0x46,
  terminate: 0x58,
} as const

/** Field types of ErrorResponse. */
export const FIELD = { sqlState: 0x43 } as const

const unsigned32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0

/** Whether a connection to PostgreSQL begins here. */
export function isStartup(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 8) return false
  const length = unsigned32(bytes, from)
  const code = unsigned32(bytes, from + 4)
  if (code === STARTUP.ssl || code === STARTUP.gss) return length === 8
  if (code === STARTUP.cancel) return length >= 16 && length <= 268
  // "user" must be there (3.0 and its minor versions).
  const version = code === 0x0003_0000 || code === 0x0003_0002
  return version && length > 13 && length <= STARTUP.longest && isParameter(bytes, from + 8, to)
}

const isParameter = (bytes: Uint8Array, at: number, to: number): boolean =>
  at < to && bytes[at] >= 0x61 && bytes[at] <= 0x7a

/** A Query whose text fills the payload, or Parse, Bind, ... up to a Sync that is its end. */
function isQuery(bytes: Uint8Array, from: number, to: number): boolean {
  let last = from
  for (let at = from; at < to;) {
    if (at + 5 > to || !REQUEST.begins.includes(bytes[at])) return false
    const length = unsigned32(bytes, at + 1)
    if (length < 4 || length > to - at - 1) return false
    if (bytes[at] === REQUEST.query && (length < 6 || bytes[at + length] !== 0)) return false
    last = at
    at += 1 + length
  }
  if (bytes[last] === REQUEST.query) return last === from && isText(bytes, from + 5, to - 1)
  return bytes[last] === REQUEST.sync && to - last === 5 && last > from
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++)
    if (bytes[i] < 0x20 && bytes[i] !== 0x09 && bytes[i] !== 0x0a && bytes[i] !== 0x0d) return false
  return true
}

/** By how a client begins, or in the middle of a connection by a whole cycle of requests. */
export function recognisePostgresql({ bytes, from, to, side }: FirstBytes): Side | undefined {
  if (side === 'server') return undefined
  return isStartup(bytes, from, to) || isQuery(bytes, from, to) ? 'client' : undefined
}
