import { endsOf, inRound, type FrameEnds } from './frame-ends.ts'
import type { Recording } from './recording.ts'

/** Pause before a recording begins anew. */
const PAUSE_MS = 1500
/** How far back a look goes at most: after a laptop slept there is nothing to catch up. */
const LONGEST_LOOK_MS = 5000

export interface PassingFrame {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly bytes: Buffer
  readonly length: number
  readonly ends: FrameEnds
}

/** All recordings of the demo, played side by side, each again and again, as the traffic of one small world. */
export class ReplayedTraffic {
  readonly #recordings: readonly { readonly recording: Recording; readonly ends: readonly FrameEnds[] }[]
  readonly #start: number

  constructor(recordings: readonly Recording[], start = Date.now()) {
    this.#recordings = recordings.map((recording) => ({
      recording,
      ends: recording.frames.map(({ bytes }) => endsOf(bytes)),
    }))
    this.#start = start
  }

  /** What passes an interface with this address after `from` and up to `until` (milliseconds since 1970), in order. */
  passing(address: string, from: number, until: number): PassingFrame[] {
    const found: PassingFrame[] = []
    const since = Math.max(from, until - LONGEST_LOOK_MS, this.#start)
    for (const { recording, ends } of this.#recordings) {
      const period = recording.durationMs + PAUSE_MS
      for (let round = Math.floor((since - this.#start) / period); ; round++) {
        const began = this.#start + round * period
        if (began > until) break
        for (let index = firstAfter(recording, since - began); index < recording.frames.length; index++) {
          const frame = recording.frames[index]
          const end = ends[index]
          if (!frame || !end || began + frame.at > until) break
          if (end.source !== address && end.destination !== address) continue
          const bytes = inRound(frame.bytes, round)
          found.push({ time: began + frame.at, bytes, length: frame.length, ends: round === 0 ? end : endsOf(bytes) })
        }
      }
    }
    return found.sort((a, b) => a.time - b.time)
  }
}

/** The first frame after that time; frames of a recording are nearly in order, which is enough here. */
function firstAfter({ frames }: Recording, time: number): number {
  let low = 0
  let high = frames.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((frames[middle]?.at ?? 0) > time) high = middle
    else low = middle + 1
  }
  return low
}
