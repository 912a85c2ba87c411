import { Needle } from './needle.ts'

// Where runs of bytes are in a stretch of a capture, looked for where the capture is: ?find=BYTES[:OTHERS],...&from=N&to=N. A run is two digits for each byte,
// OTHERS what may be there instead (Needle). The answer is 32-bit numbers, little-endian, counted from `from`: how far was looked, then
// where each run begins, ascending. Runs that begin in front of `to` are found also where they end behind it.

export interface CaptureSearch {
  readonly needles: readonly Needle[]
  /** Offsets, half-open. */
  readonly from: number
  readonly to: number
}

export interface FoundPlaces {
  /** Offsets where a run begins, ascending. */
  readonly places: Float64Array
  /** What begins from here on may be missing: the capture ends, perhaps within it, or there were too many. */
  readonly to: number
}

/** In one request. */
export const MOST_SEARCHED = 32 << 20
/** Once there are more than one in so many bytes, reading all of them takes no longer than reading where they are. */
export const LEAST_APART = 2048
const MOST_NEEDLES = 16
/** Of all together: each may have to be compared at each place. */
const MOST_NEEDLE_BYTES = 256

/** Undefined where that is too much to look for. */
export function searchText(needles: readonly Needle[]): string | undefined {
  if (needles.length === 0 || needles.length > MOST_NEEDLES) return undefined
  if (needles.some(({ bytes }) => bytes.length === 0) || areTooLong(needles)) return undefined
  return needles.map(({ bytes, others }) => (bytes === others ? hex(bytes) : `${hex(bytes)}:${hex(others)}`)).join(',')
}

/** Undefined when it is not such a search, or asks for too much. */
export function parseSearch(text: string, from: string | null, to: string | null): CaptureSearch | undefined {
  const words = text.split(',', MOST_NEEDLES + 1)
  if (words.length > MOST_NEEDLES) return undefined
  const needles: Needle[] = []
  for (const word of words) {
    const [all, bytes, others] = /^((?:[0-9a-f]{2})+)(?::((?:[0-9a-f]{2})+))?$/.exec(word) ?? []
    if (all === undefined || (others?.length ?? bytes.length) !== bytes.length) return undefined
    needles.push(new Needle(bytesOf(bytes), others === undefined ? undefined : bytesOf(others)))
  }
  if (areTooLong(needles)) return undefined
  const [start, end] = [offsetOf(from), offsetOf(to)]
  if (start === undefined || end === undefined || end < start || end - start > MOST_SEARCHED) return undefined
  return { needles, from: start, to: end }
}

const areTooLong = (needles: readonly Needle[]): boolean =>
  needles.reduce((sum, { bytes }) => sum + bytes.length, 0) > MOST_NEEDLE_BYTES

function offsetOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, n) => Number.parseInt(text.slice(n * 2, n * 2 + 2), 16))
}
