import { startsWith } from './ascii.ts'
import { HpackDecoder } from './hpack.ts'
import type { FirstBytes } from './protocols.ts'
import type { Side } from './stream-decoder.ts'

/** What a client sends first (RFC 9113 section 3.4). */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** As much of the preface as none but HTTP/2 begins with. */
export const SURE_PREFACE = 'PRI * HTTP/2.0'

/**
 *     +-----------------------------------------------+
 *     |                 Length (24)                   |
 *     +---------------+---------------+---------------+
 *     |   Type (8)    |   Flags (8)   |
 *     +-+-------------+---------------+---------------+
 *     |R|              Stream Identifier (31)         |
 *     +-+---------------------------------------------+
 */
export const FRAME_HEADER = 9

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const END_STREAM = 0x01
export const END_HEADERS = 0x04
export const PADDED = 0x08
export const PRIORITY = 0x20
export const ACK = 0x01

/** Flags that a frame type defines, by type (section 6). */
const FLAGS = [END_STREAM | PADDED, 0x2d, 0, 0, ACK, END_HEADERS | PADDED, ACK, 0, 0, END_HEADERS]
/** SETTINGS_MAX_FRAME_SIZE that nobody raised (section 6.5.2). */
const USUAL_MOST = 16_384

/** Error codes (section 7), by number. */
export const HTTP2_ERRORS: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** The error code at `at` by its name (section 7). */
export function errorName(bytes: Uint8Array, at: number): string {
  const code = unsigned32(bytes, at)
  return HTTP2_ERRORS[code] ?? `0x${code.toString(16)}`
}

export const lengthOf = (bytes: Uint8Array, at: number): number =>
  (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]
export const streamOf = (bytes: Uint8Array, at: number): number => unsigned32(bytes, at) & 0x7fffffff

const unsigned32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0

/** Whether a frame as it is usually sent can begin with these nine bytes: a test against chance, stricter than the protocol. */
function isPlausible(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at + 3]
  if (type > FRAME.continuation || bytes[at + 5] > 0x7f) return false
  const length = lengthOf(bytes, at)
  const flags = bytes[at + 4]
  if (length > USUAL_MOST || (flags & ~FLAGS[type]) !== 0) return false
  const stream = streamOf(bytes, at + 5)
  switch (type) {
    case FRAME.settings:
      return stream === 0 && length % 6 === 0 && length <= 20 * 6 && ((flags & ACK) === 0 || length === 0)
    case FRAME.ping:
      return stream === 0 && length === 8
    case FRAME.goaway:
      return stream === 0 && length >= 8
    case FRAME.windowUpdate:
      return length === 4
    case FRAME.rstStream:
      return stream !== 0 && length === 4
    case FRAME.priority:
      return stream !== 0 && length === 5
    case FRAME.headers:
      return stream % 2 === 1 && length > 0
    default:
      return stream !== 0
  }
}

/** Whether [at, to) is frames to the last byte, at least one of them of a kind that chance does not make up. */
function isChainOfFrames(bytes: Uint8Array, at: number, to: number): boolean {
  let sure = false
  let next = at
  while (next + FRAME_HEADER <= to) {
    if (!isPlausible(bytes, next)) return false
    const end = next + FRAME_HEADER + lengthOf(bytes, next)
    if (end > to) return false
    sure ||= isSure(bytes, next, end)
    next = end
  }
  return next === to && sure
}

function isSure(bytes: Uint8Array, at: number, end: number): boolean {
  const stream = streamOf(bytes, at + 5)
  switch (bytes[at + 3]) {
    case FRAME.settings:
    case FRAME.ping:
      return true
    case FRAME.windowUpdate:
      return stream === 0 && bytes[at + FRAME_HEADER] < 0x80
    case FRAME.headers:
      return sideOfHeaders(bytes, at, end) !== undefined
    default:
      return false
  }
}

/** Who sent a HEADERS frame that holds its whole block, by its pseudo-header fields; undefined if nothing tells. */
function sideOfHeaders(bytes: Uint8Array, at: number, end: number): Side | undefined {
  if ((bytes[at + 4] & END_HEADERS) === 0 || (bytes[at + 8] & 1) === 0) return undefined
  const block = headerBlock(bytes.subarray(at + FRAME_HEADER, end), bytes[at + 4])
  for (const { name } of (block && new HpackDecoder().decode(block)) ?? []) {
    if (name === ':status') return 'server'
    if (name === ':method' || name === ':path' || name === ':authority' || name === ':scheme') return 'client'
  }
  return undefined
}

/** The block within the payload of a HEADERS frame (section 6.2); undefined if its padding is longer than it is. */
export function headerBlock(payload: Uint8Array, flags: number): Uint8Array | undefined {
  const padded = (flags & PADDED) !== 0
  const from = (padded ? 1 : 0) + ((flags & PRIORITY) !== 0 ? 5 : 0)
  const to = payload.length - (padded ? payload[0] : 0)
  return from <= to ? payload.subarray(from, to) : undefined
}

