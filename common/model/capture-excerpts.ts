// The same few bytes of many packets, such as a number in their headers, asked for in one request: POST ?excerpts=LENGTH. Its body is where each begins,
// ascending, counted from the one before (the first from 0), in seven bits a byte, the lowest first; the last byte of a number has the high bit clear
// (LEB128). The answer is the excerpts, one behind the other, up to the first that the capture's end cuts.

export interface CaptureExcerpts {
  /** Bytes of each. */
  readonly length: number
  /** The offset at which each begins, ascending. */
  readonly places: Float64Array
}

/** In one request. */
export const MOST_EXCERPTS = 65_536
/** More of each takes no less than reading the packets. */
export const LONGEST_EXCERPT = 64
/** Bytes of a number in the body: enough for 2^53 - 1. */
const LONGEST_SKIP = 8
/** What the body may have at most. */
export const MOST_EXCERPT_BYTES = MOST_EXCERPTS * LONGEST_SKIP

/** Of places that ascend. */
export function excerptsBody(places: Float64Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(places.length * LONGEST_SKIP)
  let bytes = 0
  let before = 0
  for (let n = 0; n < places.length; n++) {
    let skip = places[n] - before
    before = places[n]
    for (; skip > 0x7f; skip = Math.floor(skip / 128)) body[bytes++] = (skip % 128) | 0x80
    body[bytes++] = skip
  }
  return body.subarray(0, bytes)
}

/** Undefined when these are no excerpts, or too many. */
export function parseExcerpts(length: string, body: Uint8Array): CaptureExcerpts | undefined {
  if (!/^[1-9]\d?$/.test(length) || Number(length) > LONGEST_EXCERPT || body.length > MOST_EXCERPT_BYTES)
    return undefined
  const places = new Float64Array(Math.min(body.length, MOST_EXCERPTS))
  let count = 0
  let place = 0
  for (let at = 0; at < body.length; at++) {
    let byte = body[at]
    let unit = 1
    for (; byte > 0x7f; unit *= 128) {
      place += (byte & 0x7f) * unit
      byte = body[++at]
    }
    place += byte * unit
    // Also where the last number has no end.
    if (count === places.length || !Number.isSafeInteger(place + LONGEST_EXCERPT)) return undefined
    places[count++] = place
  }
  return { length: Number(length), places: places.subarray(0, count) }
}
