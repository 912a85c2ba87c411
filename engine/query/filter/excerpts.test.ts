import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_EXCERPTS } from '../../../common/model/capture-excerpts.ts'
import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { Cancelled, PacketSelector } from '../selection.ts'
import type { ReadBytes } from '../frame-bytes.ts'
import { ethernet, ipv4, tcp } from '../testing/frames.ts'
import { MIXED_FRAMES } from '../testing/mixed-capture.ts'
import { TestCapture } from '../testing/test-capture.ts'
import { compileFilter } from './display-filter.ts'
import { fieldCatalog } from './field-catalog.ts'

const FILTERS = [
  ...['ip.id > 100', 'ip.len < 60', 'all ip.id != 4660', '!(ip.checksum == 0)', 'ip.id in {1..9, 4660}', 'ip.id & 4'],
  ...['ip.len - ip.hdr_len - tcp.hdr_len == tcp.len', 'ip.id > ip.len', 'ip.id == 4660 or frame contains "GE"'],
  ...['ipv6.flow > 0', 'ipv6.plen > 20', 'ip.len > 40 || ipv6.plen > 20', 'tcp.checksum > 0x100', 'ip.id#1 > 5'],
  ...['tcp.urgent_pointer', 'tcp.urgent_pointer == 0', 'udp.length > 8', 'udp.checksum == 0', '!(udp.length > 20)'],
  ...['tcp.options.timestamp.tsval == 9', 'tcp.options.timestamp.tsval != tcp.options.timestamp.tsecr'],
  ...[
    'tcp.payload[0:2] == 47:45',
    'tcp.payload[0:3] > 16:03:00',
    'tcp.payload[1] != 0x45',
    'udp.payload[2:2] == 01:00',
  ],
  ...['tcp.payload[0:2] in {16:03, 47:45}', 'tcp.payload[0:2] == 16:03:01', 'tcp.payload[-2:2] == 00:01'],
  ...[
    'tcp[13] & 2',
    'tcp[12:2] == 50:18',
    'udp[4:2] > 00:10',
    'tcp[18:4] > 0',
    'frame[12:2] == 08:00',
    'ip[8] == 0x40',
  ],
  ...['frame[0:2] == frame[6:2]', 'frame[60:6] > 0', 'tcp.payload[0:2] contains 03:01', 'tcp[0:2] + 1 > 80'],
]

/** Random filters on few fields: so one is answered with what was fetched for another. */
const CONDITION = fc
  .tuple(
    fc.constantFrom(
      'tcp.options.timestamp.tsval',
      'tcp.options.timestamp.tsecr',
      'tcp.checksum',
      'ip.len',
      'frame[14]',
      'tcp[13]',
    ),
    fc.constantFrom('==', '!=', '>', '<='),
    fc.constantFrom(0, 7, 9, 24, 45, 60, 69),
  )
  .map((parts) => parts.join(' '))
const REFINED = fc.array(
  fc.oneof(
    CONDITION,
    fc
      .tuple(
        CONDITION,
        fc.constantFrom('and', 'or', 'and not'),
        fc.oneof(CONDITION, fc.constantFrom('tcp', 'tcp.len > 0', 'frame.number > 40')),
      )
      .map((parts) => parts.join(' ')),
  ),
  { minLength: 10, maxLength: 10 },
)

const segment = (payload: string, options = '') =>
  ethernet(
    0x800,
    ipv4(
      { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6, id: 4660 },
      tcp(
        { source: 7, destination: 80, seq: 1, flags: 0x18, options: Buffer.from(options, 'hex') },
        Buffer.from(payload, 'latin1'),
      ),
    ),
  )
