import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../common/host-error.ts'
import type { TerminalEnd } from '../../common/model/terminal.ts'
import type { ApiConnection } from '../kubernetes/api-connection.ts'
import { script } from '../kubernetes/capture/pod-scripts.ts'
import { hasNoSuchCommand, openExec, type ExecEnd, type ExecStream } from '../kubernetes/exec-stream.ts'
import { Informer } from '../kubernetes/informer.ts'
import type { ContainerStatus, Pod } from '../kubernetes/objects.ts'
import type { LineHandlers, TerminalLine, TerminalSize } from './terminal-line.ts'

/** The best shell there is; a login shell would read profiles that are not meant for a container. */
const SHELL = `
TERM=xterm-256color
export TERM
for shell in bash ash; do command -v "$shell" > /dev/null 2>&1 && exec "$shell"; done
exec sh
`
const INPUT_PIECE = 4096
const DRAIN_POLL_MS = 5

export interface ContainerPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** A shell in a running container, and what becomes of it: the watch often knows earlier than the stream (kubernetes#129144). */
export async function openPodShell(
  connection: ApiConnection,
  place: ContainerPlace,
  size: TerminalSize,
  handlers: LineHandlers,
  signal: AbortSignal,
): Promise<TerminalLine> {
  let toldSize: TerminalSize | undefined
  let current = size
  const stream: ExecStream = await openExec(
    connection,
    { ...place, command: script(SHELL), stdin: true, tty: true },
    {
      stdout(bytes) {
        // A size that comes before the shell runs is lost (kubernetes#47990): said again with the first output.
        if (!toldSize) {
          toldSize = current
          stream.resize(current.columns, current.rows)
        }
        return handlers.output(Buffer.from(bytes))
      },
    },
    signal,
  )
  stream.resize(size.columns, size.rows)
  const watched = new AbortController()
  const { promise: died, resolve: dies } = Promise.withResolvers<TerminalEnd>()
  const watch = { died: (reason: string) => dies({ reason }), goes: handlers.note }
  void watchContainer(connection, place, watch, watched.signal)
  const ended = Promise.race([stream.ended.then((end) => endOf(end, connection, place)), died]).finally(() => {
    watched.abort()
    stream.close()
  })
  ended.catch(() => undefined)
  return {
    ended,
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += INPUT_PIECE) {
        if (!stream.write(bytes.subarray(at, at + INPUT_PIECE))) await drained(stream, signal)
      }
    },
    resize(next) {
      current = next
      stream.resize(next.columns, next.rows)
    },
    async close() {
      // End of transmission and hang-up are the shell's to notice: its terminal goes when the stream does.
      stream.close()
      await ended.catch(() => undefined)
    },
  }
}

async function drained(stream: ExecStream, signal: AbortSignal): Promise<void> {
  while (stream.isOpen && stream.buffered > 64 * 1024 && !signal.aborted) await sleep(DRAIN_POLL_MS)
}

async function endOf(end: ExecEnd, connection: ApiConnection, place: ContainerPlace): Promise<TerminalEnd> {
  const { status, exitCode, lost } = end
  const message = status?.message ?? ''
  if (hasNoSuchCommand(end)) {
    return {
      reason: `The image of container ${place.container} has no shell. A debug container beside it has one.`,
      noShell: true,
      final: true,
    }
  }
  const told = await stateOf(connection, place)
  if (told) return { reason: told, ...(exitCode === undefined ? {} : { exitCode }) }
  if (exitCode !== undefined) return { reason: `The shell ended with exit code ${exitCode}.`, exitCode }
  if (status) return { reason: `The cluster ended the session: ${message || (status.reason ?? 'no reason given')}` }
  return { reason: `The connection was lost: ${lost ?? 'no reason given'}.` }
}

/** What happened to the pod or its container, if something did that ends a shell. */
async function stateOf(connection: ApiConnection, place: ContainerPlace): Promise<string | undefined> {
  const { namespace, pod } = place
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`
  try {
    const found = await connection.get<Pod>(path, { timeoutMs: 5000 })
    // While it goes a shell may live on; one that has ended ended for that.
    return deathOf(found, place) ?? (found.metadata.deletionTimestamp ? `Pod ${pod} is being deleted.` : undefined)
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-found') return `Pod ${pod} was deleted.`
    return undefined
  }
}

/** Calls back when the pod or the container is gone, and once when the pod is to go; quiet where watching is forbidden. */
async function watchContainer(
  connection: ApiConnection,
  place: ContainerPlace,
  { died, goes }: { readonly died: (reason: string) => void; readonly goes: (sentence: string) => void },
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(place.namespace)}/pods`
  const informer = new Informer<Pod>(connection, { path, fieldSelector: `metadata.name=${place.pod}` })
  let first: ContainerStatus | undefined
  let seen = false
  let isGoing = false
  const stop = informer.observe(({ objects, synced }) => {
    if (!synced) return
    const [pod] = objects.values()
    if (!pod) {
      if (seen) died(`Pod ${place.pod} was deleted.`)
      return
    }
    seen = true
    if (pod.metadata.deletionTimestamp && !isGoing) {
      isGoing = true
      goes(`Pod ${place.pod} is being deleted; this shell ends with it.`)
    }
    const status = statusIn(pod, place.container)
    first ??= status
    if (first && status && status.containerID !== first.containerID && status.state?.running)
      return died(`Container ${place.container} was restarted${lastWords(status)}.`)
    const reason = deathOf(pod, place)
    if (reason) died(reason)
  })
  signal.addEventListener('abort', stop, { once: true })
}

function deathOf(pod: Pod, place: ContainerPlace): string | undefined {
  const state = statusIn(pod, place.container)?.state
  if (state?.terminated) {
    const { reason = 'ended', exitCode } = state.terminated
    return `Container ${place.container} ended: ${reason}, exit code ${exitCode}.`
  }
  if (state?.waiting?.reason === 'CrashLoopBackOff') return `Container ${place.container} is restarting in a loop.`
  return undefined
}

function lastWords(status: ContainerStatus): string {
  const last = status.lastState?.terminated
  return last ? ` (${last.reason ?? 'ended'}, exit code ${last.exitCode})` : ''
}

function statusIn(pod: Pod, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {}
  return [...containerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container)
}
