import { describe, expect, it } from 'vitest'
import { HandMadePackets } from '../columns/testing/hand-made-packets.ts'
import { ANSWERED, RoundTrips } from '../tcp/round-trips.ts'
import type { LaneSources } from './lane-index.ts'
import { rttHistogram } from './rtt-histogram.ts'

/** Pairs of a segment and its acknowledgement, `rtts` nanoseconds apart. */
function table(rtts: readonly number[]): LaneSources {
  const made = new HandMadePackets()
  const { packets } = made
  let time = 0
  for (const rtt of rtts) {
    const segment = packets.rows
    for (const acked of [0, segment + 1]) {
      const at = acked === 0 ? time : time + rtt
      made.add((chunk, i) => {
        chunk.time[i] = at
        chunk.acked[i] = acked
        if (acked !== 0) chunk.roundTrip[i] = ANSWERED.prompt
      })
    }
    time += 1e9
  }
  return { packets, roundTrips: new RoundTrips(made.kernel, packets) }
}

describe('the distribution of round-trip times', () => {
  it('has ten bars a decade, with decades on their edges', () => {
    const { edges, counts } = rttHistogram(table([1e6, 1.1e6, 2e6, 9.99e6, 1e7]), undefined)
    expect(edges[0]).toBe(1e6)
    expect(edges[10]).toBe(1e7)
    expect(counts).toHaveLength(11)
    expect(counts[0]).toBe(2)
    expect(counts[9]).toBe(1)
    expect(counts[10]).toBe(1)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5)
    expect(edges).toHaveLength(counts.length + 1)
  })

  it('counts only the packets asked about', () => {
    const { edges, counts } = rttHistogram(table([1e6, 1e8]), Uint32Array.of(0, 1))
    expect([...counts]).toEqual([1])
    expect(edges[0]).toBe(1e6)
  })

  it('takes what is too short and too long into its first and last bar', () => {
    const { counts } = rttHistogram(table([3, 5e12]), undefined)
    expect(counts[0]).toBe(1)
    expect(counts.at(-1)).toBe(1)
  })

  it('is empty without samples', () => {
    expect(rttHistogram(table([]), undefined)).toEqual({
      edges: new Float64Array(),
      counts: new Float64Array(),
    })
  })
})