const TIMESTAMPS = '0101080a0000000900000007'
const FRAMES = [
  ...MIXED_FRAMES.map(([, bytes]) => bytes),
  ...['GET / HTTP/1.1\r\n\r\n', 'G', '\x16\x03\x01\x00\x05\x01', ''].map((payload) => segment(payload)),
  ...['GET / HTTP/1.1\r\n\r\n', '\x16', ''].map((payload) => segment(payload, TIMESTAMPS)),
  segment('GET', '020405b40101080a00000001'),
  segment('GET /', `${TIMESTAMPS}0101050a0000000900000017`),
  // As in SYNs of Linux, behind a SACK, twice, without one, and behind what is none.
  ...['020405b40402080a000000090000000001030307', '0101050a00000009000000170101080a0000000900000007'].map((options) =>
    segment('', options),
  ),
  ...[`${TIMESTAMPS}${TIMESTAMPS}`, '020405b4', '020405b40101080a0000000900000007', '0200080a0000000900000007'].map(
    (options) => segment('', options),
  ),
]
/** Fewer packets are read. */
const COPIES = 33

/** Serves excerpts, and tells how many; `cut`: the capture ends so many bytes sooner for them. */
function serving(capture: TestCapture, cut = 0) {
  const served = { excerpts: 0, reads: 0 }
  const end = capture.frames.reduce((sum, { bytes }) => sum + bytes.length, 0) - cut
  const read: ReadBytes = Object.assign(
    (offset: number, length: number) => {
      served.reads++
      return capture.read(offset, length)
    },
    {
      excerpts: async (length: number, places: Float64Array) => {
        const whole = Array.from(places).filter((place) => place + length <= end)
        served.excerpts += whole.length
        const parts = await Promise.all(whole.map((place) => capture.read(place, length)))
        return new Uint8Array(Buffer.concat(parts))
      },
    },
  )
  return { read, served }
}

const rowsOf = async (capture: TestCapture, filter: string, read: ReadBytes) => [
  filter,
  ...((await new PacketSelector(capture).select({ filter }, read)) ?? []),
]

