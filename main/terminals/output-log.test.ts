import { describe, expect, it, vi } from 'vitest'
import type { TerminalOutput } from '../../common/model/terminal.ts'
import { OutputLog } from './output-log.ts'

const KB = 1024

/** Numbered bytes, so that a hole or a repetition shows. */
function piece(at: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (at + i) % 251)
}

async function readAll(stream: ReadableStream<TerminalOutput>): Promise<{ from: number; bytes: Uint8Array }> {
  const parts: Uint8Array[] = []
  let from = -1
  let next = -1
  for await (const { at, bytes } of stream) {
    if (from < 0) from = next = at
    expect(at).toBe(next)
    next = at + bytes.length
    parts.push(bytes)
  }
  return { from, bytes: Buffer.concat(parts) }
}

describe("a terminal's output", () => {
  it('reaches every reader whole, whatever the pieces', async () => {
    const log = new OutputLog()
    const both = Promise.all([readAll(log.read(0)), readAll(log.read(0))])
    let at = 0
    for (const length of [1, 70 * KB, 3, 200 * KB, 100 * KB, 5]) {
      await log.write(piece(at, length))
      at += length
    }
    log.close()
    for (const { from, bytes } of await both) {
      expect(from).toBe(0)
      expect(Buffer.compare(bytes, piece(0, at))).toBe(0)
    }
  })

  it('holds up the writer while a reader is far behind, and lets it go when the reader has caught up or left', async () => {
    const log = new OutputLog()
    const reader = log.read(0).getReader()
    let held = log.write(piece(0, 600 * KB))
    expect(held).toBeInstanceOf(Promise)
    await reader.read()
    await held
    held = log.write(piece(0, 600 * KB))
    expect(held).toBeInstanceOf(Promise)
    await reader.cancel()
    await held
  })

  it('holds up nobody while nobody reads, and shows the end of it to those who come later', async () => {
    const log = new OutputLog()
    for (let i = 0; i < 100; i++) expect(log.write(piece(i * 64 * KB, 64 * KB))).toBeUndefined()
    log.close()
    const { from, bytes } = await readAll(log.read(0))
    expect(from + bytes.length).toBe(100 * 64 * KB)
    expect(bytes.length).toBeGreaterThanOrEqual(1024 * KB)
    expect(bytes.length).toBeLessThan(1200 * KB)
    expect(Buffer.compare(bytes, piece(from, bytes.length))).toBe(0)
  })

  it('goes on from a place in the middle of a piece', async () => {
    const log = new OutputLog()
    void log.write(piece(0, 1000))
    log.close()
    const { from, bytes } = await readAll(log.read(400))
    expect(from).toBe(400)
    expect(Buffer.compare(bytes, piece(400, 600))).toBe(0)
  })

  it('gives the first of it at once, and puts together what follows in a flood', async () => {
    const log = new OutputLog()
    const reader = log.read(0).getReader()
    void log.write(piece(0, 1))
    const first = await reader.read()
    expect(first.value?.bytes).toHaveLength(1)
    // As a pseudo-terminal gives it: 4 kB at a time.
    const flood = (async () => {
      for (let at = 1; at < 512 * KB; at += 4 * KB) await log.write(piece(at, 4 * KB))
      log.close()
    })()
    let pieces = 0
    let bytes = 0
    for (let next = await reader.read(); next.value; next = await reader.read()) {
      pieces++
      bytes += next.value.bytes.length
    }
    await flood
    expect(bytes).toBe(512 * KB)
    expect(pieces).toBeLessThan(32)
  })

  it('comes in smaller pieces to a reader that takes long for each, so that little is on its way, and in large ones to a quick one', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const log = new OutputLog()
      const reader = log.read(0).getReader()
      for (let at = 0; at < 4096 * KB; at += 4 * KB) void log.write(piece(at, 4 * KB), 0)
      const next = async (afterMs: number) => {
        vi.advanceTimersByTime(afterMs)
        const { value } = await reader.read()
        return (value?.bytes.length ?? 0) / KB
      }
      const slow = [await next(0), await next(100), await next(100), await next(100), await next(100), await next(100)]
      expect(slow).toEqual([256, 128, 64, 32, 32, 32])
      expect([await next(20), await next(1), await next(1), await next(1), await next(1)]).toEqual([
        32, 64, 128, 256, 256,
      ])
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps when something came, to a tenth of a second, also for those who come later', async () => {
    const log = new OutputLog()
    for (const time of [1000, 1050, 1100, 1101, 5000]) void log.write(piece(0, 10), time)
    log.close()
    const told: { time: number; size: number }[] = []
    for await (const { time, bytes } of log.read(0)) told.push({ time, size: bytes.length })
    expect(told).toEqual([
      { time: 1000, size: 30 },
      { time: 1101, size: 10 },
      { time: 5000, size: 10 },
    ])
  })
})
