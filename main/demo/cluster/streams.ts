import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { Status } from '../../kubernetes/objects.ts'
import type { StreamFault } from './faults.ts'
import { exitCode, kill } from './namespaces.ts'
import type { Sandbox, StreamedProcess } from './running.ts'

// exec, attach and port-forward over WebSocket, as a real 1.36 cluster was seen to do it: an empty channel 1 first, frames of at most
// 32 KiB, Status on channel 3, close code 1000 whatever happened, no pings of its own.

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const STATUS = 3
const RESIZE = 4
const CLOSE = 255
const FRAME = 32 * 1024
/** What a real cluster buffers on the way before the writer in the pod blocks was 35 MB; this is the same in small. */
const HIGH_WATER = 4 << 20

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io']

/** A stream that a client has open. */
export interface OpenStream {
  readonly kind: 'exec' | 'attach' | 'portforward'
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly argv: readonly string[]
  /** Bytes of stdout handed to the connection so far. */
  readonly bytesSent: number
  fail(fault: StreamFault): void
}

export class Streams {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 64 << 20,
    perMessageDeflate: false,
    handleProtocols: (offered) => PROTOCOLS.find((one) => offered.has(one)) ?? false,
  })
  readonly #open = new Set<OpenStream>()
  /** Told of each stream as it opens, so that a test can plan its end. */
  onOpen: ((stream: OpenStream) => void) | undefined

  get open(): readonly OpenStream[] {
    return [...this.#open]
  }

  /** Whether the client asked for a protocol that is spoken here; the API server answers 403 otherwise. */
  static speaks(request: IncomingMessage): boolean {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
    return offered.some((one) => PROTOCOLS.includes(one))
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
    return new Promise((resolve) => this.#server.handleUpgrade(request, socket, head, resolve))
  }

  /** Ties a process to a client's WebSocket. `about` says whose it is; `streams` which of them the client asked for. */
  serve(
    socket: WebSocket,
    child: StreamedProcess,
    about: Omit<OpenStream, 'bytesSent' | 'fail'>,
    streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
  ): void {
    const stream = new ProcessStream(socket, child, about, streams, () => this.#open.delete(stream))
    this.#open.add(stream)
    this.onOpen?.(stream)
  }

  /** port-forward: channel 2n carries port n's bytes, 2n+1 its errors; each begins with the port as two bytes, little-endian. */
  forward(socket: WebSocket, ports: readonly number[], sandbox: Sandbox): void {
    socket.binaryType = 'nodebuffer'
    const relays = ports.map((port, index) => {
      for (const channel of [2 * index, 2 * index + 1]) socket.send(Buffer.of(channel, port & 0xff, port >> 8))
      const relay = sandbox.connect(port)
      if (!relay) {
        const words = `nothing listens on port ${port} in the pod`
        socket.send(Buffer.concat([Buffer.of(2 * index + 1), Buffer.from(words)]))
        return undefined
      }
      relay.stdin?.on('error', () => undefined)
      relay.stdout?.on('data', (bytes: Buffer) => socket.send(Buffer.concat([Buffer.of(2 * index), bytes])))
      relay.stderr?.on('data', (bytes: Buffer) => socket.send(Buffer.concat([Buffer.of(2 * index + 1), bytes])))
      return relay
    })
    socket.on('message', (data) => {
      if (!Buffer.isBuffer(data) || data.length === 0) return
      relays[(data[0] ?? 0) >> 1]?.stdin?.write(data.subarray(1))
    })
    socket.on('close', () => relays.forEach((relay) => relay?.stdin?.end()))
    socket.on('error', () => undefined)
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate()
    this.#server.close()
  }
}

class ProcessStream implements OpenStream {
  readonly kind
  readonly namespace
  readonly pod
  readonly container
  readonly node
  readonly argv
  readonly #socket: WebSocket
  readonly #child: StreamedProcess
  readonly #v5: boolean
  readonly #ended: () => void
  bytesSent = 0
  /** Frames go nowhere any more: the connection is lost, or containerd forgot the process. */
  #detached = false
  #stalled = false
  #exit: Status | undefined

  constructor(
    socket: WebSocket,
    child: StreamedProcess,
    about: Omit<OpenStream, 'bytesSent' | 'fail'>,
    streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
    ended: () => void,
  ) {
    this.kind = about.kind
    this.namespace = about.namespace
    this.pod = about.pod
    this.container = about.container
    this.node = about.node
    this.argv = about.argv
    this.#socket = socket
    this.#child = child
    this.#v5 = socket.protocol === 'v5.channel.k8s.io'
    this.#ended = ended
    socket.binaryType = 'nodebuffer'
    socket.send(Buffer.of(STDOUT))
    if (streams.stdout) child.stdout?.on('data', (bytes: Buffer) => this.#forward(STDOUT, bytes))
    else child.stdout?.resume()
    if (streams.stderr) child.stderr?.on('data', (bytes: Buffer) => this.#forward(STDERR, bytes))
    else child.stderr?.resume()
    child.stdin?.on('error', () => undefined)
    if (!streams.stdin && about.kind === 'exec') child.stdin?.end()
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#receive(data)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => this.#lost())
    child.once('error', (error: Error) => this.#finish(failure(error.message)))
    child.once('close', (code, signal) => this.#finish(statusOf(exitCode(code, signal))))
  }

  fail(fault: StreamFault): void {
    if (this.#detached) return
    if (fault.kind === 'stall') {
      this.#stalled = true
      this.#socket.pause()
      this.#flow()
      setTimeout(() => {
        this.#stalled = false
        this.#socket.resume()
        this.#flow()
        if (this.#exit) this.#finish(this.#exit)
      }, fault.ms)
      return
    }
    if (fault.kind === 'cut') {
      this.#socket.terminate()
      return
    }
    this.#detached = true
    this.#ended()
    if (fault.kind === 'kubelet-restart') {
      this.#socket.terminate()
      const pid = innermost(this.#child)
      setTimeout(() => kill(pid, 'SIGKILL'), 200)
      this.#child.stdout?.resume()
      this.#child.stderr?.resume()
      return
    }
    this.#socket.send(Buffer.concat([Buffer.of(STATUS), Buffer.from(JSON.stringify(SUCCESS))]))
    this.#socket.close(1000)
    if (fault.kind === 'early-success') {
      this.#child.stdout?.resume()
      kill(innermost(this.#child), 'SIGKILL')
    }
    // containerd-restart: the process stays, nobody reads what it writes, and its stdin stays open without a word.
    if (fault.kind === 'containerd-restart') this.#child.stdout?.pause()
  }

  #receive(data: Buffer): void {
    const channel = data[0]
    if (channel === STDIN) this.#child.stdin?.write(data.subarray(1))
    else if (channel === CLOSE && this.#v5 && data[1] === STDIN) this.#child.stdin?.end()
    else if (channel === RESIZE) this.#resize(data.subarray(1).toString('utf8'))
    else if (channel !== CLOSE) this.#socket.close(1002)
  }

  #resize(text: string): void {
    const [, columns, rows] = /^\{"Width":(\d+),"Height":(\d+)\}$/.exec(text) ?? []
    if (columns && rows) this.#child.resize?.(Number(columns), Number(rows))
  }

  #forward(channel: number, bytes: Buffer): void {
    if (this.#detached) return
    for (let at = 0; at < bytes.length; at += FRAME) {
      const part = bytes.subarray(at, at + FRAME)
      const frame = Buffer.allocUnsafe(part.length + 1)
      frame[0] = channel
      part.copy(frame, 1)
      if (channel === STDOUT) this.bytesSent += part.length
      this.#socket.send(frame, () => this.#flow())
    }
    this.#flow()
  }

  /** A reader that is slow, or a link that is down, stops the process's output: its writes block, as in a real pod. */
  #flow(): void {
    if (this.#detached) return
    const stop = this.#stalled || this.#socket.bufferedAmount > HIGH_WATER
    for (const pipe of [this.#child.stdout, this.#child.stderr]) {
      if (stop) pipe?.pause()
      else if (pipe?.isPaused()) pipe.resume()
    }
  }

  #finish(status: Status): void {
    if (this.#stalled) {
      this.#exit = status
      return
    }
    if (this.#detached) return
    this.#detached = true
    this.#ended()
    this.#socket.send(Buffer.concat([Buffer.of(STATUS), Buffer.from(JSON.stringify(status))]))
    this.#socket.close(1000)
  }

  /** The client is gone: the process gets end-of-file on stdin and lives on, its output is thrown away. */
  #lost(): void {
    if (this.#detached) return
    this.#detached = true
    this.#ended()
    if (this.kind === 'exec') this.#child.stdin?.end()
    this.#child.stdout?.resume()
    this.#child.stderr?.resume()
  }
}

const SUCCESS: Status = { metadata: {}, status: 'Success' }

export function statusOf(code: number): Status {
  if (code === 0) return SUCCESS
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

export function failure(message: string): Status {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }
}

/** The process that nsenter started, to end it rather than the one that waits for it. */
function innermost(child: StreamedProcess): number {
  let pid = child.pid ?? 0
  if (pid === 0) return 0
  try {
    for (;;) {
      const next = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
      if (!next) return pid
      pid = next
      // Only nsenter and setpriv stand between; what the command itself started is its own.
      if (!/^(nsenter|setpriv)$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim())) return pid
    }
  } catch {
    return pid
  }
}
