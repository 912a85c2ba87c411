import { printable, startsWith } from './ascii.ts'
import { grpcStatus, isGrpc } from './grpc.ts'
import { HpackDecoder, type HpackField } from './hpack.ts'
import {
  END_HEADERS,
  END_STREAM,
  errorName,
  findFrames,
  FRAME,
  FRAME_HEADER,
  headerBlock,
  lengthOf,
  PREFACE,
  streamOf,
  SURE_PREFACE,
} from './http2-frames.ts'
import { type MessageFormat, MessageReader } from './message-reader.ts'
import type { ExchangeId, ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'

/** Streams of a connection that are open at a time; servers allow a hundred or some. */
const MOST_STREAMS = 4096
/** Bytes of a header block that is put together from several frames, and of one frame of it. */
const LONGEST_BLOCK = 65_536

/** What of the preface is where a frame's header would be. */
const PREFACE_HEADER = PREFACE.slice(0, FRAME_HEADER)
/** Bytes of a frame that is not DATA. */
const MOST_BESIDES_DATA = 1_048_576

interface OpenStream {
  readonly id: ExchangeId
  grpc: boolean
  asked: boolean
  responding: boolean
  /** A grpc-status was there, or a status that is none of gRPC's. */
  answered: boolean
}

/** HTTP/2 (RFC 9113), and gRPC on it: an exchange a stream. Names in header blocks whose table was not captured stay unknown ("?"). */
export class Http2Decoder implements StreamDecoder {
  readonly #sink: ExchangeSink
  readonly #streams = new Map<number, OpenStream>()
  readonly #client: FrameReader
  readonly #server: FrameReader
  #told = false
  #row = 0
  #time = 0
  /** The highest stream the client opened. */
  #last = 0

  constructor(sink: ExchangeSink) {
    this.#sink = sink
    this.#client = new FrameReader({
      frame: (type, stream) => this.#clientFrame(type, stream),
      fields: (stream, fields) => this.#requestFields(stream, fields),
      payload: (type, stream, payload) => this.#control('client', type, stream, payload),
      over: (stream) => this.#clientFrameOver(stream),
      lost: () => undefined,
    })
    this.#server = new FrameReader({
      frame: (type, stream, length) => this.#serverFrame(type, stream, length),
      fields: (stream, fields, flags) => this.#responseFields(stream, fields, flags),
      payload: (type, stream, payload) => this.#control('server', type, stream, payload),
      over: (stream, ended) => this.#serverFrameOver(stream, ended),
      lost: () => this.#responsesLost(),
    })
  }

  /** The connection was upgraded by a request of HTTP/1.1: stream 1 is its answer's. */
  upgraded(id: ExchangeId): void {
    this.#last = Math.max(this.#last, 1)
    this.#streams.set(1, { id, grpc: false, asked: true, responding: false, answered: false })
  }

  data(side: Side, bytes: Uint8Array, from: number, to: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    if (!this.#told) this.#sink.carries('http2', row)
    this.#told = true
    const reader = side === 'client' ? this.#client : this.#server
    reader.data(bytes, from, to)
  }

  gap(side: Side, length: number, row: number, time: number): void {
    this.#row = row
    this.#time = time
    const reader = side === 'client' ? this.#client : this.#server
    reader.gap(length)
  }

  end(): void {
    this.#streams.clear()
  }

  #clientFrame(type: number, stream: number): void {
    if (type !== FRAME.headers || stream % 2 === 0 || stream <= this.#last) return
    this.#last = stream
    if (this.#streams.size >= MOST_STREAMS) this.#forgetOldest()
    const id = this.#sink.begin(this.#row, this.#time)
    this.#streams.set(stream, { id, grpc: false, asked: false, responding: false, answered: false })
  }

  #requestFields(stream: number, fields: readonly HpackField[] | undefined): void {
    const open = this.#streams.get(stream)
    // Trailers have no pseudo-header fields, and the request was told already.
    if (!open || open.responding) return
    const value = (name: string) => fields?.find((field) => field.name === name)?.value
    const method = value(':method')
    const path = value(':path')
    const isTrailers = fields?.every(({ name }) => name !== undefined && !name.startsWith(':')) ?? false
    if (isTrailers || open.asked) {
      // Seen from the middle of its request on: since when it waits is not known.
      if (!open.asked) this.#forget(stream, open)
      return
    }
    open.asked = true
    open.grpc = isGrpc(value('content-type') ?? '')
    if (open.grpc) this.#tellGrpc(open)
    const target = method === 'CONNECT' && path === undefined ? value(':authority') : path
    const shown = target === undefined ? '?' : printable(target.replace(/[?#].*$/s, ''))
    this.#sink.ask(open.id, open.grpc ? shown : `${method === undefined ? '?' : printable(method)} ${shown}`)
    const authority = value(':authority')
    if (authority !== undefined && authority !== '') {
      this.#sink.fact('host', printable(authority.replace(/^.*@/s, '')), this.#row)
    }
  }

  #tellGrpc(open: OpenStream): void {
    this.#sink.protocol(open.id, 'grpc')
    this.#sink.carries('grpc', this.#row)
  }

  /** A request that goes on once it is being answered (a stream of messages) does not move its end behind the answer. */
  #clientFrameOver(stream: number): void {
    const open = this.#streams.get(stream)
    if (open && !open.responding) this.#sink.requestEnd(open.id, this.#row, this.#time)
  }

  /** The first message of gRPC is what its caller waits for: its headers often come before it, at once. */
  #serverFrame(type: number, stream: number, length: number): void {
    const open = this.#streams.get(stream)
    if (open && type === FRAME.data && length > 0 && !open.responding) this.#respond(open)
  }

  #responseFields(stream: number, fields: readonly HpackField[] | undefined, flags: number): void {
    const open = this.#streams.get(stream)
    if (!open) return
    const value = (name: string) => fields?.find((field) => field.name === name)?.value
    const status = value(':status')
    // Interim (RFC 9113 section 8.1): the final one is still to come.
    if (status !== undefined && /^1\d\d$/.test(status)) return
    const ended = (flags & END_STREAM) !== 0
    if (!open.grpc && isGrpc(value('content-type') ?? '')) {
      open.grpc = true
      this.#tellGrpc(open)
    }
    if ((!open.grpc || ended || (status !== undefined && status !== '200')) && !open.responding) this.#respond(open)
    const code = value('grpc-status')
    if (code !== undefined) {
      if (!open.grpc) this.#tellGrpc(open)
      open.grpc = true
      open.answered = true
      const { text, failed } = grpcStatus(code)
      this.#sink.answer(open.id, text, failed)
    } else if (status !== undefined && !open.answered && (!open.grpc || status !== '200')) {
      open.answered = true
      const known = /^\d{3}$/.test(status)
      this.#sink.answer(open.id, known ? status : 'malformed :status', !known || status >= '400')
    }
  }

  #serverFrameOver(stream: number, ended: boolean): void {
    const open = this.#streams.get(stream)
    if (!open) return
    if (open.responding) this.#sink.responseEnd(open.id, this.#row, this.#time)
    if (!ended) return
    if (!open.responding) this.#respond(open)
    if (!open.answered) this.#sink.answer(open.id, '?', false)
    this.#streams.delete(stream)
  }

  #respond(open: OpenStream): void {
    open.responding = true
    this.#sink.responseBegin(open.id, this.#row, this.#time)
  }

  /** RST_STREAM (section 6.4) and GOAWAY (section 6.8). */
  #control(side: Side, type: number, stream: number, payload: Uint8Array): void {
    if (type === FRAME.rstStream && payload.length === 4) {
      const open = this.#streams.get(stream)
      if (open) this.#reset(side, open, errorName(payload, 0))
      this.#streams.delete(stream)
    } else if (type === FRAME.goaway && payload.length >= 8) {
      const error = errorName(payload, 4)
      this.#sink.fact('goaway', error, this.#row)
      if (side === 'server') this.#refuse(streamOf(payload, 0), error)
    }
  }

  #reset(side: Side, open: OpenStream, error: string): void {
    if (side === 'server' && !open.responding) this.#respond(open)
    if (open.responding) this.#sink.responseEnd(open.id, this.#row, this.#time)
    // Who cancels what is being answered has had enough of it: the usual end of a watch.
    const enough = side === 'client' && open.responding && error === 'CANCEL'
    this.#sink.answer(open.id, `RST_STREAM ${error}`, !enough)
  }

  /** What was asked after the last stream that the server saw to was not and will not be looked at. */
  #refuse(last: number, error: string): void {
    for (const [stream, open] of this.#streams) {
      if (stream <= last) continue
      if (!open.responding) this.#respond(open)
      this.#sink.answer(open.id, `GOAWAY ${error}`, true)
      this.#streams.delete(stream)
    }
  }

  /** Responses that had not begun may have done so in the hole: when they did is not known any more. */
  #responsesLost(): void {
    for (const [stream, open] of this.#streams) if (!open.responding) this.#forget(stream, open)
  }

  #forgetOldest(): void {
    for (const [stream, open] of this.#streams) return this.#forget(stream, open)
  }

  #forget(stream: number, open: OpenStream): void {
    if (!open.responding) this.#sink.cannotTell(open.id)
    this.#streams.delete(stream)
  }
}

