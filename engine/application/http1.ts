import { startsWith } from './ascii.ts'
import { carriedSink } from './carried-sink.ts'
import { type Http1Head, Http1Reader } from './http1-message.ts'
import { Http2Decoder } from './http2.ts'
import { SURE_PREFACE } from './http2-frames.ts'
import type { FirstBytes } from './protocols.ts'
import type { ExchangeId, ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'
import { recogniseTls, TlsDecoder } from './tls.ts'

const METHODS = ['GET ', 'POST ', 'PUT ', 'DELETE ', 'HEAD ', 'PATCH ', 'OPTIONS ', 'CONNECT ', 'TRACE ']
/** Token (RFC 9110 section 5.6.2), target without spaces, version. */
const REQUEST_LINE = /^([A-Z][A-Z-]{1,23}) (\S+) HTTP\/1\.[01]$/
const STATUS_LINE = /^HTTP\/1\.[01] \d{3}( |$)/
/** Requests that wait for their responses on one connection. */
const MOST_OPEN = 1024

export function recogniseHttp1({ bytes, from, to }: FirstBytes): Side | undefined {
  if (beginsResponse(bytes, from, to)) return 'server'
  return beginsRequest(bytes, from, to) ? 'client' : undefined
}

function beginsRequest(bytes: Uint8Array, from: number, to: number): boolean {
  // Most that is asked about is binary.
  if (bytes[from] < 0x41 || bytes[from] > 0x5a) return false
  return METHODS.some((method) => startsWith(bytes, from, to, method))
}

function beginsResponse(bytes: Uint8Array, from: number, to: number): boolean {
  return startsWith(bytes, from, to, 'HTTP/1.')
}

interface OpenRequest {
  readonly id: ExchangeId
  readonly method: string
}

/** HTTP/1.x: responses come in the order of the requests (RFC 9112 section 9.3), however many are under way. */
export class Http1Decoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #requests: Http1Reader
  readonly #responses: Http1Reader
  /** Requests whose response has not ended, oldest first. */
  readonly #open: OpenRequest[] = []
  /** The request being read. */
  #asking: ExchangeId | undefined
  /** The request whose response is being read. */
  #answering: OpenRequest | undefined
  /** Of the response being read. */
  #status = 0
  #row = 0
  #time = 0
  /** That was told last. */
  #host = ''
  /** What is spoken after HTTP/1.x, and the sides that have changed to it. */
  #next: StreamDecoder | undefined
  readonly #changed: Record<Side, boolean> = { client: false, server: false }
  /** A tunnel begins (CONNECT): its first bytes tell what is in it. */
  #tunnel = false
  #over = false
  #serverHasHoles = false
  /** Bytes of the server's side are missing, so some of the open requests may have been answered there. */
  #missed = false

  constructor(sink: ExchangeSink) {
    this.#sink = sink
    this.#requests = new Http1Reader({
      upgrades: false,
      isFirstLine: (line) => REQUEST_LINE.test(line),
      beginsHere: beginsRequest,
      begin: () => this.#requestBegins(),
      firstLine: (line, isWhole) => this.#requestLine(line, isWhole),
      head: (head) => this.#requestHead(head),
      grow: () => this.#requestGrows(),
      end: () => (this.#asking = undefined),
      lost: () => (this.#asking = undefined),
    })
    this.#responses = new Http1Reader({
      upgrades: true,
      isFirstLine: (line) => STATUS_LINE.test(line),
      beginsHere: beginsResponse,
      begin: () => this.#responseBegins(),
      firstLine: (line) => this.#statusLine(line),
      head: (head) => this.#responseHead(head),
      grow: () => this.#responseGrows(),
      end: () => (this.#answering = undefined),
      lost: () => this.#responseLost(),
    })
  }

  get done(): boolean {
    return this.#over || this.#next?.done === true
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    if (this.#tunnel) this.#enterTunnel(side, bytes, from, to)
    if (this.#over) return
    if (!this.#changed[side]) this.#changeWithoutWord(side, bytes, from, to)
    if (this.#changed[side]) {
      this.#next?.data(side, bytes, from, to, row, time)
      return
    }
    const reader = side === 'client' ? this.#requests : this.#responses
    const at = reader.data(bytes, from, to)
    // What was behind the header that ends HTTP/1.x, in the same packet.
    if (at < to && reader.over && !this.done) this.data(side, bytes, at, to, row, time)
  }

  gap(side: Side, length: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    if (this.#changed[side]) {
      this.#next?.gap(side, length, row, time)
      return
    }
    if (side === 'server') this.#serverHasHoles = true
    const reader = side === 'client' ? this.#requests : this.#responses
    reader.gap(length)
  }

  end(reset: boolean, row: number, time: number): void {
    this.#next?.end(reset, row, time)
    this.#over = true
  }

  /** The request that asked for HTTP/2 is its stream 1, to be answered there (RFC 7540 section 3.2). */
  #changeToHttp2(request: OpenRequest | undefined): void {
    if (this.#next) return
    const http2 = new Http2Decoder(carriedSink(this.#sink, 'http2'))
    this.#next = http2
    if (!request) return
    this.#sink.protocol(request.id, 'http2')
    http2.upgraded(request.id)
  }

  /** Where "101 Switching Protocols" was not captured, the preface tells of it, and then whatever the server sends. */
  #changeWithoutWord(side: Side, bytes: Uint8Array, from: number, to: number): void {
    if (side === 'client') {
      if (!startsWith(bytes, from, to, SURE_PREFACE)) return
      this.#changeToHttp2(this.#answering ?? this.#open.shift())
      this.#changed.client = true
    } else if (this.#changed.client && !this.#answering && !beginsResponse(bytes, from, to)) {
      this.#changed.server = true
      if (this.#serverHasHoles) this.#next?.gap('server', NaN, this.#row, this.#time)
    }
  }

  #enterTunnel(side: Side, bytes: Uint8Array, from: number, to: number): void {
    this.#tunnel = false
    if (recogniseTls({ bytes, from, to, side, serverPort: 0 }) === undefined) this.#over = true
    else {
      this.#next = new TlsDecoder(carriedSink(this.#sink, 'tls'))
      this.#changed.client = this.#changed.server = true
    }
  }

  #requestBegins(): void {
    this.#asking = this.#sink.begin(this.#row, this.#time)
    // Until its method is known it stands for any; a response can't come before that.
    if (this.#open.length >= MOST_OPEN) this.#open.shift()
    this.#open.push({ id: this.#asking, method: '' })
  }

  #requestGrows(): void {
    if (this.#asking !== undefined) this.#sink.requestEnd(this.#asking, this.#row, this.#time)
  }

  #requestLine(line: string, isWhole: boolean): void {
    if (this.#asking === undefined) return
    const space = line.indexOf(' ')
    const end = line.indexOf(' ', space + 1)
    const method = space < 0 ? line : line.slice(0, space)
    const target = space < 0 ? '' : line.slice(space + 1, end < 0 ? undefined : end)
    const last = this.#open.at(-1)
    if (last?.id === this.#asking) this.#open[this.#open.length - 1] = { id: last.id, method }
    this.#sink.ask(this.#asking, `${method} ${pathOf(method, target)}${isWhole ? '' : '…'}`)
  }

  #requestHead({ contentLength, chunked, host }: Http1Head): number {
    if (host !== undefined && host !== '' && host !== this.#host) {
      this.#host = host
      this.#sink.fact('host', host, this.#row)
    }
    return chunked ? 1 : (contentLength ?? 0)
  }

  #responseBegins(): void {
    if (this.#missed) {
      // The others were answered in the hole: a client that does not pipeline has one request under way.
      while (this.#open.length > 1) this.#forget()
      this.#missed = false
    }
    this.#answering = this.#open.shift()
    if (this.#answering) this.#sink.responseBegin(this.#answering.id, this.#row, this.#time)
  }

  #responseGrows(): void {
    if (this.#answering) this.#sink.responseEnd(this.#answering.id, this.#row, this.#time)
  }

  #statusLine(line: string): void {
    this.#status = STATUS_LINE.test(line) ? Number(line.slice(9, 12)) : 0
    if (this.#answering && this.#status > 0) {
      this.#sink.answer(this.#answering.id, String(this.#status), this.#status >= 400)
    }
  }

  #responseHead({ contentLength, chunked, upgrade }: Http1Head): number {
    const status = this.#status
    const answered = this.#answering
    // RFC 9110 section 15.2: an interim response, the final one is still to come.
    if (status >= 100 && status < 200 && status !== 101) {
      if (answered) this.#open.unshift(answered)
      return 0
    }
    const method = answered?.method
    if (status === 101) {
      if (/\bh2c\b/i.test(upgrade ?? '')) {
        this.#changeToHttp2(answered)
        this.#changed.client = this.#changed.server = true
      } else this.#over = true
      return -1
    }
    if (method === 'CONNECT' && status >= 200 && status < 300) {
      this.#tunnel = true
      return -1
    }
    // RFC 9112 section 6.3
    if (method === 'HEAD' || status === 204 || status === 304) return 0
    if (chunked) return 1
    return contentLength ?? Infinity
  }

  #responseLost(): void {
    this.#answering = undefined
    this.#missed = this.#open.length > 0
  }

  #forget(): void {
    const request = this.#open.shift()
    if (request) this.#sink.cannotTell(request.id)
  }
}

/** The path alone: queries, fragments and users' names carry secrets. CONNECT's host and port stay. */
function pathOf(method: string, target: string): string {
  if (method === 'CONNECT') return target.replace(/^.*@/, '')
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '')
  return path === '' ? '/' : path
}