describe('excerpts of packets', { timeout: 120_000 }, () => {
  it('say what decoding every packet says, whatever is in the headers', async () => {
    const changed = fc.tuple(
      fc.constantFrom(...FRAMES),
      fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 2 }),
      fc.option(fc.nat(80), { freq: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(changed, { minLength: 1, maxLength: 6 }),
        fc.nat(90),
        REFINED,
        async (frames, cut, refined) => {
          const capture = new TestCapture()
          for (let n = 0; n < COPIES; n++) {
            for (const [frame, changes, end] of frames) {
              const bytes = Uint8Array.from(frame)
              for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
              capture.add(1_000n, bytes.subarray(0, end ?? bytes.length), { length: bytes.length })
            }
          }
          const { read } = serving(capture, cut)
          const selector = new PacketSelector(capture)
          for (const filter of [...FILTERS, ...refined]) {
            const compiled = compileFilter(filter, fieldCatalog(), capture)
            const expected = capture.frames.flatMap(({ bytes }, row) =>
              compiled?.matches(row, bytes, 0, bytes.length) ? [row] : [],
            )
            expect(await rowsOf(capture, filter, read)).toEqual([filter, ...expected])
            expect(Array.from((await selector.select({ filter }, read)) ?? [])).toEqual(expected)
            expect(await rowsOf(capture, filter, capture.read)).toEqual([filter, ...expected])
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('take the place of packets, and are asked for of those only that other conditions leave', async () => {
    const capture = new TestCapture()
    for (let n = 0; n < 200; n++)
      capture.add(
        BigInt(n),
        n % 2 === 1 ? segment('', TIMESTAMPS) : segment('GET /', ['', TIMESTAMPS, '01010101'][n % 3]),
      )
    const { read, served } = serving(capture)
    expect(await rowsOf(capture, 'tcp.len > 0 and tcp.payload[0:2] == 47:45', read)).toHaveLength(101)
    expect(served).toEqual({ excerpts: 100, reads: 0 })
    expect(await rowsOf(capture, 'tcp.payload[0:2] == 16:03', read)).toHaveLength(1)
    // Segments without a payload have none of it.
    expect(served).toEqual({ excerpts: 200, reads: 0 })
  })

  it('have timestamps wherever options are known to have them', async () => {
    const capture = new TestCapture()
    const options = [TIMESTAMPS, '020405b40402080a000000090000000701030307', '020405b4', '']
    for (let n = 0; n < 200; n++) capture.add(BigInt(n), segment('', options[n % 4]))
    const { read, served } = serving(capture)
    expect(await rowsOf(capture, 'tcp.options.timestamp.tsval == 9', read)).toHaveLength(101)
    expect(await rowsOf(capture, 'tcp.options.timestamp.tsecr != 7', read)).toHaveLength(1)
    expect(served).toEqual({ excerpts: 200, reads: 0 })
  })

  it('have timestamps also in front of options that were cut', async () => {
    const capture = new TestCapture()
    const frame = segment('', '020405b4080a0000000900000007040201010303070101')
    for (let n = 0; n < 200; n++) capture.add(BigInt(n), frame.subarray(0, 70), { length: frame.length })
    const { read, served } = serving(capture)
    expect(await rowsOf(capture, 'tcp.options.timestamp.tsval == 9', read)).toHaveLength(201)
    expect(await rowsOf(capture, 'tcp.options.timestamp.tsecr != 7', read)).toHaveLength(1)
    expect(served).toEqual({ excerpts: 400, reads: 0 })
  })

  it('have no timestamps that were cut', async () => {
    const capture = new TestCapture()
    const frame = segment('', TIMESTAMPS)
    for (let n = 0; n < 200; n++) capture.add(BigInt(n), frame.subarray(0, 62), { length: frame.length })
    const { read, served } = serving(capture)
    expect(await rowsOf(capture, 'tcp.options.timestamp.tsval == 9', read)).toHaveLength(1)
    expect(served).toEqual({ excerpts: 0, reads: 0 })
  })

  it('are asked for once by filters on the same bytes', async () => {
    const capture = new TestCapture()
    const frame = segment('GET /')
    const rows = 2 * CHUNK_ROWS + 50
    const grow = (count: number) => {
      for (let n = 0; n < count; n++) capture.add(1n, frame)
    }
    grow(rows)
    const { read, served } = serving(capture)
    const selector = new PacketSelector(capture)
    const found = async (filter: string) => (await selector.select({ filter }, read))?.length
    expect(await found('tcp.payload[0] == 0x47')).toBe(rows)
    expect(await found('tcp.payload[0] == 0x48')).toBe(0)
    expect(await found('frame.number > 9 and tcp.payload[0] == 0x47')).toBe(rows - 9)
    expect(served).toEqual({ excerpts: rows, reads: 0 })
    // Other bytes, and those of packets that have come since.
    expect(await found('tcp.payload[1] == 0x45')).toBe(rows)
    expect(served.excerpts).toBe(2 * rows)
    grow(60)
    const grown = serving(capture)
    expect(await selector.select({ filter: 'tcp.payload[0] != 0x48' }, grown.read)).toHaveLength(rows + 60)
    expect(grown.served).toEqual({ excerpts: 110, reads: 0 })
  })

  it('are asked for ahead, of several chunks at once', async () => {
    const capture = new TestCapture()
    const frame = segment('GET /')
    const rows = 10 * CHUNK_ROWS + 50
    for (let n = 0; n < rows; n++) capture.add(BigInt(n), frame)
    const { read, served } = serving(capture)
    const asked: number[] = []
    let underWay = 0
    const ahead = Promise.withResolvers<void>()
    const waiting: ReadBytes = Object.assign(read.bind(undefined), {
      excerpts: async (length: number, places: Float64Array) => {
        asked.push(places.length)
        if (++underWay > 1) ahead.resolve()
        await ahead.promise
        const answer = await read.excerpts?.(length, places)
        underWay--
        return answer ?? new Uint8Array(0)
      },
    })
    expect(await rowsOf(capture, 'tcp.checksum >= 0', waiting)).toHaveLength(rows + 1)
    expect(asked).toEqual([CHUNK_ROWS, MOST_EXCERPTS, MOST_EXCERPTS, CHUNK_ROWS + 50])
    expect(served.reads).toBe(0)
  })

  it('are asked for once of each packet, whichever way the nearest is looked for', async () => {
    const capture = new TestCapture()
    const frame = segment('GET /')
    const rows = 3 * CHUNK_ROWS
    for (let n = 0; n < rows; n++) capture.add(BigInt(n), frame)
    for (const backward of [false, true]) {
      const { read, served } = serving(capture)
      const from = backward ? rows : -1
      expect(
        await new PacketSelector(capture).find({ filter: 'tcp.checksum == 9' }, from, backward, read),
      ).toBeUndefined()
      expect(served).toEqual({ excerpts: rows, reads: 0 })
    }
  })

  it('are asked for once of each packet of a capture that grows meanwhile', async () => {
    const capture = new TestCapture()
    const frame = segment('GET /')
    const grow = (count: number) => {
      for (let n = 0; n < count; n++) capture.add(1n, frame)
    }
    grow(CHUNK_ROWS + 100)
    const { read, served } = serving(capture)
    const growing: ReadBytes = Object.assign(read.bind(undefined), {
      excerpts: (length: number, places: Float64Array) => {
        if (capture.packets.rows === CHUNK_ROWS + 100) grow(50)
        return read.excerpts?.(length, places)
      },
    })
    expect(await new PacketSelector(capture).select({ filter: 'tcp.checksum == 9' }, growing)).toHaveLength(0)
    expect(served).toEqual({ excerpts: CHUNK_ROWS + 100, reads: 0 })
  })

  it('are taken out of packets that are read, unless most have to be read again', async () => {
    const capture = new TestCapture()
    const frame = segment('GET /')
    for (let n = 0; n < 3 * CHUNK_ROWS; n++) capture.add(BigInt(n), frame)
    const chunk = CHUNK_ROWS * frame.length
    const bytesFor = async (filter: string) => {
      let bytes = 0
      const read: ReadBytes = (offset, length) => {
        bytes += length
        return capture.read(offset, length)
      }
      expect(await new PacketSelector(capture).select({ filter }, read)).toHaveLength(0)
      return bytes
    }
    expect(await bytesFor('tcp.payload[0] == 0x16 and frame contains "x"')).toBe(3 * chunk)
    // Of the first chunk it is found out.
    expect(await bytesFor('tcp.payload[0] == 0x16 or frame contains "x"')).toBe(4 * chunk)
  })

  it('are asked for anew, and not read, where a search that was ended goes on', async () => {
    const capture = new TestCapture()
    const frame = segment('GET /')
    const rows = 7 * CHUNK_ROWS
    for (let n = 0; n < rows; n++) capture.add(BigInt(n), frame)
    const { read, served } = serving(capture)
    const control = new AbortController()
    let asked = 0
    // Ended while those of some chunks are there, and further ones on their way.
    const ended: ReadBytes = Object.assign(read.bind(undefined), {
      excerpts: async (length: number, places: Float64Array) => {
        if (++asked < 3) return (await read.excerpts?.(length, places)) ?? new Uint8Array(0)
        control.abort()
        throw new Error('It was cancelled.')
      },
    })
    const selector = new PacketSelector(capture)
    const query = { filter: 'tcp.checksum >= 0' }
    await expect(selector.select(query, ended, control)).rejects.toThrow(Cancelled)
    expect(selector.lookedSoFar(query)).toBeLessThan(rows)
    expect(await selector.select(query, read)).toHaveLength(rows)
    expect(served.reads).toBe(0)
    // The chunk that it had come to is asked for again.
    expect(served.excerpts).toBeLessThanOrEqual(rows + CHUNK_ROWS)
  })

  it('that can not be had are read', async () => {
    const capture = new TestCapture()
    for (let n = 0; n < 100; n++) capture.add(BigInt(n), segment(n % 2 === 0 ? 'GET /' : 'PUT /'))
    const read: ReadBytes = Object.assign(capture.read.bind(undefined), {
      excerpts: () => Promise.reject(new Error('The host does not answer.')),
    })
    expect(await rowsOf(capture, 'tcp.payload[0] == 0x47', read)).toHaveLength(51)
  })
})
