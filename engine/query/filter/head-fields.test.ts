import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEAD } from '../../columns/head-table.ts'
import { PacketSelector } from '../selection.ts'
import { ethernet, ipv4, tcp } from '../testing/frames.ts'
import { MIXED_FRAMES } from '../testing/mixed-capture.ts'
import { TestCapture } from '../testing/test-capture.ts'
import { compileFilter } from './display-filter.ts'
import { fieldCatalog } from './field-catalog.ts'

const catalog = fieldCatalog()
const FILTERS = [
  ...['eth.dst', 'eth.src', 'eth.addr', 'eth.lg', 'eth.dst.ig', 'eth.type', 'vlan.id', 'vlan.priority', 'vlan.etype'],
  ...['ip.version', 'ip.hdr_len > 20', 'ip.dsfield.dscp > 3', 'ip.dsfield.ecn', 'ip.ttl < 60', 'all ip.ttl > 3'],
  ...['ip.flags.df == 1', '!(ip.flags.df == 0)', 'ip.frag_offset > 0', 'ip.proto == 6', 'ip.options', 'ip.opt.type'],
  ...['ipv6.tclass > 0', 'ipv6.tclass.ecn == 1', 'ipv6.nxt == 6', 'ipv6.hlim - 1 == 63', 'string(ip.ttl) contains "4"'],
  ...[
    'eth.src[0:2] == 02:00',
    'eth.addr == eth.dst',
    'count(eth.addr) == 2',
    'count(vlan.id) == 2',
    'max(ip.ttl, ip.proto) > 9',
  ],
  ...[
    'tcp.options',
    'tcp.option_kind == 4',
    'tcp.options.mss_val',
    'tcp.options.sack',
    'tcp.options.nop',
    '!tcp.options.eol',
  ],
  ...['tcp.options.timestamp.tsval > 0', 'tcp.options.timestamp', 'tcp.options.mss_val == 1460', 'ip.id == 4660'],
  ...['http', 'tls', 'http.request && ip.ttl', 'tls.record.content_type == 22', '!http && !tls', 'ip.ttl#1 > 5'],
]

function naively(capture: TestCapture, filter: string): number[] {
  const compiled = compileFilter(filter, catalog, capture)
  return capture.frames.flatMap(({ bytes }, row) => (compiled?.matches(row, bytes, 0, bytes.length) ? [row] : []))
}

const PAYLOADS = [
  'GET / HTTP/1.1\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'GET',
  'GE',
  '\x16\x03\x01\x00\x05\x01\x00\x00\x01',
  '\x17\x03\x03\x00\x01',
  'ABC',
  '',
]
const segment = (payload: string) =>
  ethernet(
    0x800,
    ipv4(
      { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6, id: 4660 },
      tcp({ source: 7, destination: 80, seq: 1, flags: 0x18 }, Buffer.from(payload, 'latin1')),
    ),
  )
/** With NOP, NOP and timestamps, a SACK, other options, and some that are none. */
const OPTIONS = [
  '0101080a0000000900000007',
  '0101050a0000000900000017',
  '020405b40101080a00000001',
  '0101080b00000000ffffffff',
]
const withOptions = (options: string) =>
  ethernet(
    0x800,
    ipv4(
      { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 },
      tcp({ source: 7, destination: 80, seq: 1, flags: 0x10, options: Buffer.from(options, 'hex') }),
    ),
  )
const FRAMES = [...MIXED_FRAMES.map(([, bytes]) => bytes), ...PAYLOADS.map(segment), ...OPTIONS.map(withOptions)]

describe('fields that heads tell', { timeout: 60_000 }, () => {
  it('say what reading every packet says, whatever is in the headers', async () => {
    const changed = fc.tuple(
      fc.constantFrom(...FRAMES),
      fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 2 }),
      fc.option(fc.nat(80), { freq: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(changed, { minLength: 1, maxLength: 30 }), async (frames) => {
        const capture = new TestCapture()
        for (const [frame, changes, cut] of frames) {
          const bytes = Uint8Array.from(frame)
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
          // Twice, as a head that is known has its values already.
          const there = bytes.subarray(0, cut ?? bytes.length)
          for (let n = 0; n < 2; n++) capture.add(1_000n, there, { length: bytes.length })
        }
        const selector = new PacketSelector(capture)
        for (const filter of FILTERS) {
          const rows = await selector.select({ filter }, capture.read)
          expect([filter, ...(rows ?? [])]).toEqual([filter, ...naively(capture, filter)])
        }
      }),
      { numRuns: 100 },
    )
  })

  it('need no packet, unless there are more heads than are kept', async () => {
    const capture = new TestCapture()
    const frame = segment('')
    const count = HEAD.most + 20
    for (let n = 0; n < count; n++) {
      new DataView(frame.buffer).setUint32(8, n)
      capture.add(BigInt(n), frame.slice())
    }
    expect(capture.heads.count).toBe(HEAD.most + 1)
    let reads = 0
    const read = (offset: number, length: number) => {
      reads += length
      return capture.read(offset, length)
    }
    for (const [n, filter] of ['ip.ttl == 64', 'ip.id == 4660'].entries()) {
      expect(await new PacketSelector(capture).select({ filter }, read)).toHaveLength(count)
      expect(reads).toBe((n + 1) * 20 * frame.length)
    }
  })

  it('are read where no heads are kept', async () => {
    const capture = new TestCapture(['eth0'], 1, false)
    capture.add(0n, segment('GET / HTTP/1.1\r\n\r\n'))
    expect(capture.heads.count).toBe(0)
    for (const filter of ['ip.ttl == 64', 'ip.id == 4660', 'http', '!tls'])
      expect(Array.from((await new PacketSelector(capture).select({ filter }, capture.read)) ?? [])).toEqual([0])
  })
})
