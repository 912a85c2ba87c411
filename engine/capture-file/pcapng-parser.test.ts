import { describe, expect, it } from 'vitest'
import { concat, NgBlocks, payload } from './testing/build-capture.ts'
import { CaptureFileReader } from './reader.ts'
import { absolute, readCapture } from './testing/read-capture.ts'

const now = 1_700_000_000_123_456n
const le = new NgBlocks()
const be = new NgBlocks(true)

describe('the pcapng format', () => {
  for (const ng of [le, be]) {
    const order = ng.bigEndian ? 'big-endian' : 'little-endian'

    it(`is read in ${order}: enhanced, simple and obsolete packet blocks`, () => {
      const file = concat(
        ng.section(),
        ng.interface(1, 64),
        ng.enhanced(0, now, payload(61, 1), [], 1514),
        ng.obsolete(0, now + 5n, payload(42, 2)),
        ng.simple(payload(64, 3), 900),
        ng.simple(payload(10, 4)),
        ng.enhanced(0, now - 1n, payload(3, 5)),
      )
      const { reader, frames } = readCapture(file)
      expect(reader.damage).toBeUndefined()
      expect(reader.format).toBe('pcapng')
      expect(reader.byteOrder).toBe(order)
      expect(frames.map(({ bytes }) => bytes)).toEqual([
        payload(61, 1),
        payload(42, 2),
        payload(64, 3),
        payload(10, 4),
        payload(3, 5),
      ])
      expect(frames.map(({ length }) => length)).toEqual([1514, 42, 900, 10, 3])
      // Simple packets have no time of their own: they get that of the frame before.
      expect(frames.map(({ time }) => time)).toEqual([0, 5_000, 5_000, 5_000, -1_000])
      expect(reader.epoch).toBe(1_700_000_000_123_456_000n)
      for (const { offset, bytes } of frames) expect(file.slice(offset, offset + bytes.length)).toEqual(bytes)
    })

    it(`describes interfaces and sections as the ${order} options say`, () => {
      const { reader } = readCapture(
        concat(
          ng.section([
            [1, 'night shift'],
            [1, 'second comment'],
            [2, 'arm64'],
            [3, 'Linux 6.12'],
            [4, 'tcpdump'],
          ]),
          ng.interface(113, 262_144, [
            [1, 'the pod side'],
            [2, 'eth0'],
            [3, 'client pod'],
            [9, [9]],
            [11, '\0tcp port 80'],
            [12, 'Linux'],
            [13, [4]],
            [14, ng.u64(-60)],
            [15, 'veth'],
          ]),
          ng.interface(1, 0, [[11, [1, 0, 0, 0, 0, 0, 0, 0, 0]]]),
          ng.statistics(0, [
            [4, ng.u64(1000)],
            [5, ng.u64(3)],
            [6, ng.u64(900)],
            [7, ng.u64(2)],
            [8, ng.u64(0x1_0000_0001)],
          ]),
          ng.statistics(7, [[4, ng.u64(1)]]),
        ),
      )
      expect(reader.damage).toBeUndefined()
      expect(reader.sections).toEqual([
        {
          byteOrder: order,
          comments: ['night shift', 'second comment'],
          hardware: 'arm64',
          os: 'Linux 6.12',
          application: 'tcpdump',
        },
      ])
      expect(reader.comments).toEqual(['night shift', 'second comment'])
      expect(reader.interfaces).toEqual([
        {
          id: 0,
          linkType: 113,
          snapLength: 262_144,
          name: 'eth0',
          description: 'client pod',
          filter: 'tcp port 80',
          os: 'Linux',
          hardware: 'veth',
          fcsLength: 4,
          ticksPerSecond: 1e9,
          offsetSeconds: -60,
          comments: ['the pod side'],
          statistics: { received: 1000, dropped: 3, filterAccepted: 900, osDropped: 2, delivered: 0x1_0000_0001 },
        },
        {
          id: 1,
          linkType: 1,
          snapLength: 0,
          filter: '(a filter program)',
          ticksPerSecond: 1e6,
          offsetSeconds: 0,
          comments: [],
        },
      ])
    })
  }

  it('keeps what statistics blocks say, with its time, and the last of each count', () => {
    const { reader } = readCapture(
      concat(
        le.section(),
        le.interface(1),
        le.enhanced(0, 5_000_000n, payload(1)),
        le.statistics(
          0,
          [
            [4, le.u64(3)],
            [1, 'Hopscope: gone'],
          ],
          7_000_000n,
        ),
        le.statistics(0, [[7, le.u64(1)]], 9_000_000n),
      ),
    )
    expect(reader.interfaces[0]).toMatchObject({
      statistics: { received: 3, osDropped: 1 },
      remarks: [{ time: 2e9, text: 'Hopscope: gone' }],
    })
  })

  it('keeps all remarks of an interface in one list, as a file may have millions', () => {
    const remark = (text: string) => le.statistics(0, [[1, text]])
    const reader = new CaptureFileReader({ frame: () => {} })
    reader.push(concat(le.section(), le.interface(1), remark('one'), remark('two')))
    const list = reader.interfaces[0].remarks
    reader.push(remark('three'))
    reader.finish()
    expect(reader.interfaces[0].remarks).toBe(list)
    expect(list?.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  })

  it('has a clock for each interface: resolutions of 10^-n and 2^-n, offsets', () => {
    const seconds = 1_700_000_000n
    const capture = readCapture(
      concat(
        le.section(),
        le.interface(1, 0, [[9, [3]]]),
        le.interface(1, 0, [[9, [9]]]),
        le.interface(1, 0, [[9, [0x80 | 20]]]),
        le.interface(1, 0, [
          [9, [0]],
          [14, le.u64(1000)],
        ]),
        le.interface(1, 0, [
          [9, [12]],
          [14, le.u64(seconds)],
        ]),
        le.enhanced(0, seconds * 1000n + 7n, payload(1)),
        le.enhanced(1, seconds * 1_000_000_000n + 7_000_001n, payload(1)),
        le.enhanced(2, (seconds << 20n) + 1n, payload(1)),
        le.enhanced(3, seconds - 1000n, payload(1)),
        le.enhanced(4, 1999n, payload(1)),
      ),
    )
    expect(capture.frames.map((frame) => absolute(capture, frame) - seconds * 1_000_000_000n)).toEqual([
      7_000_000n,
      7_000_001n,
      953n,
      0n,
      1n,
    ])
  })

  it('may have several sections, of different byte orders, each with interfaces numbered from 0', () => {
    const { reader, frames } = readCapture(
      concat(
        le.section([[4, 'one']]),
        le.interface(1),
        le.enhanced(0, now, payload(5, 1)),
        be.section([[4, 'two']]),
        be.interface(113),
        be.interface(276),
        be.enhanced(1, now + 1n, payload(6, 2)),
        be.enhanced(0, now + 2n, payload(7, 3)),
        be.statistics(1, [[5, be.u64(9)]]),
        le.section(),
        le.interface(101),
        le.enhanced(0, now + 3n, payload(8, 4)),
      ),
    )
    expect(reader.damage).toBeUndefined()
    expect(frames.map(({ interfaceId }) => interfaceId)).toEqual([0, 2, 1, 3])
    expect(frames.map(({ time }) => time)).toEqual([0, 1000, 2000, 3000])
    expect(reader.interfaces.map(({ id, linkType }) => [id, linkType])).toEqual([
      [0, 1],
      [1, 113],
      [2, 276],
      [3, 101],
    ])
    expect(reader.interfaces[2].statistics).toEqual({ dropped: 9 })
    expect(reader.sections.map(({ application }) => application)).toEqual(['one', 'two', undefined])
  })

  it('numbers custom, journal and sysdig event blocks as frames without an interface', () => {
    const journal = le.bytes().text('__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=x\n')
    const { reader, frames } = readCapture(
      concat(
        le.section(),
        le.custom(32473, payload(9)),
        le.interface(),
        le.enhanced(0, now, payload(5, 1)),
        le.custom(32473, payload(8), 0x4000_0bad),
        le.block(9, journal.done()),
        le.block(0x204, payload(20)),
        le.block(0x1234_5678, payload(12)),
        le.enhanced(0, now + 1n, payload(5, 2), [[1, 'the sixth']]),
      ),
    )
    expect(reader.damage).toBeUndefined()
    expect(frames.map(({ interfaceId }) => interfaceId)).toEqual([-1, 0, -1, -1, -1, 0])
    expect(reader.packetComments).toEqual(new Map([[5, ['the sixth']]]))
  })

  it('keeps the comments of packets by row, and takes other options in its stride', () => {
    const { reader, frames } = readCapture(
      concat(
        le.section(),
        le.interface(),
        le.enhanced(0, now, payload(5)),
        le.enhanced(0, now, payload(6), [
          [2, [1, 0, 0, 0]],
          [1, 'lost here'],
          [4, le.u64(1)],
          [2988, [...le.bytes().u32(32473).text('note').done()]],
          [1, [0xc3, 0xa4, 0x62]],
        ]),
        le.enhanced(0, now, payload(7), [[1, 'again']]),
      ),
    )
    expect(reader.damage).toBeUndefined()
    expect(frames).toHaveLength(3)
    expect(reader.packetComments).toEqual(
      new Map([
        [1, ['lost here', 'äb']],
        [2, ['again']],
      ]),
    )
  })

  it('collects names of addresses, each once', () => {
    const v6 = [0xfd, ...new Array<number>(14).fill(0), 1]
    const { reader } = readCapture(
      concat(
        be.section(),
        be.names([
          [1, [10, 0, 0, 1], 'web-0', 'web-0.shop.svc'],
          [2, v6, 'web-1'],
          [3, [0x0a, 0x58, 0, 0, 0, 1], 'gateway'],
          [4, [1, 2, 3, 4, 5, 6, 7, 8], 'eui-64 is passed over'],
        ]),
        be.names([[1, [10, 0, 0, 1], 'web-0', 'shop']]),
      ),
    )
    expect(reader.damage).toBeUndefined()
    expect([...reader.names].map(([address, names]) => [address, ...names])).toEqual([
      ['10.0.0.1', 'web-0', 'web-0.shop.svc', 'shop'],
      ['fd00::1', 'web-1'],
      ['0a:58:00:00:00:01', 'gateway'],
    ])
  })

  it('counts decryption secrets by kind and keeps nothing of them', () => {
    const { reader } = readCapture(
      concat(
        le.section(),
        le.secrets(0x544c_534b, 'CLIENT_RANDOM 0123 4567'),
        le.secrets(0x544c_534b, 'CLIENT_RANDOM 89ab cdef'),
        le.secrets(0x5747_4b4c, 'LOCAL_STATIC_PRIVATE_KEY = x'),
        le.secrets(1, 'what is this'),
      ),
    )
    expect(reader.secrets).toEqual(
      new Map([
        ['TLS', 2],
        ['WireGuard', 1],
        ['other', 1],
      ]),
    )
  })

  it('forgives a block length that leaves out the padding', () => {
    const body = le.bytes().u32(0, 0, 5, 5, 5).raw(payload(5)).pad().done()
    const { reader, frames } = readCapture(
      concat(
        le.section(),
        le.interface(),
        le.block(6, body, { first: 37, second: 37 }),
        le.enhanced(0, 6n, payload(4)),
      ),
    )
    expect(reader.damage).toBeUndefined()
    expect(frames.map(({ bytes }) => bytes)).toEqual([payload(5), payload(4)])
  })

  describe('ends with damage, and keeps the packets before it, at', () => {
    const good = concat(le.section(), le.interface(), le.enhanced(0, now, payload(20)))
    const epb = (id: number, captured: number, room: number) =>
      le.block(6, le.bytes().u32(id, 0, 0, captured, captured).raw(payload(room)).done())
    const cases: readonly (readonly [what: string, block: Uint8Array, reason: string])[] = [
      [
        'a length at the end that is not that at the start',
        le.block(0x99, payload(8), { second: 24 }),
        '20 bytes at its start and 24',
      ],
      [
        'a packet whose lengths differ',
        le.enhanced(0, now, payload(8)).map((byte, i) => (i === 36 ? byte ^ 4 : byte)),
        '40 bytes at its start and 44',
      ],
      ['a length of zero', le.block(6, payload(40), { first: 0 }), 'claims to be 0 bytes'],
      ['a length too short for the block', le.block(6, payload(8)), 'enhanced packet block claims to be 20 bytes'],
      ['a length no block has', le.block(6, payload(40), { first: 0xf000_0000 }), 'claims to be 4026531840 bytes'],
      [
        'a packet of an interface that is not there',
        epb(1, 4, 4),
        'Packet 2 is of interface 1, but the section has 1 interface',
      ],
      ['a packet longer than its block', epb(0, 400, 40), '400 captured bytes, but its block has room for 40'],
      ['a packet longer than any', epb(0, 262_148, 262_148), 'claims to have 262148 captured bytes'],
      [
        'a simple packet longer than its block',
        le.block(3, le.bytes().u32(99).raw(payload(8)).done()),
        '99 captured bytes',
      ],
      [
        'an option that does not fit',
        le.enhanced(0, now, payload(4), [[1, 'x']]).map((byte, i) => (i === 34 ? 99 : byte)),
        'option',
      ],
      ['an interface too fine for 64 bits', le.interface(1, 0, [[9, [20]]]), 'resolution'],
      ['an interface too fine for 64 bits, in twos', le.interface(1, 0, [[9, [0x80 | 64]]]), 'resolution'],
      ['a name record that does not fit', le.block(4, le.bytes().u16(1, 40).raw(payload(8)).done()), 'name resolution'],
      ['a section of an unknown version', le.section([], [2, 0]), 'version 2.0'],
      ['a section without a byte order', le.block(0x0a0d0d0a, payload(16)), 'byte-order magic'],
    ]
    for (const [what, block, reason] of cases) {
      it(what, () => {
        const { reader, frames } = readCapture(concat(good, block, le.enhanced(0, now, payload(20))))
        expect(frames).toHaveLength(1)
        expect(reader.damage?.offset).toBeGreaterThanOrEqual(good.length)
        expect(reader.damage?.offset).toBeLessThan(good.length + block.length)
        expect(reader.damage?.reason).toContain(reason)
      })
    }

    it('more interfaces than can be told apart', () => {
      const { reader } = readCapture(concat(le.section(), ...Array.from({ length: 65_536 }, () => le.interface())))
      expect(reader.interfaces).toHaveLength(65_535)
      expect(reader.damage?.reason).toContain('more than 65535 interfaces')
    })

    it('a packet before any interface', () => {
      for (const block of [le.enhanced(0, now, payload(4)), le.simple(payload(4)), le.obsolete(0, now, payload(4))]) {
        const { reader } = readCapture(concat(le.section(), block))
        expect(reader.damage?.reason).toContain('no interface yet')
      }
    })
  })
})
