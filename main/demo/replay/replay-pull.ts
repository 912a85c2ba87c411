import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplayCapture } from './replay-capture.ts'
import type { ReplayProcess } from './replay-process.ts'

export interface PullRequest {
  readonly segment: number
  readonly offset: number
  /** Most bytes of a frame. */
  readonly most: number
  /** Others wait for it: the clock is said. */
  readonly awaited: boolean
  /** The segments before this one need not be kept. */
  readonly safe: number
}

/** What PULL of pod-scripts.ts does, frame for frame. */
export async function pull(
  process: ReplayProcess,
  capture: ReplayCapture,
  { segment, offset, most, awaited, safe }: PullRequest,
): Promise<void> {
  let at = segment
  let from = offset
  let idle = 0
  for (let n = capture.first; n < safe; n++) capture.forget(n)
  while (process.exitCode === null) {
    const now = Date.now()
    if (capture.ended) await process.write(`HS1 L ${capture.bytesFrom(at, from)}\n`)
    const here = capture.segment(at)
    if (at < capture.first) {
      let lost = 0
      for (const [n, size] of capture.lost) if (n >= at && n < capture.first) lost += size
      await process.write(`HS1 G ${capture.first} ${lost}\n`)
      at = capture.first
      from = 0
      continue
    }
    if (here && from < here.size && (!capture.isWhole(at) || from > 0 || here.size > most)) {
      const bytes = Buffer.from(here.read(from, Math.min(most, here.size - from)))
      await process.write(`HS1 D ${at} ${from} ${bytes.length} ${sha256(bytes)} 0\n`)
      await process.write(bytes)
      from += bytes.length
      idle = 0
      continue
    }
    if (here && capture.isWhole(at)) {
      if (from === 0) {
        const bytes = Buffer.from(here.read(0))
        await process.write(`HS1 D ${at} 0 ${bytes.length} ${sha256(bytes)} 1\n`)
        await process.write(bytes)
      } else await process.write(`HS1 E ${at} ${here.size} ${capture.digest(at)}\n`)
      at++
      from = 0
      continue
    }
    if (capture.ended && at > capture.newest) break
    if (awaited && idle > 0) await process.write(`HS1 W ${now}000\n`)
    await sleep(100)
    if (++idle % 10 === 1) await process.write(`HS1 S ${at} ${capture.words.length}\n${capture.words}`)
  }
  const { words } = capture
  await process.write(`HS1 F 0 ${capture.newest + 1} ${words.length} ${capture.why}\n${words}`)
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