/** Where a whole plausible frame is followed by a second header or by nothing in [from, to); -1 if nowhere. */
export function findFrames(bytes: Uint8Array, from: number, to: number): number {
  if (isChainOfFrames(bytes, from, to)) return from
  for (let at = from; at + FRAME_HEADER <= to; at++) {
    // Nearly all other bytes end here: the frame's type.
    if (bytes[at + 3] > FRAME.continuation || bytes[at] !== 0 || !isPlausible(bytes, at)) continue
    const next = at + FRAME_HEADER + lengthOf(bytes, at)
    if (next + FRAME_HEADER <= to) {
      if (isPlausible(bytes, next) && isUnlikelyByChance(bytes, at, next)) return at
    } else if (next === to && isSure(bytes, at, next)) return at
  }
  return -1
}

/** Two headers of zeros are a run of zeros. */
function isUnlikelyByChance(bytes: Uint8Array, at: number, next: number): boolean {
  return lengthOf(bytes, at) > 0 || lengthOf(bytes, next) > 0 || bytes[at + 3] !== 0 || bytes[next + 3] !== 0
}

/** Frame types by their names, as Wireshark writes them. */
export const FRAME_NAMES: readonly string[] =
  'DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION'.split(' ')

export interface Http2Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** Of its payload, by the header. */
  readonly length: number
  /** Where its header begins. */
  readonly at: number
  /** Where its payload is; `to` is one past what this packet has of it. */
  readonly from: number
  readonly to: number
}

export interface Http2Payload {
  /** Where the preface begins; -1 if it is not there. */
  readonly preface: number
  readonly frames: readonly Http2Frame[]
}

/**
 * The preface and the frames whose headers are whole in [from, to), a packet of a conversation that is known to be HTTP/2. One that
 * begins with the rest of an earlier frame is read from where it is sure that another begins; what is not plausible ends it.
 */
export function framesIn(bytes: Uint8Array, from: number, to: number): Http2Payload | undefined {
  const preface = startsWith(bytes, from, to, PREFACE) ? from : -1
  let at = preface < 0 ? firstFrame(bytes, from, to) : from + PREFACE.length
  const frames: Http2Frame[] = []
  while (at >= 0 && at + FRAME_HEADER <= to && isPlausible(bytes, at)) {
    const length = lengthOf(bytes, at)
    const payload = at + FRAME_HEADER
    const end = Math.min(to, payload + length)
    const [type, flags, stream] = [bytes[at + 3], bytes[at + 4], streamOf(bytes, at + 5)]
    frames.push({ type, flags, stream, length, at, from: payload, to: end })
    at = payload + length
  }
  return preface < 0 && frames.length === 0 ? undefined : { preface, frames }
}

function firstFrame(bytes: Uint8Array, from: number, to: number): number {
  if (from + FRAME_HEADER > to) return -1
  if (isPlausible(bytes, from)) {
    const next = from + FRAME_HEADER + lengthOf(bytes, from)
    if (next + FRAME_HEADER > to || isPlausible(bytes, next)) return from
  }
  // Behind the rest of an earlier one: where another follows, or it ends where the packet does.
  for (let at = from + 1; at + FRAME_HEADER <= to; at++) {
    if (bytes[at + 3] > FRAME.continuation || bytes[at] !== 0 || !isPlausible(bytes, at)) continue
    const next = at + FRAME_HEADER + lengthOf(bytes, at)
    const followed = next + FRAME_HEADER <= to && isPlausible(bytes, next) && isUnlikelyByChance(bytes, at, next)
    if (followed || (next === to && lengthOf(bytes, at) > 0)) return at
  }
  return -1
}

/** What of a frame's payload is not padding (section 6.1); undefined if that is not whole in the packet, or the lengths contradict it. */
export function unpadded(bytes: Uint8Array, frame: Http2Frame): { from: number; to: number } | undefined {
  const { flags, from, length, to } = frame
  if (to - from < length) return undefined
  if ((flags & PADDED) === 0) return { from, to }
  const end = to - (from < to ? bytes[from] : 0)
  return from + 1 <= end ? { from: from + 1, to: end } : undefined
}

/** HTTP/2 without TLS: by the client's preface, or in the middle of a connection by frames that fill the payload. */
export function recogniseHttp2({ bytes, from, to, side }: FirstBytes): Side | undefined {
  if (startsWith(bytes, from, to, SURE_PREFACE)) return side === 'server' ? undefined : 'client'
  if (!isChainOfFrames(bytes, from, to)) return undefined
  if (side !== undefined) return side
  for (let at = from; at < to; at += FRAME_HEADER + lengthOf(bytes, at)) {
    const end = at + FRAME_HEADER + lengthOf(bytes, at)
    const sender = bytes[at + 3] === FRAME.headers ? sideOfHeaders(bytes, at, end) : undefined
    if (sender !== undefined) return sender
  }
  return undefined
}
