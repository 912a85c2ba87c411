import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { HandMadePackets } from '../columns/testing/hand-made-packets.ts'
import { LABEL } from '../tcp/labels.ts'
import { ANSWERED, RoundTrips } from '../tcp/round-trips.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import { LaneIndex, type LaneSources } from './lane-index.ts'
import { lanes } from './lanes.ts'
import { RELATIVE_ERROR } from './sketch.ts'

interface Row {
  readonly time: number
  readonly length?: number
  readonly labels?: number
  readonly flags?: number
  readonly verdict?: number
  /** Row that it acknowledges at once. */
  readonly acks?: number
}

interface MadeSources extends LaneSources {
  readonly made: HandMadePackets
}

function addRow(
  { made, packets }: MadeSources,
  { time, length = 100, labels = 0, flags = FLAG.tcp, verdict = 0, acks }: Row,
): void {
  made.add((chunk, i) => {
    chunk.time[i] = time
    chunk.length[i] = length
    chunk.labels[i] = labels
    chunk.flags[i] = flags
    chunk.verdict[i] = verdict
    if (acks !== undefined && time > packets.time(acks)) {
      chunk.acked[i] = acks + 1
      chunk.roundTrip[i] = ANSWERED.prompt
    }
  })
}

function sources(): MadeSources {
  const made = new HandMadePackets()
  const { kernel, packets } = made
  return { made, packets, roundTrips: new RoundTrips(kernel, packets) }
}

function tableOf(rows: readonly Row[]): MadeSources {
  const table = sources()
  for (const row of rows) addRow(table, row)
  return table
}

const MS = 1e6

describe('lanes', () => {
  it('count what happened in each bucket', () => {
    const table = tableOf([
      { time: 0, length: 60 },
      { time: 9 * MS, labels: LABEL.retransmission | LABEL.fast_retransmission },
      { time: 10 * MS, labels: LABEL.out_of_order },
      { time: 11 * MS, flags: FLAG.tcp | FLAG.rst | FLAG.ack },
      { time: 19 * MS, labels: LABEL.zero_window | LABEL.duplicate_ack },
      { time: 29 * MS, labels: LABEL.lost_segment },
      { time: 30 * MS },
    ])
    const found = lanes(table, undefined, 0, 30 * MS, 3)
    expect(found).toMatchObject({ from: 0, to: 30 * MS, buckets: 3 })
    expect(Array.from(found.packets)).toEqual([2, 3, 1])
    expect(Array.from(found.bytes)).toEqual([160, 300, 100])
    expect(Array.from(found.retransmissions)).toEqual([1, 0, 0])
    expect(Array.from(found.outOfOrder)).toEqual([0, 1, 0])
    expect(Array.from(found.resets)).toEqual([0, 1, 0])
    expect(Array.from(found.zeroWindows)).toEqual([0, 1, 0])
    expect(Array.from(found.duplicateAcks)).toEqual([0, 1, 0])
    expect(Array.from(found.lost)).toEqual([0, 0, 1])
    expect(Array.from(found.rttP50)).toEqual([NaN, NaN, NaN])
  })

  it('do not take a copy or a late original for a retransmission, nor a copy for a reset', () => {
    const table = tableOf([
      { time: 1, labels: LABEL.retransmission, verdict: VERDICT.copy },
      { time: 2, labels: LABEL.retransmission, verdict: VERDICT.reordered },
      { time: 3, labels: LABEL.retransmission, verdict: VERDICT.rto },
      { time: 4, flags: FLAG.tcp | FLAG.rst },
      { time: 5, flags: FLAG.tcp | FLAG.rst, verdict: VERDICT.copy },
    ])
    const found = lanes(table, undefined, 0, 10, 1)
    expect([found.retransmissions[0], found.outOfOrder[0], found.resets[0]]).toEqual([1, 1, 1])
  })

  it('give percentiles of the round-trip times within the error of the sketch, and the maximum exactly', () => {
    const rows: Row[] = [{ time: 0 }]
    for (let i = 1; i <= 100; i++) rows.push({ time: i * MS, acks: 0 })
    const found = lanes(tableOf(rows), undefined, 0, 200 * MS, 1)
    expect(found.rttSamples[0]).toBe(100)
    for (const [got, exact] of [
      [found.rttP50[0], 50 * MS],
      [found.rttP90[0], 90 * MS],
      [found.rttP99[0], 99 * MS],
    ]) {
      expect(Math.abs(got - exact) / exact).toBeLessThan(RELATIVE_ERROR)
    }
    expect(found.rttMax[0]).toBe(100 * MS)
  })

  it('look at the selected rows only', () => {
    const table = tableOf([{ time: 1 }, { time: 2 }, { time: 12 }])
    expect(Array.from(lanes(table, Uint32Array.of(0, 2), 0, 20, 2).packets)).toEqual([1, 1])
  })
})

