import { describe, expect, it } from 'vitest'
import { ingestScenario } from '../../test/support/expect-labels.ts'
import { tcpFrame } from '../../test/support/tcp-frame.ts'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { FLAG } from '../columns/packet-table.ts'
import { TestCapture } from '../query/testing/test-capture.ts'

const MS = 1e6

/** Milliseconds that the scenario's connection lost, in all and within [from, to), which are milliseconds too. */
function lostMs(text: string, ...within: readonly (readonly [from: number, to: number])[]): number[] {
  const { tcp } = ingestScenario(parseScenario(text))
  return [tcp.lostNs(0), ...within.map(([from, to]) => tcp.lostWithin(0, from * MS, to * MS))].map((ns) => ns / MS)
}

describe('lost time', () => {
  it('of separate intervals adds up', () => {
    const text = `
      +10ms A>B A 1(100)   ack 1
      +10ms A>B A 1(100)   ack 1
      +5ms  B>A A 1(0)     ack 101
      +5ms  A>B A 101(100) ack 1
      +5ms  A>B A 101(100) ack 1
    `
    // From 10 to 20 and from 30 to 35, as lines say how much later they are.
    expect(lostMs(text, [0, 50], [12, 18], [15, 33], [20, 30], [33, 33])).toEqual([15, 15, 6, 8, 0, 0])
  })

  it('of overlapping and adjacent intervals counts once', () => {
    const overlapping = `
      +10ms A>B A 1(100) ack 1
      +5ms  B>A A 1(100) ack 1
      +5ms  A>B A 1(100) ack 1
      +10ms B>A A 1(100) ack 1
    `
    expect(lostMs(overlapping, [0, 50], [18, 25])).toEqual([20, 20, 7])
    const adjacent = `
      +10ms A>B A 1(100) ack 1
      +10ms A>B A 1(100) ack 1
      +0    B>A A 1(100) ack 1
      +10ms B>A A 1(100) ack 1
    `
    expect(lostMs(adjacent, [0, 50], [18, 25])).toEqual([20, 20, 7])
  })

  it('counts the gaps of an interval that spans earlier ones', () => {
    // B's from 10 to 20, 30 to 40 and 50 to 60, then A's from 15 to 70.
    const text = `
      +10ms B>A A 1(100)   ack 1
      +5ms  A>B A 1(100)   ack 1
      +5ms  B>A A 1(100)   ack 1
      +1ms  A>B A 101(0)   ack 101
      +9ms  B>A A 101(100) ack 1
      +10ms B>A A 101(100) ack 1
      +1ms  A>B A 101(0)   ack 201
      +9ms  B>A A 201(100) ack 1
      +10ms B>A A 201(100) ack 1
    `
    expect(lostMs(text, [15, 55])).toEqual([30, 20])
    expect(lostMs(`${text} +10ms A>B A 1(100) ack 201`, [15, 55], [0, 100])).toEqual([60, 40, 60])
  })

  it('is none where the clock was set back', () => {
    expect(lostMs('+20ms A>B A 1(100) ack 1\n -10ms A>B A 1(100) ack 1', [0, 50])).toEqual([0, 0])
    const text = `
      +100ms A>B A 1(100)   ack 1
      +100ms A>B A 1(100)   ack 1
      -190ms B>A A 1(0)     ack 101
      +0     A>B A 101(100) ack 1
      +10ms  A>B A 101(100) ack 1
    `
    expect(lostMs(text, [0, 50], [0, 300])).toEqual([100, 0, 100])
  })

  it('of many connections is kept apart', () => {
    const capture = new TestCapture()
    const add = (connection: number, fromA: boolean, ms: number, sent: number, payloadLength: number) => {
      const numbers = fromA ? { seq: sent, ack: 1 } : { seq: 1, ack: sent }
      const portA = 1000 + connection
      const segment = {
        fromA,
        portA,
        flags: FLAG.ack,
        ...numbers,
        window: 1000,
        payloadLength,
        options: [],
      }
      const { bytes, length } = tcpFrame(segment)
      capture.add(BigInt(ms) * BigInt(MS), bytes, { length })
    }
    for (let round = 0; round < 1000; round++) {
      for (const connection of [0, 1, 2]) {
        const time = round * 10
        // Those of number 1 are apart, the others touch one another.
        const wait = connection === 1 ? 5 : 10
        add(connection, true, time, 1 + round * 100, 100)
        add(connection, true, time + wait, 1 + round * 100, 100)
        add(connection, false, time + wait, 101 + round * 100, 0)
      }
    }
    const lost = [0, 1, 2].map((id) => [capture.tcp.lostNs(id), capture.tcp.lostWithin(id, 8 * MS, 2018 * MS)])
    expect(lost.map((both) => both.map((ns) => ns / MS))).toEqual([[10_000, 2010], [5000, 1005], [10_000, 2010]]) // prettier-ignore
  })
})
