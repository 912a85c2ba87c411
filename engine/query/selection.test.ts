import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CapturePiece } from '../../common/model/capture-pieces.ts'
import type { Needle } from '../../common/model/needle.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { parseScenario } from '../../test/support/tcp-scenario.ts'
import { compileFilter } from './filter/display-filter.ts'
import { fieldCatalog } from './filter/field-catalog.ts'
import { FilterError } from './filter/filter-syntax.ts'
import { Cancelled, PacketSelector } from './selection.ts'
import { displayFilter } from './testing/filters.ts'
import { concat, ethernet, ipv4, tcp, udp } from './testing/frames.ts'
import { MIXED_FRAMES, mixedCapture } from './testing/mixed-capture.ts'
import { TestCapture } from './testing/test-capture.ts'

const catalog = fieldCatalog()
const mixed = mixedCapture()

function naively(capture: TestCapture, filter: string): number[] {
  const compiled = compileFilter(filter, catalog, capture)
  return capture.frames.flatMap(({ bytes }, row) =>
    !compiled || compiled.matches(row, bytes, 0, bytes.length) ? [row] : [],
  )
}

/** Frames of two conversations by turns, one millisecond apart. */
function longCapture(count: number): TestCapture {
  const capture = new TestCapture()
  extend(capture, count)
  return capture
}

function extend(capture: TestCapture, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = capture.packets.rows
    const frame = row % 2 === 0 ? LONG_UDP : LONG_TCP
    capture.add(1_000_000_000_000n + BigInt(row) * 1_000_000n, frame)
  }
}
const LONG_UDP = ethernet(
  0x800,
  ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, udp(5000, 53, [1, 2])),
)
const LONG_TCP = ethernet(
  0x800,
  ipv4(
    { source: '10.0.0.3', destination: '10.0.0.4', protocol: 6, ttl: 9 },
    tcp({ source: 7, destination: 80, seq: 1, flags: 0x10 }),
  ),
)

