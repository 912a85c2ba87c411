import { CaptureOverview } from '../../engine/engine.ts'
import type { ByteSource } from './byte-source.ts'
import type { OverviewProgress } from './engine-service.ts'
import { otherTasks } from './other-tasks.ts'
import { pieceReader } from './piece-reader.ts'

const REPORTS_MS = 300
const LONGEST_TURN_MS = 50

/** Walks through the whole capture; the last report is `done` or has an `error`. */
export async function readOverview(source: ByteSource, report: (progress: OverviewProgress) => void): Promise<void> {
  const maker = new CaptureOverview()
  const tell = (done: boolean, error?: string) =>
    report({
      overview: maker.overview(),
      bytesRead: maker.bytesRead,
      size: source.size ?? 0,
      done,
      ...(error !== undefined && { error }),
    })
  const control = new AbortController()
  try {
    const reader = pieceReader(await source.stream(control.signal))
    let reported = performance.now()
    let turn = reported
    try {
      while (!maker.ended) {
        const bytes = await reader.next()
        if (!bytes) break
        maker.push(bytes)
        const now = performance.now()
        if (now - reported > REPORTS_MS) {
          reported = now
          tell(false)
        }
        if (now - turn < LONGEST_TURN_MS) continue
        await otherTasks()
        turn = performance.now()
      }
    } finally {
      reader.cancel()
    }
    maker.finish()
    tell(true)
  } catch (error) {
    tell(true, await source.explain(error))
  } finally {
    control.abort()
  }
}
