import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { CapturePart } from '../common/model/capture.ts'
import { concat, NgBlocks, payload, pcap } from './capture-file/testing/build-capture.ts'
import { Engine, packetAnchor } from './engine.ts'
import { framesTable } from './frames-table.ts'

const SAMPLE = readFileSync(new URL('../resources/samples/loss-episode.pcapng', import.meta.url))

function read(bytes: Uint8Array, part?: CapturePart, chunk = 1000): Engine {
  const engine = new Engine(part && { part })
  for (let at = 0; at < bytes.length && !engine.ended; at += chunk) engine.push(bytes.subarray(at, at + chunk))
  engine.finish()
  return engine
}

/** Number, offset, time since the file's first frame, and interface of each packet. */
function frames({ packets }: Engine): readonly (readonly number[])[] {
  return Array.from({ length: packets.rows }, (_, row) => {
    const { offset, time, interface: of } = packets.chunk(row)
    return [packets.frame(row), offset[row], time[row], of[row]]
  })
}

// Ten frames, one each second; the sixth came too late.
const SECONDS = [0, 1, 2, 3, 4, 2.5, 6, 7, 8, 9]
const PCAP = pcap(
  SECONDS.map((s, i) => ({ seconds: 1000 + Math.floor(s), fraction: (s % 1) * 1e6, bytes: payload(60, i) })),
)

const little = new NgBlocks()
const big = new NgBlocks(true)
/** Two sections, the first with two interfaces of different clocks, and comments on frames 2 and 5. */
const SECTIONS = concat(
  little.section(),
  little.interface(),
  little.interface(1, 0, [[9, [9]]]),
  little.enhanced(0, 1_000_000_000n, payload(60, 1)),
  little.enhanced(1, 1_001_000_000_000n, payload(61, 2), [[1, 'second']]),
  little.enhanced(0, 1_002_000_000n, payload(62, 3)),
  big.section(),
  big.interface(),
  big.enhanced(0, 1_003_000_000n, payload(63, 4)),
  big.enhanced(0, 1_004_000_000n, payload(64, 5), [[1, 'fifth']]),
  big.simple(payload(40, 6)),
)

