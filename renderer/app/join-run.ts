import { proxy, releaseProxy, wrap } from 'comlink'
import type { CaptureSource } from '../../common/contract.ts'
import type { Note } from '../../common/model/note.ts'
import type { JoinedCapture } from '../../engine/engine.ts'
import type { CaptureOrigin } from '../worker/byte-source.ts'
import type { CaptureToJoin, JoinWorker } from '../worker/join-worker.ts'
import type { HostConnection } from './host.ts'

/** What is joined: a capture that the host knows, a file on the host, or one that only this page has. */
export type JoinSource =
  | { readonly kind: 'host'; readonly id: string }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'file'; readonly file: File; readonly notes: readonly Note[] }

/** A capture that is put together but not kept yet. Disposing gives it up: nothing is left of it. */
export interface PendingJoin extends Disposable {
  readonly joined: JoinedCapture
  /** Puts it into the library, with its parts' notes; `problem` says which of these could not be taken over. */
  keep(): Promise<{ readonly source: CaptureSource; readonly problem: string | undefined }>
}

/** Puts captures together. Rejects with what is for the person, and when the signal aborts; then nothing is left of it. */
export async function runJoin(
  connection: Pick<HostConnection, 'host' | 'dataRequest'>,
  sources: readonly JoinSource[],
  report: (share: number) => void,
  signal: AbortSignal,
): Promise<PendingJoin> {
  const { capturing, notes } = connection.host
  const parts = await Promise.all(sources.map((source) => opened(connection, source)))
  refuseTwice(parts)
  const names = parts.map(({ name }) => name)
  const bytes = parts.reduce((sum, { origin }) => sum + sizeOf(origin), 0)
  const title = titleOf(names.map((name) => name.replace(/(\.(pcap|pcapng|cap))?(\.(gz|zst))?$/, '')))
  const places = (await capturing.beginJoined({ title, from: names, bytes })).getReader()
  const worker = new Worker(new URL('../join-worker.ts', import.meta.url), { type: 'module', name: 'join' })
  const calls = wrap<JoinWorker>(worker)
  const endWorker = () => {
    calls[releaseProxy]()
    worker.terminate()
  }
  // Cancelled, the host deletes what is there.
  const giveUp = () => void places.cancel().catch(() => undefined)
  try {
    const place = await places.read()
    if (place.done) throw new Error('The host has no place for it.')
    const { id, url } = place.value
    const crashed = new Promise<never>((_, reject) => {
      worker.onerror = ({ message }) =>
        reject(new Error(message || 'The worker that joins captures could not be started.'))
      const stop = () => reject(new Error('It was cancelled.'))
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
    })
    const joined = await Promise.race([
      crashed,
      calls.join(
        parts,
        connection.dataRequest({ url }),
        proxy((read: number) => report(bytes > 0 ? read / bytes : 0)),
      ),
    ])
    return {
      joined,
      async keep() {
        const source = await capturing.finishJoined(id, {
          packets: joined.packets,
          points: joined.points,
          startedAt: Number((joined.from ?? 0n) / 1_000_000n),
          endedAt: Number((joined.until ?? 0n) / 1_000_000n),
          ...(joined.cut.length > 0 && { message: joined.cut.join(' ') }),
        })
        giveUp()
        const problem = await keepNotes(joined.notes, (note) => notes.put(source.id, note))
        return { source, problem }
      },
      [Symbol.dispose]: giveUp,
    }
  } catch (error) {
    giveUp()
    throw error
  } finally {
    endWorker()
  }
}

type OpenedPart = CaptureToJoin & { readonly key: string }

async function opened(
  { host, dataRequest }: Pick<HostConnection, 'host' | 'dataRequest'>,
  from: JoinSource,
): Promise<OpenedPart> {
  if (from.kind === 'file') {
    const { file, notes } = from
    const key = `${file.name} ${file.size} ${file.lastModified}`
    return { key, name: file.name, origin: { kind: 'file', file }, notes }
  }
  const source = await (from.kind === 'path' ? host.captures.openFile(from.path) : host.captures.source(from.id))
  const { id, name, size, url, growing } = source
  if (growing) {
    throw new Error(`${name} is still being captured, and what comes later would be missing. Stop it first, then join.`)
  }
  const reader = (await host.notes.watch(id)).getReader()
  const told = await reader.read()
  await reader.cancel()
  const notes: readonly Note[] = told.done ? [] : told.value
  return { key: id, name, origin: { kind: 'served', request: dataRequest({ url }), size, growing: false }, notes }
}

function refuseTwice(parts: readonly OpenedPart[]): void {
  const keys = new Set<string>()
  for (const { key, name } of parts) {
    if (keys.has(key)) throw new Error(`${name} is named twice. A hop needs captures of two points.`)
    keys.add(key)
  }
}

const sizeOf = (origin: CaptureOrigin): number => (origin.kind === 'file' ? origin.file.size : origin.size)

/** "client-pod and node-a", "client-pod, node-a and 2 more" */
function titleOf(names: readonly string[]): string {
  const [first, second, ...more] = names.map((name) => name.slice(0, 60))
  return more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`
}

async function keepNotes(notes: readonly Note[], put: (note: Note) => Promise<void>): Promise<string | undefined> {
  for (const [i, note] of notes.entries()) {
    try {
      await put(note)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return `${notes.length - i} of ${notes.length} notes could not be taken over: ${why} They are still with the captures that were joined.`
    }
  }
  return undefined
}
