// The same few bytes of many packets, such as a number in their headers, asked for in one request: POST ?excerpts=LENGTH. Its body is where each begins,
// ascending, counted from the one before (the first from 0), in seven bits a byte, the lowest first; the last byte of a number has the high bit clear
// (LEB128). The answer is the excerpts, one behind the other, up to the first that the capture's end cuts.

export interface CaptureExcerpts {
  /** Bytes of each. */
  readonly length: number
  /** The offset at which each begins, ascending. */
  readonly places: Float64Array
}

/** In one request: more at a time gain little, and whoever asks has what came before to look at meanwhile. */
export const MOST_EXCERPTS = 262_144
/** More of each takes no less than reading the packets. */
export const LONGEST_EXCERPT = 64
/** Bytes of a number in the body: enough for 2^53 - 1. */
const LONGEST_SKIP = 8
/** What the body may have at most. */
export const MOST_EXCERPT_BYTES = MOST_EXCERPTS * LONGEST_SKIP

/** Most packets are closer than this, and whole numbers of 31 bits are what V8 counts with quickest. */
const NEAR = 1 << 28

/** Of places that ascend. */
export function excerptsBody(places: Float64Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(places.length * LONGEST_SKIP)
  let bytes = 0
  let before = 0
  for (let n = 0; n < places.length; n++) {
    let skip = places[n] - before
    before = places[n]
    for (; skip >= NEAR; skip = Math.floor(skip / 128)) body[bytes++] = (skip % 128) | 0x80
    let near = skip | 0
    for (; near > 0x7f; near >>>= 7) body[bytes++] = near | 0x80
    body[bytes++] = near
  }
  return body.slice(0, bytes)
}

/** Undefined when these are no excerpts, or too many. */
export function parseExcerpts(length: string, body: Uint8Array): CaptureExcerpts | undefined {
  if (!/^[1-9]\d?$/.test(length) || Number(length) > LONGEST_EXCERPT || body.length > MOST_EXCERPT_BYTES)
    return undefined
  let count = 0
  for (let at = 0; at < body.length; at++) if (body[at] <= 0x7f) count++
  // Also where the last number has no end.
  if (count > MOST_EXCERPTS || (body.length > 0 && body[body.length - 1] > 0x7f)) return undefined
  const places = new Float64Array(count)
  let place = 0
  for (let n = 0, at = 0; n < count; n++) {
    let byte = body[at++]
    let unit = 1
    for (; byte > 0x7f; unit *= 128) {
      place += (byte & 0x7f) * unit
      byte = body[at++]
    }
    place += byte * unit
    places[n] = place
  }
  // They ascend, so the last is the farthest.
  if (!Number.isSafeInteger(place + LONGEST_EXCERPT)) return undefined
  return { length: Number(length), places }
}
