import type { CaptureSource, HostCommand, HostContract, Subscription } from '../../common/contract.ts'
import { asHostError } from '../../common/host-error.ts'
import { browserDoor } from './doors/browser-door.ts'
import { desktopDoor } from './doors/desktop-door.ts'
import type { DataRequest, Door } from './doors/door.ts'
import { HostLink } from './host-link.ts'
import type { ConnectionStatus } from './host-link.ts'

export type { ConnectionStatus } from './host-link.ts'
export type { DataRequest } from './doors/door.ts'

/** All the page has of its host, whatever the door. */
export interface HostConnection {
  readonly door: Door['kind']
  /** Captures to show first, by id; see Door. */
  readonly initialCaptures: readonly string[]
  /** Calls fail with HostError; while the connection is lost with code 'unavailable'. */
  readonly host: HostContract
  /** For useSyncExternalStore: the status now, and being told when it changes. */
  status(): ConnectionStatus
  onStatus(listener: () => void): () => void
  /** Tries again now instead of at the next attempt. */
  retry(): void
  /**
   * Subscribes, and again after each re-connection; `each` gets every value.
   * Resolves when the host ends it or the signal aborts; rejects with HostError when the host refuses.
   */
  watch<T>(
    open: (host: HostContract) => Promise<Subscription<T>>,
    each: (value: T) => void,
    signal?: AbortSignal,
  ): Promise<void>
  /** All that menu, operating system and command line ask of this page. */
  commands(each: (command: HostCommand) => void, signal?: AbortSignal): Promise<void>
  /** Post this to the engine worker; doors/capture-bytes.ts reads with it. */
  dataRequest(capture: Pick<CaptureSource, 'url'>): DataRequest
}

/** Resolves after the first attempt, whatever came of it: status() says. */
export async function connectHost(door: Door = doorOfThisPage()): Promise<HostConnection> {
  const link = new HostLink(door, window)
  await link.start()
  return {
    door: door.kind,
    initialCaptures: door.initialCaptures,
    host: link.host,
    status: () => link.status(),
    onStatus: (listener) => link.onStatus(listener),
    retry: () => link.retry(),
    watch: (open, each, signal) => watchThrough(link, open, each, signal),
    commands: (each, signal) => watchThrough(link, (host) => host.app.watchCommands(), each, signal),
    dataRequest: (capture) => door.dataRequest(capture),
  }
}

/** See HostConnection.watch. */
export async function watchThrough<T>(
  link: HostLink,
  open: (host: HostContract) => Promise<Subscription<T>>,
  each: (value: T) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    const session = await link.session(signal)
    if (!session) return
    try {
      await deliver(await open(session.host), each, signal)
      if (!session.ended()) return
    } catch (error) {
      if (signal?.aborted) return
      if (!session.ended()) throw asHostError(error)
    }
  }
}

async function deliver<T>(
  subscription: Subscription<T>,
  each: (value: T) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Not `for await`: leaving its loop waits for the value that is due next, which may never come.
  const reader = subscription.getReader()
  const stop = () => void reader.cancel().catch(() => undefined)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || signal?.aborted) return
      each(value)
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function doorOfThisPage(): Door {
  // In development the window loads the page from the bundler's server, so the scheme alone does not tell.
  return location.protocol === 'hopscope:' || navigator.userAgent.includes('Electron/') ? desktopDoor() : browserDoor()
}
