import type { CapturePart } from '../../../common/model/capture.ts'
import type { Overview } from '../../../engine/engine.ts'
import type { TimeRange } from '../../app/view.ts'

/** What the dialog's fields say. */
export interface PartFields {
  readonly by: 'packets' | 'time'
  /** Numbers of packets, or seconds since the first one; empty for the beginning and the end of the capture. */
  readonly from: string
  readonly to: string
}

/** The part that the fields describe, or what is wrong with them. */
export function partOf({ by, from, to }: PartFields): { readonly part: CapturePart } | { readonly problem: string } {
  const [a, b] = [from.trim(), to.trim()].map((text) => text.replaceAll(/[,\s]/g, ''))
  if (by === 'packets') {
    const [firstFrame, lastFrame] = [countOf(a), countOf(b)]
    if (Number.isNaN(firstFrame) || Number.isNaN(lastFrame)) return { problem: 'Packets are numbered from 1.' }
    if ((firstFrame ?? 1) > (lastFrame ?? Infinity)) return { problem: 'The first packet is behind the last one.' }
    return {
      part: { firstFrame: firstFrame ?? 1, ...(lastFrame !== undefined && { lastFrame }) },
    }
  }
  const [since, until] = [nanosecondsOf(a), nanosecondsOf(b)]
  if (Number.isNaN(since) || Number.isNaN(until)) return { problem: 'Times are seconds since the first packet: 12.5' }
  if ((since ?? 0) >= (until ?? Infinity)) return { problem: 'The end is not behind the beginning.' }
  return { part: { from: { since: since ?? 0 }, ...(until !== undefined && { to: { since: until } }) } }
}

function countOf(text: string | undefined): number | undefined {
  if (!text) return undefined
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : NaN
}

function nanosecondsOf(text: string | undefined): number | undefined {
  if (!text) return undefined
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * 1e9) : NaN
}

/** Fields for a stretch of time, as fine as a person can point. */
export function timeFields({ from, to }: TimeRange, { latest }: Overview): PartFields {
  const digits = Math.min(9, Math.max(0, 3 - Math.floor(Math.log10(Math.max(latest, 1) / 1e9))))
  const text = (ns: number) => (Math.max(0, ns) / 1e9).toFixed(digits)
  return { by: 'time', from: text(from), to: to >= latest ? '' : text(to) }
}

/** About how many packets the part has, as far as the overview goes. */
export function packetsIn({ firstFrame, lastFrame, from, to }: CapturePart, overview: Overview): number {
  if (firstFrame !== undefined || lastFrame !== undefined)
    return Math.max(0, Math.min(lastFrame ?? Infinity, overview.frames) - (firstFrame ?? 1) + 1)
  const since = from && 'since' in from ? from.since : 0
  const until = to && 'since' in to ? to.since : Infinity
  let sum = 0
  for (const [i, count] of overview.packets.entries()) {
    const start = i * overview.bucketNs
    const inside = Math.min(until, start + overview.bucketNs) - Math.max(since, start)
    if (inside > 0) sum += (count * inside) / overview.bucketNs
  }
  return Math.round(sum)
}

/** Where on the time axis the part is, about. */
export function timeOf({ firstFrame = 1, lastFrame = Infinity, from, to }: CapturePart, overview: Overview): TimeRange {
  if (from || to) {
    return {
      from: from && 'since' in from ? from.since : 0,
      to: to && 'since' in to ? to.since : overview.latest,
    }
  }
  return { from: timeOfFrame(firstFrame - 1, overview), to: timeOfFrame(lastFrame, overview) }
}

/** By the places whose number of frames is known, as if packets came evenly between them. */
function timeOfFrame(frames: number, { starts, frames: all, latest }: Overview): number {
  let before = { frames: 0, time: 0 }
  for (const start of [...starts, { frames: all, time: latest }]) {
    if (start.frames >= frames) {
      const share = (frames - before.frames) / Math.max(1, start.frames - before.frames)
      return before.time + share * (start.time - before.time)
    }
    before = start
  }
  return latest
}

/** From a moment on, as long as `packets` of them fit. */
export function stretchFrom(since: number, packets: number, overview: Overview): TimeRange {
  const { bucketNs, latest } = overview
  let sum = 0
  for (let i = Math.floor(since / bucketNs); i < overview.packets.length; i++) {
    sum += overview.packets[i] ?? 0
    if (sum > packets) return { from: since, to: Math.max(i * bucketNs, since + bucketNs / 2) }
  }
  return { from: since, to: latest }
}
