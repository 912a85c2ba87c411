import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hex, SYN } from './decode/frames.fixture.ts'
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

/** With a kernel that has no more memory than so many pages of 64 KiB. */
function engineOf(pages: number): Engine {
  const { Memory, Module, Instance, RuntimeError } = WebAssembly
  vi.stubGlobal('WebAssembly', {
    ...{ Module, Instance, RuntimeError },
    Memory: function () {
      return new Memory({ initial: 2, maximum: pages, shared: true })
    },
  })
  const engine = new Engine()
  vi.unstubAllGlobals()
  return engine
}

/** A pcap file of the frame, so many times. */
function pcap(frame: Uint8Array, times: number, change?: (frame: DataView, n: number) => void): Uint8Array {
  const record = 16 + frame.length
  const file = new Uint8Array(24 + times * record)
  const view = new DataView(file.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 65_535, true)
  view.setUint32(20, 1, true)
  for (let n = 0; n < times; n++) {
    const at = 24 + n * record
    view.setUint32(at + 4, n, true)
    view.setUint32(at + 8, frame.length, true)
    view.setUint32(at + 12, frame.length, true)
    file.set(frame, at + 16)
    change?.(new DataView(file.buffer, at + 16, frame.length), n)
  }
  return file
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
    // Enough for the first 65,536 packets.
    const engine = engineOf(168)
    engine.push(pcap(new Uint8Array(14), 70_000))
    expect(engine.ended).toBe(true)
    engine.finish()
    expect(engine.packets.rows).toBe(65_536)
    expect(engine.facts().unread).toEqual({ offset: 24 + 65_536 * 30, reason: 'there is no memory for more' })
  })

  // Each frame is a connection, and comes twice: memory ends at any of the tables.
  const TIMESTAMP = 62
  it.each([
    // The second time with a verdict, ...
    ['SYN', 0x02, (rows: number) => Math.floor(rows / 2)],
    // ... or each noted as trouble of its connection.
    ['RST', 0x04, () => 0],
  ])('keeps nothing of the packet that it ended in, a %s', (_, flags, verdictsOf) => {
    const frame = hex(SYN)
    frame[47] = flags
    const frames = pcap(frame, 40_000, (view, n) => {
      view.setUint16(34, n >>> 1)
      view.setUint16(18, n)
      view.setUint32(TIMESTAMP, n)
    })
    for (let pages = 110; pages < 130; pages++) {
      const engine = engineOf(pages)
      for (let at = 0; at < frames.length; at += 90_000) engine.push(frames.subarray(at, at + 90_000))
      engine.finish()
      const { conversations, packets, tcp, verdicts } = engine
      const { rows } = packets
      expect(engine.facts()).toMatchObject({
        unread: { reason: 'there is no memory for more' },
        packets: rows,
        wireBytes: rows * frame.length,
        lastTime: Math.max(0, rows - 1) * 1000,
      })
      expect(conversations.count).toBe(Math.ceil(rows / 2))
      expect(verdicts.count).toBe(verdictsOf(rows))
      expect(tcp.troubled().at(-1) ?? -1).toBeLessThan(conversations.count)
    }
  })

  it('knows of no request whose packet is not there', () => {
    // Each frame is a connection with a request, and labelled: memory also ends while its labels are counted, or the request is.
    const header =
      '020000000001020000000002 0800 4500004300000000400600000a0000010a000002 00010050 0000000100000001 5018000000000000'
    const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const frames = pcap(Buffer.concat([hex(header), request]), 40_000, (view, n) => {
      view.setUint16(28, n)
    })
    for (let pages = 110; pages < 122; pages++) {
      const engine = engineOf(pages)
      for (let at = 0; at < frames.length; at += 90_000) engine.push(frames.subarray(at, at + 90_000))
      engine.finish()
      const { packets, exchanges } = engine
      expect(engine.facts().unread?.reason).toBe('there is no memory for more')
      expect(exchanges.count, `${pages} pages`).toBe(packets.rows)
      expect(exchanges.requestRow[exchanges.count - 1] ?? -1).toBe(packets.rows - 1)
    }
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