/** What one direction's frames tell. */
interface FrameEvents {
  /** A frame's header was there. */
  frame(type: number, stream: number, length: number): void
  /** A whole header block was there, with the flags of its HEADERS frame; no fields if it could not be understood. */
  fields(stream: number, fields: readonly HpackField[] | undefined, flags: number): void
  /** A frame that concerns a stream or the connection as a whole. */
  payload(type: number, stream: number, payload: Uint8Array): void
  /** A HEADERS (with its CONTINUATIONs) or DATA frame was there to its end; `ended`: and the stream's direction with it. */
  over(stream: number, ended: boolean): void
  lost(): void
}

/** Frames of one direction, with their header blocks put together and decoded. */
class FrameReader implements MessageFormat {
  readonly #events: FrameEvents
  readonly #reader = new MessageReader(this, FRAME_HEADER)
  readonly #fields = new HpackDecoder()
  #block: Uint8Array = new Uint8Array(0)
  #blockLength = 0
  /** The stream whose header block goes on in the next frame, the type and the flags of the frame it began in; 0 = none. */
  #blockStream = 0
  #blockType = 0
  #blockFlags = 0
  /** The block is too long, or padded beyond its end. */
  #blockBroken = false
  #seen = false

  constructor(events: FrameEvents) {
    this.#events = events
  }

