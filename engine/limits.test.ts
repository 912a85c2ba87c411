import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Engine, type Limits } from './engine.ts'
import { framesTable } from './frames-table.ts'

const CAPTURE = readFileSync(new URL('../resources/samples/loss-episode.pcapng', import.meta.url))
const PACKETS = 2162

function read(bytes: Uint8Array, limits: Limits = {}, chunk = 5000): Engine {
  const engine = new Engine({ limits })
  for (let at = 0; at < bytes.length && !engine.ended; at += chunk) engine.push(bytes.subarray(at, at + chunk))
  engine.finish()
  return engine
}

const lines = (engine: Engine) => [...framesTable(engine)].join('').split('\n')

describe('a capture with more than the limits', () => {
  const whole = read(CAPTURE)

  it('is read up to the limit of packets; these are as in the whole', () => {
    const engine = read(CAPTURE, { packets: 500 })
    const { packets, complete, unread, damage } = engine.facts()
    expect({ packets, complete, damage }).toEqual({ packets: 500, complete: true, damage: undefined })
    const next = whole.packets.chunk(500)
    expect(unread).toEqual({ offset: next.offset[500], reason: expect.stringMatching(/^500 packets are the most/) })
    // What names later frames (acked by, for one) may differ; addresses, sequence numbers and labels of a frame do not.
    expect(lines(engine).slice(0, 400)).toEqual(lines(whole).slice(0, 400))
  })

  it('takes no more of the file than it needs', () => {
    expect(read(CAPTURE, { packets: 10 }).bytesRead).toBeLessThan(CAPTURE.length / 2)
  })

  it('has nothing left out when it is exactly as long', () => {
    expect(read(CAPTURE, { packets: PACKETS }).facts().unread).toBeUndefined()
    expect(read(CAPTURE, { packets: PACKETS - 1 }).facts()).toMatchObject({ packets: PACKETS - 1, unread: {} })
  })

  it('ends where the conversations are too many', () => {
    const most = whole.conversationCount - 1
    const engine = read(CAPTURE, { conversations: most })
    expect(engine.conversationCount).toBe(most)
    expect(engine.facts().unread?.reason).toMatch(new RegExp(`^${most} conversations are the most`))
    expect(engine.facts().packets).toBeLessThan(PACKETS)
  })

  it('ends likewise in one piece, and compressed', () => {
    for (const [bytes, chunk] of [
      [CAPTURE, CAPTURE.length],
      [gzipSync(CAPTURE), 100],
    ] as const) {
      const { packets, damage, unread } = read(bytes, { packets: 500 }, chunk).facts()
      expect({ packets, damage, unread: unread !== undefined }).toEqual({
        packets: 500,
        damage: undefined,
        unread: true,
      })
    }
  })

  it('says nothing of damage behind the limit', () => {
    const cut = CAPTURE.subarray(0, CAPTURE.length - 7)
    expect(read(cut).damaged).toBe(true)
    expect(read(cut, { packets: 500 }, cut.length).facts().damage).toBeUndefined()
  })
})

describe('a capture for which memory runs out', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('keeps what was read, and can be asked', () => {
    const engine = new Engine()
    engine.push(CAPTURE.subarray(0, 50_000))
    const before = engine.packets.rows
    // As V8 says it, at the next table that must grow.
    const refuse = function () {
      throw new RangeError('Array buffer allocation failed')
    }
    vi.stubGlobal('Uint32Array', refuse)
    vi.stubGlobal('Int32Array', refuse)
    vi.stubGlobal('Float64Array', refuse)
    engine.push(CAPTURE.subarray(50_000))
    vi.unstubAllGlobals()
    engine.finish()
    const { packets, unread } = engine.facts()
    expect(unread?.reason).toBe('there is no memory for more')
    expect(packets).toBeGreaterThanOrEqual(before)
    expect(packets).toBeLessThan(PACKETS)
    expect(lines(engine).length).toBeGreaterThan(packets)
    expect(engine.conversationOrder('harmMs', true).length).toBe(engine.conversationCount)
  })

  it('ends where the kernel has no memory for more', () => {
    const { Memory, Module, Instance, RuntimeError } = WebAssembly
    vi.stubGlobal('WebAssembly', {
      ...{ Module, Instance, RuntimeError },
      Memory: function () {
        // Enough for the first 65,536 packets.
        return new Memory({ initial: 2, maximum: 160, shared: true })
      },
    })
    const engine = new Engine()
    vi.unstubAllGlobals()
    const frames = new Uint8Array(24 + 70_000 * 30)
    const view = new DataView(frames.buffer)
    view.setUint32(0, 0xa1b2c3d4, true)
    view.setUint16(4, 2, true)
    view.setUint16(6, 4, true)
    view.setUint32(16, 65_535, true)
    view.setUint32(20, 1, true)
    for (let at = 24; at < frames.length; at += 30) {
      view.setUint32(at + 8, 14, true)
      view.setUint32(at + 12, 14, true)
    }
    engine.push(frames)
    expect(engine.ended).toBe(true)
    engine.finish()
    expect(engine.packets.rows).toBe(65_536)
    expect(engine.facts().unread).toEqual({ offset: 24 + 65_536 * 30, reason: 'there is no memory for more' })
  })

  it('does not take another error for it', () => {
    const engine = new Engine()
    vi.stubGlobal('DataView', function () {
      throw new RangeError('Maximum call stack size exceeded')
    })
    expect(() => {
      engine.push(CAPTURE)
    }).toThrow('Maximum call stack')
  })
})