const row = fc.record({
  length: fc.integer({ min: 60, max: 1514 }),
  labels: fc.constantFrom(0, 0, 0, LABEL.retransmission, LABEL.out_of_order, LABEL.zero_window | LABEL.duplicate_ack),
  flags: fc.constantFrom(FLAG.tcp, FLAG.tcp, FLAG.tcp | FLAG.rst, 0),
  acks: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
})
/** Time steps from nanoseconds to hours, sometimes backwards. */
const step = fc.oneof(
  fc.integer({ min: -5, max: 100 }),
  fc.integer({ min: -2e6, max: 1e7 }),
  fc.integer({ min: -1e9, max: 1e10 }),
  fc.constantFrom(-3.6e12, 3.6e12, 86_400e9),
)

describe('the index of the lanes', { timeout: 60_000 }, () => {
  it('answers the same as counting every packet, at once and one by one, whatever is asked and however the capture grew', () => {
    const capture = fc.array(fc.tuple(step, row), { maxLength: 60 })
    const range = fc.tuple(fc.double({ min: -0.3, max: 1, noNaN: true }), fc.double({ min: 0, max: 1.3, noNaN: true }))
    fc.assert(
      fc.property(
        capture,
        fc.array(range, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 50 }),
        (rows, ranges, buckets) => {
          const table = sources()
          const index = new LaneIndex(table)
          let time = 0
          let earliest = 0
          let latest = 1
          for (const [n, [delta, packet]] of rows.entries()) {
            if (n > 0) time += delta
            earliest = Math.min(earliest, time)
            latest = Math.max(latest, time)
            const { acks, ...rest } = packet
            addRow(table, { ...rest, time, ...(acks !== undefined && acks < n && { acks }) })
            if (n % 13 === 7) index.advance()
          }
          for (const [a, b] of ranges) {
            const at = (share: number) => Math.round(earliest + share * (latest - earliest))
            const [from, to] = [at(Math.min(a, b)), at(Math.max(a, b)) + 1]
            const counted = lanes(table, undefined, from, to, buckets)
            expect(lanes(table, undefined, from, to, buckets, index)).toEqual(counted)
            expect(lanes(table, Uint32Array.from(rows.keys()), from, to, buckets)).toEqual(counted)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('answers a whole capture of several chunks and hours the same, on and off the steps of its spans', () => {
    const table = sources()
    let seed = 1
    const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32
    let time = 0
    for (let i = 0; i < CHUNK_ROWS + 5000; i++) {
      time += Math.floor(random() ** 4 * 1e9)
      addRow(table, {
        time,
        length: 60 + Math.floor(random() * 1000),
        ...(i > 10 && random() < 0.5 && { acks: i - 1 - Math.floor(random() * 9) }),
      })
    }
    const index = new LaneIndex(table)
    index.advance()
    for (const [from, to, buckets] of [
      [0, time + 1, 777],
      [0, 14_000e9, 700],
      [3_000e9, 3_060e9, 600],
      [1234, 1235, 10],
      [0.5, 1e9 + 0.5, 3],
      [0, time + 1, 1],
      [-1e9, 0, 5],
    ] as const) {
      expect(lanes(table, undefined, from, to, buckets, index)).toEqual(lanes(table, undefined, from, to, buckets))
    }
  })

  it('leaves out no packet at the edge of a range that ends between two nanoseconds', () => {
    const table = tableOf([{ time: 0 }, { time: 100_000 }])
    expect(lanes(table, undefined, 0, 100_000.5, 1, new LaneIndex(table)).packets[0]).toBe(2)
  })

  it('has spans that the steps of a time axis are multiples of', () => {
    const table = tableOf([{ time: 0 }, { time: 3_600e9 }])
    const index = new LaneIndex(table)
    index.advance()
    expect(index.width).toBe(1e9)
    addRow(table, { time: 7_200e9 })
    index.advance()
    expect(index.width).toBe(2e9)
    addRow(table, { time: 20_000e9 })
    index.advance()
    expect(index.width).toBe(10e9)
  })
})
