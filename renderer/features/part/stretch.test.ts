import { describe, expect, it } from 'vitest'
import type { Overview } from '../../../engine/engine.ts'
import { packetsIn, partOf, stretchFrom, timeFields, timeOf } from './stretch.ts'

/** 100 packets in each of ten seconds; two places are known. */
const OVERVIEW: Overview = {
  frames: 1000,
  compression: 'none',
  epoch: 0n,
  latest: 10e9,
  bucketNs: 1e9,
  packets: new Float64Array(16).fill(100, 0, 10),
  bytes: new Float64Array(16).fill(5000, 0, 10),
  starts: [
    { offset: 5000, frames: 250, time: 2.5e9, latest: 2.5e9, described: 0 },
    { offset: 9000, frames: 500, time: 5e9, latest: 5e9, described: 0 },
  ],
  descriptions: new Uint8Array(0),
}

describe('the fields of the dialog', () => {
  it.each([
    ['packets', '1,001', '2000', { firstFrame: 1001, lastFrame: 2000 }],
    ['packets', '', '', { firstFrame: 1 }],
    ['time', '1.5', '', { from: { since: 1.5e9 } }],
    ['time', '', '2', { from: { since: 0 }, to: { since: 2e9 } }],
  ] as const)('by %s: %s to %s', (by, from, to, part) => {
    expect(partOf({ by, from, to })).toEqual({ part })
  })

  it.each([
    ['packets', '0', '', /numbered from 1/],
    ['packets', '5', '4', /behind the last/],
    ['time', 'noon', '', /seconds since the first packet/],
    ['time', '2', '2', /not behind the beginning/],
  ] as const)('by %s: %s to %s is said to be wrong', (by, from, to, problem) => {
    expect(partOf({ by, from, to })).toEqual({ problem: expect.stringMatching(problem) })
  })

  it('are filled with what was brushed', () => {
    const fields = timeFields({ from: 1.23456e9, to: 2e9 }, OVERVIEW)
    expect(fields).toEqual({ by: 'time', from: '1.23', to: '2.00' })
    expect(timeFields({ from: 5e9, to: 10e9 }, OVERVIEW)).toMatchObject({ from: '5.00', to: '' })
  })
})

describe('what an overview tells of a part', () => {
  it('is how many packets it has', () => {
    expect(packetsIn({ firstFrame: 101, lastFrame: 300 }, OVERVIEW)).toBe(200)
    expect(packetsIn({ firstFrame: 901, lastFrame: 5000 }, OVERVIEW)).toBe(100)
    expect(packetsIn({ from: { since: 1.5e9 }, to: { since: 3e9 } }, OVERVIEW)).toBe(150)
  })

  it('is where in time it is', () => {
    expect(timeOf({ firstFrame: 251, lastFrame: 500 }, OVERVIEW)).toEqual({ from: 2.5e9, to: 5e9 })
    expect(timeOf({ firstFrame: 126 }, OVERVIEW)).toEqual({ from: 1.25e9, to: 10e9 })
    expect(timeOf({ from: { since: 3e9 } }, OVERVIEW)).toEqual({ from: 3e9, to: 10e9 })
  })

  it('is how far what can be kept reaches', () => {
    expect(stretchFrom(2e9, 300, OVERVIEW)).toEqual({ from: 2e9, to: 5e9 })
    expect(stretchFrom(8e9, 300, OVERVIEW)).toEqual({ from: 8e9, to: 10e9 })
    expect(stretchFrom(2e9, 10, OVERVIEW)).toEqual({ from: 2e9, to: 2.5e9 })
  })
})
