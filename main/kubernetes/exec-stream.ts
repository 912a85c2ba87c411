import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../common/host-error.ts'
import type { ApiConnection } from './api-connection.ts'
import { parseStatus } from './api-error.ts'
import type { Status } from './objects.ts'
import type { WebSocket } from './websocket.ts'

// exec and attach over WebSocket, with what @kubernetes/client-node's lacks: back-pressure, pings, and word of a connection that is lost.
//
//   message: [channel, bytes...]   0 stdin, 1 stdout, 2 stderr, 3 Status at the end, 4 resize
//
// Neither the Status nor the close code says that all bytes have come: a containerd restart ends the stream with Success and 1000.

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
const PING_MS = 5000
const SILENCE_MS = 20_000
const STDIN_FRAME = 32 * 1024
const STATUS_LIMIT = 1 << 20

export interface ExecRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Absent: attach to the container's first process. */
  readonly command?: readonly string[]
  readonly stdin?: boolean
  readonly tty?: boolean
}

export interface ExecHandlers {
  /**
   * The bytes are there until it returns: their memory serves again. Returning a promise keeps them until it is resolved, and stops the
   * reading, and with it the writer in the pod.
   */
  readonly stdout?: (bytes: Uint8Array) => void | Promise<void>
  /** Likewise there until it returns. */
  readonly stderr?: (bytes: Uint8Array) => void
}

export interface ExecEnd {
  /** The last word of the API server; absent when the connection was lost. Not a proof that all bytes have come. */
  readonly status?: Status
  /** 0 with Success; absent when unknown. */
  readonly exitCode?: number
  /** Why it ended, in words, when there is no Status. */
  readonly lost?: string
}

/** runc and crun say so when there is no such program in the image. */
const NO_SUCH_COMMAND = /executable file not found|no such file or directory|exec format error/i

/** The command was not run as the container has no such program. */
export function hasNoSuchCommand({ status, exitCode }: ExecEnd): boolean {
  if (exitCode !== undefined && exitCode !== 126 && exitCode !== 127) return false
  return NO_SUCH_COMMAND.test(status?.message ?? '')
}

export interface ExecTiming {
  readonly pingMs?: number
  readonly silenceMs?: number
}

