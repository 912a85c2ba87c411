import { RpcSession, RpcStub } from 'capnweb'
import { contractInputs } from '../../common/contract.ts'
import type { HostContract } from '../../common/contract.ts'
import { asHostError, HostError } from '../../common/host-error.ts'
import type { MessageTransport } from '../../common/message-transport.ts'
import type { Door } from './doors/door.ts'
import { pulledSubscription } from './pulled-subscription.ts'
import type { RemoteSubscription } from './pulled-subscription.ts'

export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  /** Trying again by itself; `reason` is for the person. */
  | { readonly state: 'lost'; readonly reason: string }
  /** Nothing this page does will help. */
  | { readonly state: 'refused'; readonly reason: string }

/** One line to the host, from its opening to its loss. */
export interface Session {
  readonly host: HostContract
  ended(): boolean
}

export type RemoteHost = Readonly<
  Record<string, Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>>
>

/** Milliseconds. */
export interface LinkTiming {
  /** Before the first, second, ... new attempt; the last one from then on. */
  readonly retryDelays: readonly number[]
  /**
   * A machine that slept, or a tunnel that died, leaves a line that looks open for minutes: one that was silent this long is asked for a
   * sign of life.
   */
  readonly silence: number
  readonly answerWithin: number
}

const TIMING: LinkTiming = {
  retryDelays: [250, 500, 1_000, 2_000, 5_000, 10_000],
  silence: 15_000,
  answerWithin: 5_000,
}

/** Keeps a session with the host: opens it, notices its loss, opens the next one. Every call goes to the session of the moment. */
export class HostLink implements Disposable {
  readonly #door: Door
  readonly #wakeEvents: EventTarget
  readonly #timing: LinkTiming
  readonly #closing = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly host: HostContract = facade((section, method, args) => this.#call(section, method, args))
  #status: ConnectionStatus = { state: 'connecting' }
  #current: ReturnType<typeof sessionOver> | undefined
  #failures = 0
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #connecting: Promise<void> | undefined

  /** @param wakeEvents where 'online', 'pageshow' and 'focus' come from: the window. */
  constructor(door: Door, wakeEvents: EventTarget, timing: LinkTiming = TIMING) {
    this.#door = door
    this.#wakeEvents = wakeEvents
    this.#timing = timing
  }

  [Symbol.dispose](): void {
    this.#closing.abort()
    clearTimeout(this.#retryTimer)
    this.#current?.transport.abort('The page is closed.')
  }

  /** Resolves after the first attempt, whatever came of it: see status(). Goes on trying unless it was refused. */
  async start(): Promise<void> {
    const { signal } = this.#closing
    const checks = setInterval(() => void this.#check(this.#timing.silence), this.#timing.silence)
    signal.addEventListener('abort', () => clearInterval(checks))
    for (const event of ['online', 'pageshow', 'focus']) {
      this.#wakeEvents.addEventListener(event, () => this.#wake(), { signal })
    }
    await this.#connect()
  }

  status(): ConnectionStatus {
    return this.#status
  }

  onStatus(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  retry(): void {
    if (this.#status.state !== 'lost') return
    clearTimeout(this.#retryTimer)
    void this.#connect()
  }

  /** The session of the moment, or the next one; undefined when the signal aborts first. Throws HostError when refused. */
  async session(signal?: AbortSignal): Promise<Session | undefined> {
    while (!signal?.aborted) {
      if (this.#current && !this.#current.ended()) return this.#current
      if (this.#status.state === 'refused') throw new HostError('permission-denied', this.#status.reason)
      await this.#change(signal)
    }
    return undefined
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stopListening()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const stopListening = this.onStatus(done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #open(): Promise<void> {
    let transport: MessageTransport | undefined
    try {
      transport = await this.#door.connect(this.#closing.signal)
      const session = sessionOver(transport)
      // A line that opens proves little; an answer proves that the host is behind it.
      await withDeadline(session.host.app.facts(), this.#timing.answerWithin)
      transport.onEnd = (reason) => this.#lost(reason.message)
      this.#current = session
      this.#failures = 0
      this.#set({ state: 'connected' })
    } catch (error) {
      const { code, message } = asHostError(error)
      transport?.abort(message)
      if (code === 'permission-denied') this.#set({ state: 'refused', reason: message })
      else this.#lost(message)
    }
  }

  #lost(reason: string): void {
    if (this.#status.state === 'refused' || this.#closing.signal.aborted) return
    this.#current = undefined
    this.#set({ state: 'lost', reason })
    clearTimeout(this.#retryTimer)
    const { retryDelays } = this.#timing
    const delay = retryDelays[Math.min(this.#failures++, retryDelays.length - 1)] ?? 0
    this.#retryTimer = setTimeout(() => void this.#connect(), delay * (0.75 + Math.random() / 2))
  }

  /** After sleep, or when the person looks again. */
  #wake(): void {
    if (this.#status.state === 'lost') this.retry()
    else void this.#check(this.#timing.answerWithin)
  }

  async #check(silence: number): Promise<void> {
    const session = this.#current
    if (!session || session.ended() || Date.now() - session.transport.heardAt < silence) return
    try {
      await withDeadline(session.host.app.facts(), this.#timing.answerWithin)
    } catch {
      session.transport.abort('The host stopped answering.')
    }
  }

  async #call(section: string, method: string, args: readonly unknown[]): Promise<unknown> {
    const session = this.#current
    if (session && !session.ended()) return callRemote(session.remote, section, method, args)
    const status = this.#status
    throw new HostError('unavailable', 'reason' in status ? status.reason : 'Not yet connected to the host.')
  }

  #set(status: ConnectionStatus): void {
    this.#status = status
    for (const listener of [...this.#listeners]) listener()
  }
}

function sessionOver(transport: MessageTransport) {
  const remote = new RpcSession<RemoteHost>(transport).getRemoteMain()
  const host = facade((section, method, args) => callRemote(remote, section, method, args))
  return { transport, remote, host, ended: () => transport.ended }
}

export async function callRemote(
  remote: RemoteHost,
  section: string,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  try {
    const result = await remote[section]?.[method]?.(...args)
    return isSubscription(result) ? pulledSubscription(result) : result
  } catch (error) {
    throw asHostError(error)
  }
}

/** All else that crosses is plain data. */
export function isSubscription(result: unknown): result is RemoteSubscription<unknown> {
  return result instanceof RpcStub
}

async function withDeadline<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HostError('unavailable', 'The host does not answer.')), milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

type Caller = (section: string, method: string, args: readonly unknown[]) => Promise<unknown>

function facade(call: Caller): HostContract {
  const sections = Object.entries(contractInputs).map(([section, methods]) => [
    section,
    Object.fromEntries(
      Object.keys(methods).map((method) => [method, (...args: readonly unknown[]) => call(section, method, args)]),
    ),
  ])
  // oxlint-disable-next-line typescript/consistent-type-assertions -- the table's own type says that it lists every method
  return Object.fromEntries(sections) as HostContract
}
