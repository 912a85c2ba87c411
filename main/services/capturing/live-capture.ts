import type { ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import type { CaptureOrder, LiveCapture, PointHealth } from '../../../common/model/live-capture.ts'
import { whySilent } from './why-silent.ts'

const SILENT_MS = 10_000
const RATE_MS = 3000

interface Sample {
  readonly at: number
  readonly packets: number
  readonly bytes: number
}

/** How a capture does, from one status to the next. Pure but for what it remembers; times are given. */
export class Health {
  readonly #samples = new Map<number, Sample[]>()
  readonly #newsAt = new Map<number, number>()

  /** To be asked about once a second. */
  of({ points }: ClusterCaptureStatus, order: CaptureOrder, now: number): readonly PointHealth[] {
    return points.map((point) => {
      const { id, packets, bytes, state } = point
      const samples = this.#samples.get(id) ?? []
      this.#samples.set(id, samples)
      const last = samples.at(-1)
      if (!last || packets !== last.packets || (state !== 'capturing' && state !== 'reconnecting')) {
        this.#newsAt.set(id, now)
      }
      samples.push({ at: now, packets, bytes })
      while (samples.length > 2 && (samples[0]?.at ?? now) < now - RATE_MS) samples.shift()
      const first = samples[0] ?? { at: now, packets, bytes }
      const seconds = (now - first.at) / 1000
      const newsAt = this.#newsAt.get(id) ?? now
      const elsewhere = points.reduce((sum, other) => sum + (other.id === id ? 0 : other.packets), 0)
      const silent = now - newsAt >= SILENT_MS
      return {
        id,
        packetsPerSecond: seconds > 0 ? (packets - first.packets) / seconds : 0,
        bytesPerSecond: seconds > 0 ? (bytes - first.bytes) / seconds : 0,
        ...(silent ? { silentSince: newsAt } : {}),
        whySilent: silent ? whySilent({ point, filter: order.filter, elsewhere, now }) : [],
      }
    })
  }
}

export const isOver = ({ state }: Pick<LiveCapture, 'state'>): boolean =>
  state === 'complete' || state === 'incomplete' || state === 'failed'