/** Throws ApiError when the API server refuses: 403, 404, 400 unknown container, 500 not running or node unreachable. */
export async function openExec(
  connection: ApiConnection,
  request: ExecRequest,
  handlers: ExecHandlers,
  signal?: AbortSignal,
  timing: ExecTiming = {},
): Promise<ExecStream> {
  const { namespace, pod, container, command, stdin = false, tty = false } = request
  const verb = command ? 'exec' : 'attach'
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/${verb}`
  const query = { container, ...(command ? { command } : {}), stdin, stdout: true, stderr: !tty, tty }
  const socket = await connection.webSocket(path, query, PROTOCOLS, signal)
  return new ExecStream(socket, handlers, signal, timing)
}

export class ExecStream {
  readonly ended: Promise<ExecEnd>
  readonly #socket: WebSocket
  readonly #handlers: ExecHandlers
  #channel: number | undefined
  #statusParts: Buffer[] = []
  #statusSize = 0
  #work: Promise<void> | undefined
  #waiting = 0
  #status: Status | undefined
  #heardAt = Date.now()
  #lost: string | undefined
  #error: unknown

  constructor(socket: WebSocket, handlers: ExecHandlers, signal: AbortSignal | undefined, timing: ExecTiming) {
    this.#socket = socket
    this.#handlers = handlers
    const { promise, resolve, reject } = Promise.withResolvers<ExecEnd>()
    this.ended = promise
    // Who never asks how it ended must not bring the process down.
    promise.catch(() => undefined)
    const silence = timing.silenceMs ?? SILENCE_MS
    const pings = setInterval(() => {
      // While we do not read, pongs wait unread too: their absence says nothing.
      if (this.#waiting > 0) this.#heardAt = Date.now()
      // By the clock, which goes on while the machine sleeps, and may be set back.
      else if (Math.abs(Date.now() - this.#heardAt) > silence)
        this.#end(`no answer for ${Math.round(silence / 1000)} s`)
      else socket.ping()
    }, timing.pingMs ?? PING_MS)
    const abort = () => this.#end('closed here')
    signal?.addEventListener('abort', abort, { once: true })
    socket.listen({
      data: (bytes, begins, ends) => this.#receive(bytes, begins, ends),
      heard: () => (this.#heardAt = Date.now()),
      closed: (code, why) => {
        clearInterval(pings)
        signal?.removeEventListener('abort', abort)
        this.#lost ??= why
        const settle = () => {
          if (this.#error !== undefined) reject(this.#error)
          else resolve(this.#endOf(code))
        }
        // What came before the end is handed over first.
        void (this.#work ?? Promise.resolve()).then(settle, settle)
      },
    })
    if (signal?.aborted) abort()
  }

  /** False when the connection holds much that is not sent yet. */
  write(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += STDIN_FRAME) {
      this.#socket.send(Buffer.of(0), bytes.subarray(at, at + STDIN_FRAME))
    }
    return this.isOpen && this.buffered < 1 << 20
  }

  get isOpen(): boolean {
    return this.#socket.isOpen
  }

  /** Bytes that were written and have not left. */
  get buffered(): number {
    return this.#socket.buffered
  }

  resize(columns: number, rows: number): void {
    this.#socket.send(Buffer.of(4), Buffer.from(JSON.stringify({ Width: columns, Height: rows })))
  }

  /** Breaks the connection. The process in the pod is not ended by that. */
  close(): void {
    this.#end('closed here')
  }

  #end(why: string): void {
    this.#lost ??= why
    this.#socket.terminate()
  }

  #receive(data: Buffer, begins: boolean, ends: boolean): void {
    if (begins) this.#channel = data[0]
    const bytes = begins ? data.subarray(1) : data
    if (this.#channel === 3) this.#gatherStatus(bytes, ends)
    else if (this.#channel === 2 && bytes.length > 0) this.#handlers.stderr?.(bytes)
    else if (this.#channel === 1 && bytes.length > 0) this.#deliver(bytes)
    // Others are of protocols to come.
  }

  #gatherStatus(bytes: Buffer, ends: boolean): void {
    this.#statusSize += bytes.length
    if (this.#statusSize > STATUS_LIMIT) return
    this.#statusParts.push(Buffer.from(bytes))
    if (ends) this.#status = parseStatus(Buffer.concat(this.#statusParts).toString('utf8'))
  }

  /** One piece after the other; while one is being worked on, the socket is not read. */
  #deliver(bytes: Buffer): void {
    if (this.#error !== undefined) return
    try {
      const work =
        this.#waiting > 0 ? this.#work?.then(() => this.#handlers.stdout?.(bytes)) : this.#handlers.stdout?.(bytes)
      if (!work) return
      this.#waiting++
      this.#socket.hold()
      this.#work = work.then(
        () => this.#done(),
        (error: unknown) => this.#failed(error),
      )
    } catch (error) {
      this.#failed(error)
    }
  }

  #done(): void {
    this.#waiting--
    if (this.#waiting === 0 && this.#error === undefined) this.#socket.resume()
  }

  /** The receiver could not take the bytes: to go on would lose them. */
  #failed(error: unknown): void {
    this.#error ??= error
    this.#waiting = 0
    this.#end('closed here')
  }

  #endOf(code: number): ExecEnd {
    const status = this.#status
    // 1006: without a word (RFC 6455, section 7.1.5).
    const lost = code === 1006 ? 'The connection was cut.' : `The connection was closed (code ${code}).`
    if (!status) return { lost: this.#lost ?? lost }
    const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')
    const exitCode = status.status === 'Success' ? 0 : cause?.message === undefined ? undefined : Number(cause.message)
    return { status, ...(exitCode === undefined ? {} : { exitCode }) }
  }
}

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly end: ExecEnd
}

const ASK_PAUSES_MS = [300, 1000]

/** As runCommand, for what changes nothing: asked again when the connection was cut or the node could not be reached for a moment. */
export async function askCommand(...args: Parameters<typeof runCommand>): Promise<CommandResult> {
  for (const pause of ASK_PAUSES_MS) {
    try {
      const result = await runCommand(...args)
      if (result.end.lost === undefined) return result
    } catch (error) {
      if (!(error instanceof HostError && error.code === 'unavailable')) throw error
    }
    await sleep(pause)
  }
  return runCommand(...args)
}

/** Runs a short command and gathers what it says: at most 1 MB of each. */
export async function runCommand(
  connection: ApiConnection,
  request: ExecRequest & { readonly command: readonly string[] },
  timeoutMs = 20_000,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const limit = 1 << 20
  let size = 0
  const gather = (parts: Uint8Array[]) => (bytes: Uint8Array) => {
    size += bytes.length
    if (size <= 2 * limit) parts.push(Buffer.from(bytes))
  }
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout
  const stream = await openExec(connection, request, { stdout: gather(out), stderr: gather(err) }, either)
  const end = await stream.ended
  const text = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('utf8')
  const lost = timeout.aborted ? { lost: `no answer within ${Math.round(timeoutMs / 1000)} s` } : {}
  return { stdout: text(out), stderr: text(err), end: { ...end, ...lost } }
}
