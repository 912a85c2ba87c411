import type { CaptureFacts } from '../../engine/engine.ts'
import type { ByteSource } from './byte-source.ts'
import type { Progress } from './engine-service.ts'
import { News } from './news.ts'
import { otherTasks } from './other-tasks.ts'
import { pieceReader } from './piece-reader.ts'
import { TimeLeft } from './time-left.ts'

/** The part of the engine that takes bytes. */
export interface CaptureConsumer {
  /** The chunk is valid during the call only. */
  push(chunk: Uint8Array): void
  finish(): void
  facts(): CaptureFacts
  /** It takes no more: the file is damaged, or a limit was reached. */
  readonly ended: boolean
  readonly bytesRead: number
}

const FIRST_REPORTS_MS = 80
const LATER_REPORTS_MS = 250
const LONGEST_TURN_MS = 12
/**
 * Feeds the capture to the engine and reports how far it is. Between turns of a few milliseconds the worker answers
 * questions, so what was read so far is usable at once. `answering` tells how many milliseconds it has spent on that,
 * `from` the byte that the engine wants first.
 */
export async function readCapture(
  source: ByteSource,
  engine: CaptureConsumer,
  signal: AbortSignal,
  report: (progress: Progress) => void,
  answering: () => number = () => 0,
  from = 0,
): Promise<void> {
  const start = performance.now()
  const news = new News(start)
  const left = new TimeLeft(source.size ?? 0)
  let reported = start
  let version = 0
  let versionBytes = 0
  const tell = (phase: Progress['phase'], error?: string) => {
    reported = performance.now()
    const next = news.version(reported, answering(), phase !== 'reading')
    if (next !== version) versionBytes = engine.bytesRead
    version = next
    const leftMs = left.at(reported - start, engine.bytesRead)
    report({
      phase,
      version,
      bytesRead: engine.bytesRead,
      size: source.size ?? 0,
      facts: engine.facts(),
      ...(leftMs !== undefined && { leftMs }),
      ...(error !== undefined && { error }),
    })
  }

  const pause = () => (performance.now() - start < 1000 ? FIRST_REPORTS_MS : LATER_REPORTS_MS)
  // What came last is told also when nothing comes behind it, as in a quiet capture.
  let later: ReturnType<typeof setTimeout> | undefined
  const tellLater = () => {
    if (later !== undefined || engine.bytesRead === versionBytes) return
    later = setTimeout(() => {
      later = undefined
      tell('reading')
      tellLater()
    }, pause())
  }

  tell('reading')
  try {
    const reader = pieceReader(await source.stream(signal, from))
    const stop = () => reader.cancel()
    signal.addEventListener('abort', stop, { once: true })
    try {
      let turn = performance.now()
      while (!engine.ended) {
        const bytes = await reader.next()
        if (!bytes || signal.aborted) break
        engine.push(bytes)
        const now = performance.now()
        if (now - reported > pause()) tell('reading')
        tellLater()
        if (now - turn > LONGEST_TURN_MS) {
          await otherTasks()
          turn = performance.now()
        }
      }
    } finally {
      clearTimeout(later)
      signal.removeEventListener('abort', stop)
      stop()
    }
    if (signal.aborted) return tell('cancelled')
    engine.finish()
    tell('done')
  } catch (error) {
    if (signal.aborted) tell('cancelled')
    else tell('failed', await source.explain(error))
  }
}
