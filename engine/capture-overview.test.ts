import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { CapturePart } from '../common/model/capture.ts'
import { concat, NgBlocks, payload, pcap } from './capture-file/testing/build-capture.ts'
import { CaptureOverview, Engine, type Overview, startBefore } from './engine.ts'

function overviewOf(bytes: Uint8Array, step = 1, chunk = 300): Overview {
  const maker = new CaptureOverview(step)
  for (let at = 0; at < bytes.length && !maker.ended; at += chunk) maker.push(bytes.subarray(at, at + chunk))
  maker.finish()
  return maker.overview()
}

/** Reads a part, from the place that the overview has for it or from the beginning of the file. */
function read(bytes: Uint8Array, part: CapturePart, overview?: Overview): Engine {
  const start = overview && startBefore(overview, part)
  const engine = new Engine({ part, ...(start && { start }) })
  for (let at = start?.offset ?? 0; at < bytes.length && !engine.ended; at += 100)
    engine.push(bytes.subarray(at, at + 100))
  engine.finish()
  return engine
}

function frames({ packets }: Engine): readonly (readonly number[])[] {
  return Array.from({ length: packets.rows }, (_, row) => {
    const { offset, time, interface: of } = packets.chunk(row)
    return [packets.frame(row), offset[row], time[row], of[row]]
  })
}

const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0)

/** 60 frames, ten a second, two of them earlier than the one before. */
const TIMES = Array.from({ length: 60 }, (_, i) => i / 10 - (i === 33 || i === 34 ? 1 : 0))
const PCAP = pcap(
  TIMES.map((time, i) => ({
    seconds: 1000 + Math.floor(time),
    fraction: Math.round((time % 1) * 1e6),
    bytes: payload(60 + (i % 7), i),
  })),
)

/** Sections of both byte orders, with clocks of different fineness, options and simple packets. */
function sections(): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let section = 0; section < 4; section++) {
    const ng = new NgBlocks(section % 2 === 1)
    pieces.push(ng.section(), ng.interface(1, 0, [[2, `eth${section}`]]), ng.interface(1, 0, [[9, [9]]]))
    if (section === 1) pieces.push(ng.names([[1, [10, 0, 0, 1], 'one.example']]))
    for (let i = 0; i < 12; i++) {
      const micros = BigInt(1_000_000_000 + section * 12_000 + i * 1000)
      const options = i % 5 === 0 ? ([[1, `comment ${section} ${i}`]] as const) : []
      if (i % 7 === 3) pieces.push(ng.simple(payload(40, i)))
      else pieces.push(ng.enhanced(i % 2, i % 2 === 1 ? micros * 1000n : micros, payload(50 + i, i), options))
    }
  }
  return concat(...pieces)
}

const SNOOP = (() => {
  const out = new NgBlocks(true).bytes().text('snoop').raw([0, 0, 0]).u32(2, 4)
  for (let i = 0; i < 40; i++) {
    out.u32(60, 60, 84, 0, 1000 + i, i).raw(payload(60, i))
  }
  return out.done()
})()

describe('an overview of a capture', () => {
  it('counts packets and bytes over time', () => {
    const overview = overviewOf(PCAP)
    expect(overview).toMatchObject({ frames: 60, latest: 5.9e9, compression: 'none', epoch: 1_000_000_000_000n })
    expect(sum(overview.packets)).toBe(60)
    expect(sum(overview.bytes)).toBe(sum(Float64Array.from(TIMES, (_, i) => 60 + (i % 7))))
    expect(overview.bucketNs * overview.packets.length).toBeGreaterThan(5.9e9)
    // Fine enough: at most twice as long as what it shows.
    expect(overview.bucketNs * overview.packets.length).toBeLessThan(2 * 5.9e9 + overview.bucketNs)
    const second = Math.floor(2e9 / overview.bucketNs)
    expect(overview.packets[second]).toBeGreaterThan(0)
  })

  it.each([
    ['pcap', PCAP],
    ['pcapng of several sections', sections()],
    ['snoop', SNOOP],
  ])('lets every part be read from the place next to it: %s', (_, bytes) => {
    const overview = overviewOf(bytes)
    expect(overview.starts.length).toBeGreaterThan(5)
    const { latest } = overview
    const whole = read(bytes, {})
    const parts: CapturePart[] = [
      ...Array.from({ length: overview.frames }, (_, i) => ({ firstFrame: i + 1, lastFrame: i + 10 })),
      ...[0, 0.3, 0.5, 0.55, 0.6, 0.9, 1].map((share) => ({ from: { since: Math.floor(latest * share) } })),
    ]
    let places = 0
    for (const part of parts) {
      const [fromStart, fromPlace] = [read(bytes, part), read(bytes, part, overview)]
      expect(frames(fromPlace)).toEqual(frames(fromStart))
      expect(fromPlace.epoch).toBe(fromStart.epoch)
      expect(fromPlace.facts().part).toEqual(fromStart.facts().part)
      expect([...fromPlace.packetComments]).toEqual([...fromStart.packetComments])
      // Behind the part one may have been read a little further than the other.
      const { length } = fromPlace.interfaces
      expect(fromPlace.interfaces).toEqual(whole.interfaces.slice(0, length))
      expect(Math.max(-1, ...frames(fromPlace).map(([, , , of = 0]) => of))).toBeLessThan(length)
      if (startBefore(overview, part)) places++
    }
    expect(places).toBeGreaterThan(parts.length / 2)
  })

  it('has places only behind which nothing of the part can be, also where frames are out of order', () => {
    const overview = overviewOf(PCAP)
    const start = startBefore(overview, { from: { since: 3e9 } })
    expect(start?.frames).toBeLessThanOrEqual(30)
    expect(start?.latest).toBeLessThan(3e9)
  })

  it('keeps few places of a long capture', () => {
    const long = pcap(Array.from({ length: 6000 }, (_, i) => ({ seconds: i, fraction: 0, bytes: payload(20, i) })))
    const { starts } = overviewOf(long, 1, 36)
    expect(starts.length).toBeGreaterThan(1000)
    expect(starts.length).toBeLessThan(4096)
    expect(read(long, { firstFrame: 5000, lastFrame: 5000 }, overviewOf(long, 1, 36)).packets.time(0)).toBe(4999e9)
  })

  it('has no places in a compressed one, whose parts are read from its beginning', () => {
    const overview = overviewOf(gzipSync(PCAP))
    expect(overview).toMatchObject({ frames: 60, compression: 'gzip', starts: [] })
    expect(startBefore(overview, { firstFrame: 50 })).toBeUndefined()
  })

  it('goes up to the damage, and names it', () => {
    const overview = overviewOf(PCAP.subarray(0, PCAP.length - 10))
    expect(overview).toMatchObject({ frames: 59, damage: { reason: expect.stringContaining('packet 60') } })
    expect(overviewOf(Uint8Array.of(1, 2, 3, 4, 5))).toMatchObject({ frames: 0, damage: {} })
  })
})
