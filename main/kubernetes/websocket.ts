import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { OnReadOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { BINARY, CLOSE, clientFrame, closeReason, FrameReader, PING, PONG, ProtocolError } from './websocket-frames.ts'

// The client's side of WebSocket (RFC 6455) without extensions, for streams of many bytes: what comes is read into memory that serves again
// and again, and is handed on from there. A library's messages were each put together in memory made anew, which took the host as long as
// all else that a capture needs.

const HANDSHAKE_MS = 45_000
/** How long the server may take to close its side (section 7.1.1). */
const CLOSING_MS = 10_000
const READ_BYTES = 64 << 10
/** More pongs than that are not kept for a server that does not read them. */
const UNREAD_BYTES = 1 << 20
/** What the server's accept is made with (section 1.3). */
const ACCEPT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export interface WebSocketHandlers {
  /** See FrameHandlers. The bytes are there until it returns, or while the socket is held. */
  readonly data: (bytes: Buffer, begins: boolean, ends: boolean) => void
  /** Called whenever something came, be it a pong. */
  readonly heard: () => void
  /** Once, after all data. 1006 when the connection was lost; `why` as far as it is known. */
  readonly closed: (code: number, why: string | undefined) => void
}

/** Makes the connection; bytes are read as `reads` says where it is one that can (not through a proxy). */
export type Connect = (reads: OnReadOpts) => Duplex

/** The server answered, but not with a WebSocket. The connection is there until its answer is read. */
export class UpgradeRefused extends Error {
  readonly response: IncomingMessage
  constructor(response: IncomingMessage) {
    super(`the server answered ${response.statusCode} and opened no WebSocket`)
    this.response = response
  }
}

/** Throws UpgradeRefused, ProtocolError, or what the connection's error was. */
export async function openWebSocket(
  url: URL,
  headers: Readonly<Record<string, string | readonly string[]>>,
  protocols: readonly string[],
  connect: Connect,
  signal: AbortSignal | undefined,
): Promise<WebSocket> {
  const key = randomBytes(16).toString('base64')
  const input = new Input()
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  const request = httpRequest({
    createConnection: () => (input.socket = connect(input.reads)),
    path: url.pathname + url.search,
    headers: {
      ...headers,
      host: url.host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': key,
      'sec-websocket-version': '13',
      'sec-websocket-protocol': protocols.join(', '),
    },
    ...(signal ? { signal } : {}),
  })
  const late = () => request.destroy(new Error(`no answer within ${HANDSHAKE_MS / 1000} s`))
  const timer = setTimeout(late, HANDSHAKE_MS)
  request.once('error', reject)
  request.once('response', (response) => {
    // Nothing more is asked on this connection, but servers keep it for a while.
    response.once('end', () => input.socket?.destroy())
    reject(new UpgradeRefused(response))
  })
  request.once('upgrade', (response, socket, head) => {
    const { upgrade = '', 'sec-websocket-accept': accept } = response.headers
    const extensions = response.headers['sec-websocket-extensions']
    const protocol = response.headers['sec-websocket-protocol'] ?? ''
    const expected = createHash('sha1')
      .update(key + ACCEPT)
      .digest('base64')
    // Section 4.1.
    const wrong =
      upgrade.toLowerCase() !== 'websocket' || accept !== expected
        ? 'its answer is not that of a WebSocket'
        : extensions
          ? 'it wants an extension that was not offered'
          : protocols.includes(protocol)
            ? undefined
            : `it wants the protocol "${protocol}", which was not offered`
    if (wrong === undefined) {
      resolve(new WebSocket(socket, head, input, protocol))
      return
    }
    socket.destroy()
    reject(new ProtocolError(1002, `the server opened no WebSocket: ${wrong}`))
  })
  request.end()
  return promise.finally(() => clearTimeout(timer))
}

/** Where a connection's bytes arrive: at first with Node's HTTP parser, then here. */
class Input {
  readonly #memory = Buffer.allocUnsafe(READ_BYTES)
  socket: Duplex | undefined
  take: ((bytes: Buffer) => void) | undefined
  /** Bytes that were handed on are still being used. */
  held = false

  readonly reads: OnReadOpts = {
    buffer: () => (this.held ? Buffer.allocUnsafe(READ_BYTES) : this.#memory),
    callback: (length, memory) => {
      const bytes = Buffer.from(memory.buffer, memory.byteOffset, length)
      if (!this.take) return this.socket?.push(Buffer.from(bytes)) ?? false
      this.take(bytes)
      return true
    },
  }
}

export class WebSocket {
  readonly protocol: string
  readonly #socket: Duplex
  readonly #input: Input
  readonly #head: Buffer
  #reader: FrameReader | undefined
  #code = 1006
  #why: string | undefined
  #closing = false
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Duplex, head: Buffer, input: Input, protocol: string) {
    this.#socket = socket
    this.#head = head
    this.#input = input
    this.protocol = protocol
    socket.on('error', (error) => (this.#why ??= error.message))
  }

  /** Begins to read. */
  listen(handlers: WebSocketHandlers): void {
    const socket = this.#socket
    this.#reader = new FrameReader({
      data: (bytes, begins, ends) => handlers.data(bytes, begins, ends),
      control: (opcode, payload) => this.#control(opcode, payload),
    })
    const take = (bytes: Buffer) => {
      handlers.heard()
      this.#take(bytes)
    }
    socket.once('end', () => socket.destroy())
    socket.once('close', () => {
      clearTimeout(this.#timer)
      handlers.closed(this.#code, this.#why)
    })
    if (this.#head.length > 0) take(this.#head)
    for (let early: unknown = socket.read(); Buffer.isBuffer(early); early = socket.read()) take(early)
    this.#input.take = take
    // Of a connection through a proxy; others hand nothing to the stream from now on but its end.
    socket.on('data', take)
  }

  get isOpen(): boolean {
    return !this.#closing && this.#socket.writable
  }

  /** Bytes that were sent and have not left. */
  get buffered(): number {
    return this.#socket.writableLength
  }

  /** One message. */
  send(...parts: readonly Uint8Array[]): void {
    this.#send(BINARY, ...parts)
  }

  ping(): void {
    this.#send(PING)
  }

  /** Nothing more is read, but what has come already; bytes that were handed on stay until `resume`. */
  hold(): void {
    this.#input.held = true
    this.#socket.pause()
  }

  resume(): void {
    this.#input.held = false
    this.#socket.resume()
  }

  /** Says that this side is done; the other may still send until it has said so too. */
  close(code: number): void {
    if (this.#closing) return
    const body = Buffer.alloc(2)
    body.writeUInt16BE(code)
    this.#send(CLOSE, body)
    this.#closing = true
    this.#timer = setTimeout(() => this.terminate(), CLOSING_MS)
  }

  /** Breaks the connection. */
  terminate(): void {
    this.#socket.destroy()
  }

  #send(opcode: number, ...parts: readonly Uint8Array[]): void {
    if (this.isOpen) this.#socket.write(clientFrame(opcode, ...parts))
  }

  #take(bytes: Buffer): void {
    if (this.#socket.destroyed) return
    try {
      this.#reader?.push(bytes)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#reader = undefined
      this.#why ??= `the server sent what is not WebSocket: ${error.message}`
      this.#fail(error.code)
    }
  }

  /** Section 7.1.7: the server is told why, and the connection is over. */
  #fail(code: number): void {
    this.close(code)
    this.#socket.end(() => this.terminate())
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === PING) {
      if (this.buffered < UNREAD_BYTES) this.#send(PONG, payload)
    } else if (opcode === CLOSE) {
      const { code, reason } = closeReason(payload)
      this.#code = code
      if (reason) this.#why ??= reason
      // Its echo; then it is the server that ends the connection (section 7.1.1).
      this.close(code === 1005 ? 1000 : code)
    }
  }
}