describe('a part of a capture', () => {
  it.each<[string, CapturePart, readonly number[]]>([
    ['frames', { firstFrame: 3, lastFrame: 5 }, [3, 4, 5]],
    ['frames to the end', { firstFrame: 9 }, [9, 10]],
    ['frames from the start', { firstFrame: 1, lastFrame: 2 }, [1, 2]],
    ['more frames than there are', { firstFrame: 10, lastFrame: 99 }, [10]],
    ['a time, from its first frame on', { from: { since: 6e9 }, to: { since: 8e9 } }, [7, 8]],
    ['a time in which frames are out of order', { from: { since: 3e9 }, to: { since: 7e9 } }, [4, 5, 6, 7]],
    ['until a time, up to the first frame beyond it', { to: { since: 3e9 } }, [1, 2, 3]],
    ['since 1970', { from: { at: '1007000000000' }, to: { at: '1008000000001' } }, [8, 9]],
  ])('is read with the numbers, times and offsets of the file: %s', (_, part, numbers) => {
    const whole = frames(read(PCAP))
    for (const bytes of [PCAP, gzipSync(PCAP)]) {
      const engine = read(bytes, part, 100)
      expect(frames(engine)).toEqual(whole.filter(([frame = 0]) => numbers.includes(frame)))
      expect(engine.facts()).toMatchObject({ complete: true, part: { before: (numbers[0] ?? 0) - 1 } })
      expect(engine.epoch).toBe(1_000_000_000_000n)
    }
  })

  it.each([1, 2, 3, 4, 5, 6])('begins at frame %i of a file of several sections', (firstFrame) => {
    const whole = read(SECTIONS)
    const engine = read(SECTIONS, { firstFrame }, 50)
    expect(frames(engine)).toEqual(frames(whole).slice(firstFrame - 1))
    expect(engine.interfaces).toEqual(whole.interfaces)
    const comments = (of: Engine) => [...of.packetComments].map(([row, texts]) => [of.packets.frame(row), texts])
    expect(comments(engine)).toEqual(comments(whole).filter(([frame]) => Number(frame) >= firstFrame))
  })

  it('has no comments of what lies in front of it or behind it', () => {
    expect(read(SECTIONS, { firstFrame: 3, lastFrame: 4 }).packetComments.size).toBe(0)
  })

  it('takes no more of the file than it needs', () => {
    expect(read(SAMPLE, { lastFrame: 10 }).bytesRead).toBeLessThan(SAMPLE.length / 10)
  })

  it('is empty where there is nothing, and says what was passed', () => {
    expect(read(PCAP, { firstFrame: 11 }).facts()).toMatchObject({
      packets: 0,
      part: { before: 10, latestBefore: 9e9 },
    })
    expect(read(PCAP, { from: { since: 4.5e9 }, to: { since: 5e9 } }).facts()).toMatchObject({
      packets: 0,
      part: { before: 6, latestBefore: 4e9 },
    })
  })

  it('is read up to the damage, or says that the damage is in front of it', () => {
    const cut = PCAP.subarray(0, PCAP.length - 30)
    expect(read(cut, { firstFrame: 8 }).facts()).toMatchObject({ packets: 2, damage: { reason: /packet 10/ } })
    expect(read(cut, { firstFrame: 10 }).facts()).toMatchObject({ packets: 0, part: { before: 9 }, damage: {} })
    // What is damaged behind it does not concern it.
    expect(read(cut, { lastFrame: 8 }).facts().damage).toBeUndefined()
  })

  it('ends at a limit as well', () => {
    const engine = new Engine({ part: { firstFrame: 3 }, limits: { packets: 4 } })
    engine.push(PCAP)
    engine.finish()
    expect(frames(engine).map(([frame]) => frame)).toEqual([3, 4, 5, 6])
    expect(engine.facts().unread).toMatchObject({ offset: frames(read(PCAP))[6]?.[1] })
  })

  it('names frames as the whole does in fields, filters and notes', async () => {
    const whole = read(SAMPLE)
    const engine = read(SAMPLE, { firstFrame: 501, lastFrame: 1500 })
    const lines = [...framesTable(engine)].join('').split('\n')
    expect(lines).toHaveLength(1002)
    expect(lines[1]).toMatch(/^501\t/)
    const bytes = (offset: number, length: number) => Promise.resolve(SAMPLE.subarray(offset, offset + length))
    expect(await engine.select({ filter: 'frame.number == 700' }, bytes)).toEqual(Uint32Array.of(199))
    const details = await engine.packetDetails(199, bytes)
    expect(details.tree[0]?.text).toBe((await whole.packetDetails(699, bytes)).tree[0]?.text)
    // Which segment a packet acknowledges does not hang on the part, as long as that is in it.
    const acks = { filter: 'tcp.analysis.acks_frame > 1000 && frame.number < 1500' }
    const inWhole = (await whole.select(acks, bytes)) ?? []
    expect(inWhole.length).toBeGreaterThan(100)
    const inPart = (await engine.select(acks, bytes)) ?? []
    expect(Array.from(inPart, (row) => engine.packets.frame(row))).toEqual(Array.from(inWhole, (row) => row + 1))

    const time = String((whole.epoch ?? 0n) + BigInt(whole.packets.time(699)))
    const note = {
      id: 'a',
      anchor: { kind: 'packet', frame: 700, time },
      text: 'here',
      createdAt: 0,
      editedAt: 0,
    } as const
    engine.notes.set([note])
    expect(engine.notes.own()[0]).toMatchObject({ row: 199, frame: 700 })
    // And the other way round: what is noted in the part is found in the whole, and not where it is not.
    const anchor = packetAnchor(engine, 250)
    if (!anchor) throw new Error('the part has no row 250')
    whole.notes.set([{ ...note, anchor }])
    expect(whole.notes.own()[0]).toMatchObject({ row: 750, frame: 751 })
    const elsewhere = read(SAMPLE, { firstFrame: 1000 })
    elsewhere.notes.set([{ ...note, anchor }])
    expect(elsewhere.notes.own()[0]).not.toHaveProperty('row')
  })
})
