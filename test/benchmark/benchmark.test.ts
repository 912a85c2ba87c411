import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../engine/engine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { CAPTURES, ensureCapture } from './captures.ts'
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