  data(bytes: Uint8Array, from: number, to: number): void {
    this.#seen = true
    this.#reader.data(bytes, from, to)
  }

  gap(length: number): void {
    // Seen from its middle on: it was recognised by a frame's first byte, but nothing of its header table is there.
    if (Number.isNaN(length) && !this.#seen) this.#fields.forget()
    this.#reader.gap(length)
  }

  bodyLength(header: Uint8Array): number {
    // The preface is taken for a frame with a header of nine bytes as well.
    if (startsWith(header, 0, FRAME_HEADER, PREFACE_HEADER)) return PREFACE.length - FRAME_HEADER
    const type = header[3]
    // Nothing but its CONTINUATION may follow a header block that goes on (section 6.10).
    if (this.#blockStream !== 0 && type !== FRAME.continuation) return -1
    const length = lengthOf(header, 0)
    // Types that are not known are to be ignored (section 5.5); an absurd one, or so long, tells that this is no frame.
    return type > 0x20 || (type !== FRAME.data && length > MOST_BESIDES_DATA) ? -1 : length
  }

  kept(header: Uint8Array): number {
    switch (header[3]) {
      case FRAME.headers:
      case FRAME.pushPromise:
      case FRAME.continuation:
        return LONGEST_BLOCK
      case FRAME.rstStream:
      case FRAME.goaway:
        return 8
      default:
        return 0
    }
  }

  head(header: Uint8Array, length: number): void {
    this.#events.frame(header[3], streamOf(header, 5), length)
  }

  message(header: Uint8Array, body: Uint8Array, length: number): void {
    const type = header[3]
    const flags = header[4]
    const stream = streamOf(header, 5)
    switch (type) {
      case FRAME.data:
        this.#events.over(stream, (flags & END_STREAM) !== 0)
        break
      case FRAME.headers:
      case FRAME.pushPromise: {
        this.#blockStream = stream
        this.#blockType = type
        this.#blockFlags = flags
        this.#blockLength = 0
        const payload = headerBlock(body, flags)
        // A promise has the promised stream's number in front (section 6.6).
        const fragment = type === FRAME.pushPromise ? payload?.subarray(4) : payload
        this.#blockBroken = fragment === undefined || length > body.length
        this.#append(fragment, flags)
        break
      }
      case FRAME.continuation:
        this.#blockBroken ||= stream !== this.#blockStream || length > body.length
        this.#append(body, flags)
        break
      case FRAME.rstStream:
      case FRAME.goaway:
        this.#events.payload(type, stream, body)
        break
      default:
    }
  }

  lost(): void {
    this.#blockStream = 0
    this.#fields.forget()
    this.#events.lost()
  }

  resume(bytes: Uint8Array, from: number, to: number): number {
    if (startsWith(bytes, from, to, SURE_PREFACE)) return from
    return findFrames(bytes, from, to)
  }

  #append(fragment: Uint8Array | undefined, flags: number): void {
    const whole = (flags & END_HEADERS) !== 0
    if (fragment && whole && this.#blockLength === 0) return this.#decode(fragment)
    if (fragment && this.#blockLength + fragment.length <= LONGEST_BLOCK) {
      if (this.#blockLength + fragment.length > this.#block.length) {
        const block = new Uint8Array(Math.min(LONGEST_BLOCK, 2 * (this.#blockLength + fragment.length)))
        block.set(this.#block.subarray(0, this.#blockLength))
        this.#block = block
      }
      this.#block.set(fragment, this.#blockLength)
      this.#blockLength += fragment.length
    } else this.#blockBroken = true
    if (whole) this.#decode(this.#block.subarray(0, this.#blockLength))
  }

  #decode(block: Uint8Array): void {
    const stream = this.#blockStream
    const flags = this.#blockFlags
    this.#blockStream = 0
    this.#blockLength = 0
    if (this.#blockBroken) this.#fields.forget()
    const fields = this.#blockBroken ? undefined : this.#fields.decode(block)
    if (this.#blockType !== FRAME.headers) return
    this.#events.fields(stream, fields, flags)
    this.#events.over(stream, (flags & END_STREAM) !== 0)
  }
}
