import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { TO_A, TO_B } from './legs.ts'
import type { Path } from './paths.ts'
import type { CapturePoint } from './points.ts'
import type { SeenPacket } from './report.ts'
import { NOTHING, type Run } from './runs.ts'

/** A path's way from one point to the next, in one direction. */
export interface Step {
  /** Of the hop. */
  readonly key: number
  readonly direction: number
  readonly near: Run
  readonly far: Run
  /** What the points behind `far` saw, and those before `near`. */
  readonly beyond: readonly Run[]
  readonly before: readonly Run[]
}

const HOP_KEY = 2 ** 16

/** Those whose first point saw anything. */
export function* steps(path: Path): Generator<Step> {
  for (const step of stepsOf(path, path.runs)) if (step.near !== NOTHING) yield step
}

/** Of resets: those of which a point saw any. */
export function* resetSteps(path: Path): Generator<Step> {
  for (const step of stepsOf(path, path.resets)) if (step.near !== NOTHING || step.far !== NOTHING) yield step
}

function* stepsOf(path: Path, runs: Path['runs']): Generator<Step> {
  for (const direction of [TO_B, TO_A]) {
    const way = direction === TO_B ? path.order : path.order.toReversed()
    const seen = way.map((point) => runs[direction][point] ?? NOTHING)
    for (let i = 0; i + 1 < way.length; i++) {
      const [near, far] = [seen[i], seen[i + 1]]
      const key = hopKey(way[i], way[i + 1])
      yield { key, direction, near, far, beyond: seen.slice(i + 2), before: seen.slice(0, i) }
    }
  }
}

export function endsOf(key: number): { readonly from: number; readonly to: number } {
  return { from: Math.floor(key / HOP_KEY), to: key % HOP_KEY }
}

export function hopKey(from: number, to: number): number {
  return from * HOP_KEY + to
}

export function packetAt({ members }: Path, { source, offset }: CapturePoint, row: number): SeenPacket {
  const chunk = source.tables.packets.chunk(row)
  const i = row % CHUNK_ROWS
  const toA = (chunk.flags[i] & FLAG.reverse) !== 0
  return { source, row, conversation: chunk.conversation[i], members, toA, time: chunk.time[i] + offset }
}