describe('selecting packets', { timeout: 60_000 }, () => {
  it('finds exactly what reading every packet finds', async () => {
    const selector = new PacketSelector(mixed)
    await fc.assert(
      fc.asyncProperty(displayFilter, async (filter) => {
        const rows = await selector.select({ filter }, mixed.read)
        expect([filter, ...(rows ?? [])]).toEqual([filter, ...naively(mixed, filter)])
      }),
      { numRuns: 1500 },
    )
  })

  it('goes on where it was when the capture has grown', async () => {
    await fc.assert(
      fc.asyncProperty(displayFilter, fc.array(fc.nat({ max: 8 }), { maxLength: 8 }), async (filter, steps) => {
        const capture = new TestCapture()
        const selector = new PacketSelector(capture)
        for (const step of [...steps, MIXED_FRAMES.length]) {
          const from = capture.packets.rows
          for (const [time, bytes, options] of MIXED_FRAMES.slice(from, from + step)) capture.add(time, bytes, options)
          const rows = await selector.select({ filter }, capture.read)
          expect([filter, ...(rows ?? [])]).toEqual([filter, ...naively(capture, filter)])
        }
      }),
      { numRuns: 150 },
    )
  })

  it('finds the same from the first bytes of packets, where what is between them is spared', async () => {
    // The same frames, also cut by a snap length and with more payload behind them, far apart.
    const spread = new TestCapture()
    const behind = new Uint8Array(3000).fill(0x47)
    for (const [time, bytes, options] of MIXED_FRAMES) {
      spread.add(time, bytes, { ...options, gap: 20_000 })
      const cut = bytes.subarray(0, bytes.length >> 1)
      spread.add(time + 1n, cut, { ...options, length: bytes.length, gap: 20_000 })
      spread.add(time + 2n, concat(bytes, behind), { ...options, gap: 20_000 })
    }
    let pieces = 0
    const read = Object.assign(spread.read.bind(undefined), {
      pieces: (all: readonly CapturePiece[]) => {
        pieces++
        return spread.readPieces.pieces?.(all)
      },
    })
    const selector = new PacketSelector(spread)
    await fc.assert(
      fc.asyncProperty(displayFilter, async (filter) => {
        const rows = await selector.select({ filter }, read)
        expect([filter, ...(rows ?? [])]).toEqual([filter, ...naively(spread, filter)])
      }),
      { numRuns: 1000 },
    )
    expect(pieces).toBeGreaterThan(100)
  })

  it('finds the same where somebody else searches the capture, as far as they do', async () => {
    const spread = new TestCapture()
    for (const [time, bytes, options] of MIXED_FRAMES) spread.add(time, bytes, { ...options, gap: 10_000 })
    for (const [time, bytes, options] of MIXED_FRAMES) spread.add(time, bytes, options)
    const all = await spread.read(0, Infinity)
    let searches = 0
    let share: number | 'fails' = 1
    const read = Object.assign(spread.read.bind(undefined), {
      search: async (needles: readonly Needle[], from: number, to: number) => {
        searches++
        if (share === 'fails') throw new Error('too much to look for')
        const end = from + Math.floor((to - from) * share)
        const places = needles.flatMap((needle) => {
          const found: number[] = []
          for (let at = needle.indexIn(all, from); at >= 0 && at < end; at = needle.indexIn(all, at + 1)) found.push(at)
          return found
        })
        return { places: Float64Array.from(places.toSorted((a, b) => a - b)), to: end }
      },
    })
    await fc.assert(
      fc.asyncProperty(displayFilter, fc.constantFrom(0, 0.4, 0.9, 1, 'fails' as const), async (filter, part) => {
        share = part
        const rows = await new PacketSelector(spread).select({ filter }, read)
        expect([filter, ...(rows ?? [])]).toEqual([filter, ...naively(spread, filter)])
      }),
      { numRuns: 1000 },
    )
    expect(searches).toBeGreaterThan(20)
  })

  it('reads only the packets that hold what is sought, and searches no further where most do', async () => {
    const capture = new TestCapture()
    const payloads = ['a needle', 'hay']
    for (let n = 0; n < CHUNK_ROWS * 2; n++) {
      const text = payloads[n < CHUNK_ROWS ? Math.sign(n % 1000) : 0]
      const data = udp(
        5000,
        53,
        Array.from(text, (letter) => letter.charCodeAt(0)),
      )
      capture.add(BigInt(n), ethernet(0x800, ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 }, data)))
    }
    const all = await capture.read(0, Infinity)
    const searched: number[] = []
    let bytes = 0
    const read = Object.assign(
      (offset: number, length: number) => {
        bytes += length
        return capture.read(offset, length)
      },
      {
        pieces: (pieces: readonly CapturePiece[]) => {
          for (const { length } of pieces) bytes += length
          return capture.readPieces.pieces?.(pieces)
        },
        search: async ([needle]: readonly Needle[], from: number, to: number) => {
          searched.push(from)
          const places: number[] = []
          for (let at = needle.indexIn(all, from); at >= 0 && at < to; at = needle.indexIn(all, at + 1)) places.push(at)
          return { places: Float64Array.from(places), to }
        },
      },
    )
    const selector = new PacketSelector(capture)
    expect(await selector.select({ filter: 'frame contains "needle" && frame.number <= 65536' }, read)).toHaveLength(66)
    expect(bytes).toBe(66 * capture.frames[0].bytes.length)
    searched.length = 0
    expect(await selector.select({ filter: 'frame contains "needle"' }, read)).toHaveLength(66 + CHUNK_ROWS)
    expect(searched).toHaveLength(2)
  })

  it('asks for no payload where only headers are looked at', async () => {
    const capture = new TestCapture()
    const segment = tcp({ source: 7, destination: 80, seq: 1, flags: 0x10 }, new Uint8Array(8900))
    const frame = ethernet(0x800, ipv4({ source: '10.0.0.3', destination: '10.0.0.4', protocol: 6, ttl: 9 }, segment))
    for (let n = 0; n < 300; n++) capture.add(1_000n + BigInt(n), frame)
    const asked: number[] = []
    const read = Object.assign(capture.read.bind(undefined), {
      pieces: (all: readonly CapturePiece[]) => {
        asked.push(all.reduce((sum, { length }) => sum + length, 0))
        return capture.readPieces.pieces?.(all)
      },
    })
    const selector = new PacketSelector(capture)
    expect(await selector.select({ filter: 'ip.ttl#1 == 9 && tcp && tcp.payload' }, read)).toHaveLength(300)
    expect(asked).toEqual([300 * (54 + 20)])
    for (const filter of [
      'tcp.payload contains 00:00',
      'tcp[20] == 0',
      '_ws.col.info contains "80"',
      'data',
      'ip contains 09:06',
    ])
      await selector.select({ filter }, read)
    expect(asked).toHaveLength(1)
  })

  it('reads no packets where a search of the capture was given up', async () => {
    const capture = new TestCapture()
    for (let n = 0; n < 200; n++) capture.add(1_000_000_000_000n + BigInt(n), LONG_TCP, { gap: 5000 })
    const signal = { aborted: false }
    let reads = 0
    const read = Object.assign(
      (offset: number, length: number) => {
        reads++
        return capture.read(offset, length)
      },
      {
        search: () => {
          signal.aborted = true
          return Promise.reject(new Error('aborted'))
        },
      },
    )
    const query = { filter: 'frame contains "nowhere"' }
    await expect(new PacketSelector(capture).select(query, read, { signal })).rejects.toThrow(Cancelled)
    expect(signal.aborted).toBe(true)
    expect(reads).toBe(0)
  })

  it('goes on when it is cancelled between requests for pieces, and with what has come meanwhile', async () => {
    const capture = new TestCapture()
    const add = (count: number) => {
      for (let n = 0; n < count; n++) {
        const row = capture.packets.rows
        capture.add(1_000_000_000_000n + BigInt(row), row % 3 === 0 ? LONG_UDP : LONG_TCP, { gap: 5000 })
      }
    }
    add(20_000)
    const signal = { aborted: false }
    const sizes: number[] = []
    const read = Object.assign(capture.read.bind(undefined), {
      pieces: (all: readonly CapturePiece[]) => {
        sizes.push(all.length)
        return capture.readPieces.pieces?.(all)
      },
    })
    const selector = new PacketSelector(capture)
    const query = { filter: 'ip.ttl#1 == 9' }
    let decided = 0
    const progress = (done: number) => {
      decided = done
      signal.aborted = true
    }
    await expect(selector.select(query, read, { signal, progress })).rejects.toThrow(Cancelled)
    expect(decided).toBe(sizes[0])
    // What was under way when it was cancelled, and no more.
    expect(sizes.length).toBeLessThan(4)
    add(5000)
    sizes.length = 0
    const rows = await selector.select(query, read)
    expect(rows).toEqual(Uint32Array.from({ length: 25_000 }, (_, row) => row).filter((row) => row % 3 !== 0))
    // All of the rest, but for a last few that are no more than a single read.
    const again = sizes.reduce((sum, size) => sum + size, 0)
    expect(again).toBeLessThanOrEqual(25_000 - decided)
    expect(again).toBeGreaterThan(25_000 - decided - 1000)
  })

  it('looks at new packets only, and reads none twice', async () => {
    const capture = longCapture(100)
    let bytesRead = 0
    const read = (offset: number, length: number) => {
      bytesRead += length
      return capture.read(offset, length)
    }
    const selector = new PacketSelector(capture)
    const before = await selector.select({ filter: 'ip.ttl#1 == 9' }, read)
    expect(before).toHaveLength(50)
    const first = bytesRead
    extend(capture, 10)
    expect(await selector.select({ filter: 'ip.ttl#1 == 9' }, read)).toHaveLength(55)
    expect(bytesRead - first).toBeLessThan(first / 5)
    // What was answered earlier has not changed.
    expect(before).toHaveLength(50)
  })

  it('reads only the packets that the columns leave open', async () => {
    const rows: number[] = []
    const read = (offset: number, length: number) => {
      rows.push(offset)
      return mixed.read(offset, length)
    }
    const selector = new PacketSelector(mixed)
    await selector.select({ filter: 'tcp.analysis.retransmission && tcp.payload contains "GET"' }, read)
    expect(rows).toEqual([mixed.packets.chunk(4).offset[4]])
    rows.length = 0
    await selector.select({ filter: 'tcp.port == 443 || tcp.analysis.flags' }, read)
    // The ICMP error that quotes a segment, and with it in one go the segment that was cut.
    expect(rows).toEqual([mixed.packets.chunk(21).offset[21]])
  })

  it('combines filter, time range and conversation', async () => {
    const selector = new PacketSelector(mixed)
    const select = async (query: Parameters<PacketSelector['select']>[0]) => [
      ...((await selector.select(query, mixed.read)) ?? []),
    ]
    expect(await select({ from: 250e6, to: 261e6 })).toEqual([4, 5, 6])
    expect(await select({ from: 250e6 })).toHaveLength(26)
    expect(await select({ to: 1 })).toEqual([0])
    expect(await select({ conversation: 1 })).toEqual([10, 11])
    expect(await select({ conversation: 0, from: 250e6, filter: 'tcp.flags.push == 1' })).toEqual([4, 6])
    expect(await select({ conversation: 999 })).toEqual([])
    expect(await select({ from: 100, to: 100 })).toEqual([])
  })

  it('answers "all" without a condition', async () => {
    expect(await new PacketSelector(mixed).select({}, mixed.read)).toBeUndefined()
    expect(await new PacketSelector(mixed).select({ filter: '  ' }, mixed.read)).toBeUndefined()
  })

  it('works across the chunks of a long capture, sharing its time', async () => {
    const capture = longCapture(CHUNK_ROWS * 2 + 100)
    const selector = new PacketSelector(capture)
    const progress: number[] = []
    let pauses = 0
    const work = {
      pause: () => Promise.resolve(void pauses++),
      progress: (done: number, total: number) => progress.push(done / total),
    }
    const rows = await selector.select({ filter: 'tcp and frame.number > 65000' }, capture.read, work)
    expect(rows).toHaveLength((CHUNK_ROWS * 2 + 100 - 65000) / 2)
    expect(rows?.every((row, i) => row === 65001 + 2 * i)).toBe(true)
    expect(pauses).toBeGreaterThanOrEqual(3)
    expect(progress.at(-1)).toBe(1)
    expect(await selector.select({ from: 70_000e6, to: 70_003e6 }, capture.read)).toEqual(
      Uint32Array.of(70_000, 70_001, 70_002),
    )
  })

  it('ends when it is cancelled, and goes on when asked again', async () => {
    const capture = longCapture(CHUNK_ROWS + 10)
    const selector = new PacketSelector(capture)
    const signal = { aborted: false }
    const pause = () => Promise.resolve()
    const progress = (): void => {
      signal.aborted = true
    }
    const query = { filter: 'udp' }
    await expect(selector.select(query, capture.read, { signal, pause, progress })).rejects.toThrow(Cancelled)
    expect(await selector.select(query, capture.read)).toHaveLength((CHUNK_ROWS + 10) / 2)
  })

  it('can be cancelled while it reads', async () => {
    const selector = new PacketSelector(mixed)
    const signal = { aborted: false }
    const read = (offset: number, length: number) => {
      signal.aborted = true
      return mixed.read(offset, length)
    }
    await expect(selector.select({ filter: 'ip.ttl#1 == 64' }, read, { signal })).rejects.toThrow(Cancelled)
    expect(await selector.select({ filter: 'ip.ttl#1 == 64' }, mixed.read)).toHaveLength(
      naively(mixed, 'ip.ttl#1 == 64').length,
    )
  })

  it('finds the same within a time and a conversation, whether the filter was asked for before or not', async () => {
    const conversation = fc.option(fc.nat(12), { nil: undefined })
    const time = fc.option(
      fc.integer({ min: 0, max: 3_000 }).map((ms) => ms * 1e6),
      { nil: undefined },
    )
    await fc.assert(
      fc.asyncProperty(displayFilter, time, time, conversation, async (filter, from, to, id) => {
        const query = {
          filter,
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          ...(id !== undefined && { conversation: id }),
        }
        const expected = await new PacketSelector(mixed).select(query, mixed.read)
        const selector = new PacketSelector(mixed)
        await selector.select({ filter }, mixed.read)
        const noReads = () => Promise.reject(new Error('read again'))
        expect(await selector.select(query, noReads)).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  it('has the rows of what was read so far, and reads none of it again', async () => {
    const capture = longCapture(200)
    const selector = new PacketSelector(capture)
    const query = { filter: 'ip.ttl#1 == 9' }
    expect(selector.foundSoFar(query)).toHaveLength(0)
    // Frames of a megabyte, so that each is read by itself.
    for (const chunk of capture.packets.chunks)
      chunk.offset.forEach((at, row) => (chunk.offset[row] = at + row * (1 << 20)))
    const signal = { aborted: false }
    let reads = 0
    const read = (offset: number, length: number) => {
      reads++
      return capture.read(offset - Math.floor(offset / (1 << 20)) * (1 << 20), length)
    }
    const decided: number[] = []
    const progress = (done: number): void => {
      decided.push(done)
      if (done === 100) signal.aborted = true
    }
    await expect(selector.select(query, read, { signal, progress })).rejects.toThrow(Cancelled)
    expect(decided).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(selector.foundSoFar(query)).toEqual(Uint32Array.from({ length: 50 }, (_, i) => 2 * i + 1))
    expect(selector.lookedSoFar(query)).toBe(100)
    reads = 0
    expect(await selector.select(query, read)).toEqual(Uint32Array.from({ length: 100 }, (_, i) => 2 * i + 1))
    expect(reads).toBe(100)
    expect(selector.foundSoFar(query)).toHaveLength(100)
  })

  it('asks again what packets to come may change', async () => {
    const capture = new TestCapture()
    const selector = new PacketSelector(capture)
    const query = { filter: 'hopscope.state == "syn-sent" and hopscope.lost >= 0' }
    const segment = (flags: number, seq: number, ack = 0, back = false) =>
      ethernet(
        0x800,
        ipv4(
          { source: back ? '10.0.0.2' : '10.0.0.1', destination: back ? '10.0.0.1' : '10.0.0.2', protocol: 6 },
          tcp({ source: back ? 80 : 7, destination: back ? 7 : 80, seq, ack, flags }),
        ),
      )
    capture.add(1_000_000_000n, segment(2, 5))
    expect(await selector.select(query, capture.read)).toEqual(Uint32Array.of(0))
    capture.add(1_000_000_001n, segment(0x12, 9, 6, true)).add(1_000_000_002n, segment(0x10, 6, 10))
    expect(await selector.select(query, capture.read)).toHaveLength(0)
  })

  it('asks again what repetitions are, as later ones tell that their sender sends no probes', async () => {
    const { packets } = parseScenario(`
      ids
      +0     A>B S  0(0)         <mss 1460, sackOK>
      +20ms  B>A SA 0(0)   ack 1 <mss 1460, sackOK>
      +0     A>B A  1(0)   ack 1
      +1ms   A>B PA 1(1000) ack 1
      +230ms A>B PA 1(1000) ack 1
      +20ms  B>A A  1(0) ack 1001
      +1ms   A>B PA 1001(1000) ack 1
      +20ms  B>A A  1(0) ack 2001
      +1ms   A>B A  2001(1000) ack 1
      +0     A>B PA 3001(1000) ack 1
      +230ms A>B A  2001(1000) ack 1`)
    const capture = new TestCapture()
    const add = (from: number, to: number) => {
      for (const { frame, time } of packets.slice(from, to)) {
        capture.add(1_000_000_000n + BigInt(Math.round(time)), frame.bytes, { length: frame.length })
      }
    }
    const selector = new PacketSelector(capture)
    const probes = { filter: 'hopscope.verdict == "tlp"' }
    add(0, 5)
    expect(await selector.select(probes, capture.read)).toEqual(Uint32Array.of(4))
    add(5, packets.length)
    expect(await selector.select(probes, capture.read)).toHaveLength(0)
  })

  it('says what is wrong with a filter, and passes on what reading throws', async () => {
    const selector = new PacketSelector(mixed)
    await expect(selector.select({ filter: 'tcp.prot' }, mixed.read)).rejects.toThrow(FilterError)
    const broken = () => Promise.reject(new Error('the file is gone'))
    await expect(selector.select({ filter: 'ip.ttl#1 == 64' }, broken)).rejects.toThrow('the file is gone')
    expect(await selector.select({ filter: 'ip.ttl#1 == 64' }, mixed.read)).toHaveLength(
      naively(mixed, 'ip.ttl#1 == 64').length,
    )
  })

  it('answers the same query asked twice at once', async () => {
    const selector = new PacketSelector(mixed)
    const ask = () => selector.select({ filter: 'ip.ttl#1 == 64' }, mixed.read)
    const [one, other] = await Promise.all([ask(), ask()])
    expect(one).toEqual(other)
    expect(one).toHaveLength(naively(mixed, 'ip.ttl#1 == 64').length)
  })
})

describe('finding the next match', { timeout: 60_000 }, () => {
  const capture = longCapture(10_000)
  const selector = new PacketSelector(capture)
  const find = (filter: string, row: number, backward = false) => selector.find({ filter }, row, backward, capture.read)

  it('goes forward and backward, not finding the row it starts from', async () => {
    expect(await find('tcp', -1)).toBe(1)
    expect(await find('tcp', 1)).toBe(3)
    expect(await find('tcp', 1, true)).toBeUndefined()
    expect(await find('tcp', 4, true)).toBe(3)
    expect(await find('tcp', 10_000, true)).toBe(9_999)
    expect(await find('frame.number == 9001', 17)).toBe(9_000)
    expect(await find('frame.number == 18', 9_999, true)).toBe(17)
    expect(await find('frame.number == 18', 17)).toBeUndefined()
    expect(await find('arp', -1)).toBeUndefined()
    expect(await find('ip.ttl#1 == 9', 2)).toBe(3)
  })

  it('is the neighbour in the selection', async () => {
    await fc.assert(
      fc.asyncProperty(displayFilter, fc.integer({ min: -1, max: 30 }), fc.boolean(), async (filter, row, backward) => {
        const rows = naively(mixed, filter)
        const expected = backward ? rows.findLast((one) => one < row) : rows.find((one) => one > row)
        const other = new PacketSelector(mixed)
        expect(await other.find({ filter }, row, backward, mixed.read)).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })
})
