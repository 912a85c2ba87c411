// HTTP as clients and servers of a cluster write it: requests with a dozen headers on connections that are kept, a third of them HTTP/2.

/** What the two ends of a connection say, message by message. */
export interface HttpTalk {
  request(): Buffer
  /** What answers the last request, with `bytes` bytes of content. */
  answer(bytes: number): Buffer
}

const PLACES = ['orders', 'carts', 'items', 'users', 'payments']
const AGENT = 'Go-http-client/1.1'
const TYPE = 'application/json'
const LARGEST_FRAME = 16_384

/** `next` gives random numbers in [0, 1), `content` what bodies are made of. */
export function httpTalk(number: number, next: () => number, content: Buffer): HttpTalk {
  return number % 3 === 2 ? new Http2Talk(number, next, content) : new Http1Talk(number, next, content)
}

const hostOf = (number: number) => `${PLACES[number % PLACES.length]}.shop.svc.cluster.local:8080`
const statusOf = (next: () => number) => (next() < 0.97 ? 200 : 503)

/** A few paths of services, and ids in them. */
function pathOf(next: () => number): string {
  const place = PLACES[Math.floor(next() * PLACES.length)]
  return `/api/v1/${place}/${Math.floor(next() * 5000)}?expand=lines&page=${Math.floor(next() * 9)}`
}

function traceOf(next: () => number): string {
  const word = () => Math.floor(next() * 0x1_0000_0000).toString(16)
  return `00-${`${word()}${word()}${word()}${word()}`.padEnd(32, '0')}-${`${word()}${word()}`.padEnd(16, '0')}-01`
}

class Http1Talk implements HttpTalk {
  readonly #number: number
  readonly #next: () => number
  readonly #content: Buffer

  constructor(number: number, next: () => number, content: Buffer) {
    this.#number = number
    this.#next = next
    this.#content = content
  }

  request(): Buffer {
    const next = this.#next
    const body = next() < 0.2 ? 40 + Math.floor(next() * 400) : 0
    const lines = [
      `${body > 0 ? 'POST' : 'GET'} ${pathOf(next)} HTTP/1.1`,
      ...[`Host: ${hostOf(this.#number)}`, `User-Agent: ${AGENT}`, `Accept: ${TYPE}`, 'Accept-Encoding: gzip'],
      ...[`Traceparent: ${traceOf(next)}`, `X-Request-Id: ${traceOf(next)}`, 'Cookie: session=none; theme=dark'],
      ...(body > 0 ? [`Content-Type: ${TYPE}`, `Content-Length: ${body}`] : []),
    ]
    return Buffer.concat([head(lines), this.#content.subarray(0, body)])
  }

  answer(bytes: number): Buffer {
    const next = this.#next
    const status = statusOf(next)
    const chunked = next() < 0.3
    const lines = [
      `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Service Unavailable'}`,
      ...['Date: Thu, 01 Jan 2026 00:00:00 GMT', `Content-Type: ${TYPE}`, 'Server: envoy', 'Vary: Accept-Encoding'],
      ...[`X-Envoy-Upstream-Service-Time: ${Math.floor(next() * 90)}`, 'Cache-Control: no-store'],
      chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`,
    ]
    const body = this.#content.subarray(0, bytes)
    if (!chunked) return Buffer.concat([head(lines), body])
    return Buffer.concat([head(lines), Buffer.from(`${bytes.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
  }
}

const head = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')

/** Frame types and flags (RFC 9113 section 6). */
const DATA = 0
const HEADERS = 1
const SETTINGS = 4
const END_STREAM = 1
const END_HEADERS = 4

class Http2Talk implements HttpTalk {
  readonly #number: number
  readonly #next: () => number
  readonly #content: Buffer
  #stream = -1

  constructor(number: number, next: () => number, content: Buffer) {
    this.#number = number
    this.#next = next
    this.#content = content
  }

  request(): Buffer {
    const next = this.#next
    const isFirst = this.#stream < 0
    this.#stream += 2
    // Static fields: 2 = :method GET, 6 = :scheme http, 1 = :authority, 4 = :path, 58 = user-agent; 62 and 63 are what the first request added.
    const authority = isFirst ? literal(0x40, 1, hostOf(this.#number)) : Buffer.from([0x80 | 63])
    const agent = isFirst ? literal(0x40, 58, AGENT) : Buffer.from([0x80 | 62])
    const fields = [Buffer.from([0x82, 0x86]), literal(0, 4, pathOf(next)), authority, agent]
    for (const name of ['traceparent', 'x-request-id']) {
      fields.push(Buffer.from([0]), text(name), text(traceOf(next)))
    }
    const headers = frame(HEADERS, END_HEADERS | END_STREAM, this.#stream, Buffer.concat(fields))
    if (!isFirst) return headers
    return Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(SETTINGS, 0, 0, Buffer.alloc(0)),
      headers,
    ])
  }

  answer(bytes: number): Buffer {
    // Static fields: 8 = :status 200, 31 = content-type, 28 = content-length, 54 = server.
    const status = statusOf(this.#next)
    const fields = [
      status === 200 ? Buffer.from([0x88]) : literal(0, 8, String(status)),
      ...[literal(0, 31, TYPE), literal(0, 28, String(bytes)), literal(0, 54, 'envoy')],
    ]
    const frames = [frame(HEADERS, END_HEADERS, this.#stream, Buffer.concat(fields))]
    if (this.#stream === 1) frames.unshift(frame(SETTINGS, 0, 0, Buffer.alloc(0)))
    for (let at = 0; at < bytes; at += LARGEST_FRAME) {
      const end = Math.min(bytes, at + LARGEST_FRAME)
      frames.push(frame(DATA, end === bytes ? END_STREAM : 0, this.#stream, this.#content.subarray(0, end - at)))
    }
    return Buffer.concat(frames)
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

/** A field of a table's name (RFC 7541 section 6.2): with 0x40 it is added to the table, with 0 it is not. */
function literal(kind: 0x40 | 0, index: number, value: string): Buffer {
  const most = kind === 0 ? 15 : 63
  const name = index < most ? [kind | index] : [kind | most, index - most]
  return Buffer.concat([Buffer.from(name), text(value)])
}

/** Huffman codes of what values are made of here, as bits (RFC 7541 appendix B). */
const CODES: ReadonlyMap<string, string> = new Map(
  [
    ...codes(5, 0, '012aceiost'),
    ...codes(6, 0x14, ' %-./3456789=A_bdfghlmnpru'),
    ...codes(7, 0x5c, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'),
    ...codes(8, 0xf8, '&*,;XZ'),
    ...codes(10, 0x3f8, '!"()?'),
  ].map(([symbol, bits]) => [symbol, bits]),
)

function codes(length: number, first: number, symbols: string): [string, string][] {
  return Array.from(symbols, (symbol, i) => [symbol, (first + i).toString(2).padStart(length, '0')])
}

/** As Huffman code, like most clients send texts. */
function text(value: string): Buffer {
  const bits = Array.from(value, (symbol) => CODES.get(symbol) ?? '').join('')
  const bytes = (bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2))
  return Buffer.from([0x80 | bytes.length, ...bytes])
}
