import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { CAPTURES, ensureCapture, scaled } from './captures.ts'
import { resultOf } from './contestants.ts'
import { linearityPlot } from './linearity-plot.ts'
import { measure } from './measure.ts'

describe('the benchmark', () => {
  it.each(CAPTURES)('makes the same capture each time, of traffic with trouble in it: $name', (capture) => {
    const small = {
      ...capture,
      traffic: { ...capture.traffic, connections: Math.min(2000, capture.traffic.connections) },
    }
    const first = ensureCapture(temporaryFolder(), small, 20_000)
    const bytes = readFileSync(first.file)
    expect(readFileSync(ensureCapture(temporaryFolder(), small, 20_000).file).equals(bytes)).toBe(true)
    expect(bytes.length).toBe(first.bytes)

    const engine = new Engine()
    engine.push(bytes)
    engine.finish()
    const { packets, damage, labels } = engine.facts()
    expect(damage).toBeUndefined()
    expect(packets).toBe(first.packets)
    expect(packets).toBeGreaterThan(18_000)
    expect(engine.conversations.count).toBe(first.conversations)
    expect(labels.retransmission).toBeGreaterThan(10)
    // Losses happen to a few: most of the traffic is healthy.
    expect(labels.retransmission).toBeLessThan(packets * 0.02)
  })

  it.each([
    [20_000, 10],
    [20_000, 200],
    [20_000, 2500],
  ])('makes a capture of about %i packets in %i conversations', (packets, conversations) => {
    const made = ensureCapture(temporaryFolder(), scaled(packets, conversations))
    expect(made.conversations).toBe(conversations)
    expect(made.packets).toBeGreaterThan(packets * 0.4)
    expect(made.packets).toBeLessThan(packets * 2.5)
  })

  it('draws what costs in proportion as straight lines', () => {
    const points = [1000, 10_000, 100_000].map((n) => ({ packets: n, conversations: n / 100, cpuSeconds: n / 1e5 }))
    const plot = linearityPlot({ byPackets: points, byConversations: points })
    const [line] = plot.match(/(?<=<path d=")M[^"]*(?=" fill="none")/g) ?? []
    const [a, b, c] = (line ?? '')
      .slice(1)
      .split('L')
      .map((place) => place.split(' ').map(Number))
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 0)
    expect(b[1] - a[1]).toBeCloseTo(c[1] - b[1], 0)
    expect(b[1]).toBeLessThan(a[1])
    expect(plot.match(/<circle/g)).toHaveLength(6)
  })

  it('compares with both of ours, and judges by bars that count for the capture', () => {
    const used = (cpuSeconds: number) => ({ cpuSeconds, wallSeconds: 1 })
    const ours = { expert: used(2), analyze: used(4) }
    const slow = resultOf({ name: 'slow', bar: 50 }, used(120), ours, { snapLength: 96 })
    expect(slow).toMatchObject({ contestant: 'slow', cpuSeconds: 120, ratio: { expert: 60, analyze: 30 } })
    expect(slow.bar).toEqual({ times: 50, held: { expert: true, analyze: false } })
    const quick = { name: 'quick', bar: 1 / 4, headersOnly: true }
    expect(resultOf(quick, used(0.5), ours, { snapLength: 96 }).bar?.held).toEqual({ expert: true, analyze: false })
    expect(resultOf(quick, used(0.5), ours, { snapLength: 65_535 })).not.toHaveProperty('bar')
    expect(resultOf({ name: 'cat' }, used(0.1), ours, { snapLength: 96 })).not.toHaveProperty('bar')
  })

  it('measures what the program used', async () => {
    const busy = 'Buffer.alloc(1e8, 1); while (process.cpuUsage().user < 4e5) "x".repeat(1e6).split("")'
    const measured = await measure(process.execPath, ['-e', busy])
    expect(measured.cpuSeconds).toBeGreaterThan(0.3)
    expect(measured.wallSeconds).toBeGreaterThan(0.2)
    // Seconds, not milliseconds.
    expect(measured.cpuSeconds).toBeLessThan(30)
    if (process.platform === 'linux') expect(measured.peakBytes).toBeGreaterThan(1e8)
  })

  it('says which program failed, and what it said', async () => {
    const complaint = measure(process.execPath, ['-e', 'console.error("no such thing"); process.exit(3)'])
    await expect(complaint).rejects.toThrow(/ended with 3: no such thing/)
  })
})
