import type { LatencyLane, Lanes } from '../../../engine/engine.ts'
import type { Colors } from '../../components/colors.ts'
import { whyNone } from '../../components/measure-names.ts'

/** Lanes that count something in each bucket of time. */
export interface CountLane {
  readonly id: 'retransmissions' | 'resets' | 'outOfOrder' | 'zeroWindows'
  readonly title: string
  readonly noun: string
  readonly color: keyof Colors
  /** The display filter that finds what it counts. */
  readonly filter: string
}

export const COUNT_LANES: readonly CountLane[] = [
  {
    id: 'retransmissions',
    title: 'Retransmissions',
    noun: 'retransmission',
    color: 'loss',
    filter: 'tcp.analysis.retransmission',
  },
  { id: 'resets', title: 'Resets', noun: 'reset', color: 'reset', filter: 'tcp.flags.reset == 1' },
  {
    id: 'outOfOrder',
    title: 'Out of order',
    noun: 'segment out of order',
    color: 'reorder',
    filter: 'tcp.analysis.out_of_order',
  },
  {
    id: 'zeroWindows',
    title: 'Zero windows',
    noun: 'zero window',
    color: 'zeroWindow',
    filter: 'tcp.analysis.zero_window',
  },
]

export type LaneId = 'findings' | 'throughput' | CountLane['id'] | 'rtt'

/** Where a lane is drawn, in pixels from the plot's top. */
export interface LanePlace {
  readonly id: LaneId
  readonly top: number
  readonly height: number
}

export const RULER = 36
/** Right of the lanes, for the values of their axes. */
export const AXIS = 56
/** Between the ruler and the lanes, also while there are no notes: nothing moves when one comes. */
export const NOTE_LANE = 20
export const LANES_TOP = RULER + NOTE_LANE
const WEIGHTS: readonly (readonly [LaneId, number])[] = [
  ['findings', 1.3],
  ['throughput', 2.7],
  ['retransmissions', 2],
  ['resets', 1],
  ['outOfOrder', 1],
  ['zeroWindows', 1],
  ['rtt', 4.4],
]

/** Where a lane's name can be read. */
const LOWEST = 14

/**
 * Lanes share the height by weight, from LANES_TOP down; as long as there is room none is too low for its name. There are none before
 * the height is known.
 */
export function placeLanes(height: number): readonly LanePlace[] {
  if (height === 0) return []
  const room = Math.max(0, height - LANES_TOP)
  const share = (lanes: typeof WEIGHTS, of: number) => of / lanes.reduce((total, [, weight]) => total + weight, 0)
  let growing = WEIGHTS
  let unit = share(growing, room)
  for (;;) {
    const next = growing.filter(([, weight]) => weight * unit >= LOWEST)
    if (next.length === growing.length || next.length === 0) break
    growing = next
    unit = share(growing, room - (WEIGHTS.length - growing.length) * LOWEST)
  }
  const enough = room >= WEIGHTS.length * LOWEST
  const even = share(WEIGHTS, room)
  let at = 0
  return WEIGHTS.map((lane) => {
    const [id, weight] = lane
    const from = Math.round(at)
    at += enough ? (growing.includes(lane) ? weight * unit : LOWEST) : weight * even
    const to = Math.round(at)
    return { id, top: LANES_TOP + from, height: to - from }
  })
}

/** What one bucket holds. Percentiles are NaN where there is no sample. */
export interface LaneSummary {
  readonly packets: number
  readonly bytes: number
  /** Its time, in nanoseconds. */
  readonly from: number
  readonly span: number
  readonly counts: Readonly<Record<CountLane['id'], number>>
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  /** Samples of what these are percentiles of. */
  readonly samples: number
  /** The p99 is at least what it says. */
  readonly p99Beyond: boolean
}

/** Lanes whose latency is that of a measure. */
export interface ShownLanes extends Lanes {
  readonly measure: string
  readonly p99Beyond?: Uint8Array
  /** Round trips left out in all of the time. */
  readonly delayedAcks: number
  readonly withData: number
}

/** The lanes with the latency of another measure than round trips. */
export function withLatency(lanes: Lanes, measure: string, lane: LatencyLane | undefined): ShownLanes {
  if (!lane) return { ...lanes, measure, delayedAcks: 0, withData: 0 }
  const { samples: rttSamples, p50: rttP50, p90: rttP90, p99: rttP99, max: rttMax, ...rest } = lane
  return { ...lanes, ...rest, measure, rttSamples, rttP50, rttP90, rttP99, rttMax }
}

export function bucketSummary(lanes: Lanes & Pick<Partial<ShownLanes>, 'p99Beyond'>, i: number): LaneSummary {
  const span = (lanes.to - lanes.from) / lanes.buckets
  return {
    packets: lanes.packets[i],
    bytes: lanes.bytes[i],
    from: lanes.from + i * span,
    span,
    counts: {
      retransmissions: lanes.retransmissions[i],
      resets: lanes.resets[i],
      outOfOrder: lanes.outOfOrder[i],
      zeroWindows: lanes.zeroWindows[i],
    },
    p50: lanes.rttP50[i],
    p90: lanes.rttP90[i],
    p99: lanes.rttP99[i],
    max: lanes.rttMax[i],
    samples: lanes.rttSamples[i],
    p99Beyond: lanes.p99Beyond?.[i] === 1,
  }
}

/** What stands in the latency lane of one bucket without a sample. */
export function whyEmpty({ rttSamples, packets, measure, delayedAcks, withData }: ShownLanes): string | undefined {
  if (rttSamples[0] > 0) return undefined
  return packets[0] === 0 ? 'No packet here' : whyNone(measure, delayedAcks, withData)
}

/** The bucket that `time` falls in, or -1. */
export function bucketAt(lanes: Lanes, time: number): number {
  const bucket = Math.floor(((time - lanes.from) / (lanes.to - lanes.from)) * lanes.buckets)
  return bucket >= 0 && bucket < lanes.buckets ? bucket : -1
}
