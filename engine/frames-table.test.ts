import { describe, expect, it } from 'vitest'
import { parseScenario } from '../test/support/tcp-scenario.ts'
import { concat, NgBlocks, payload } from './capture-file/testing/build-capture.ts'
import { PcapWriter } from './capture-file/pcap-writer.ts'
import { Engine, framesTable } from './engine.ts'
import { arp, ethernet, icmp, ipv4, ipv6, tcp, udp } from './query/testing/frames.ts'

// The table is an interface: the names, their order and their number stand here once more.
const HEAD = [
  ...['frame.number', 'frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.protocols', 'tcp.stream'],
  ...['ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.len', 'tcp.flags'],
  ...['tcp.window_size', 'tcp.analysis.retransmission', 'tcp.analysis.fast_retransmission'],
  ...['tcp.analysis.spurious_retransmission', 'tcp.analysis.out_of_order', 'tcp.analysis.lost_segment'],
  ...['tcp.analysis.ack_lost_segment', 'tcp.analysis.duplicate_ack', 'tcp.analysis.keep_alive'],
  ...['tcp.analysis.keep_alive_ack', 'tcp.analysis.window_full', 'tcp.analysis.zero_window'],
  ...['tcp.analysis.zero_window_probe', 'tcp.analysis.zero_window_probe_ack', 'tcp.analysis.window_update'],
  ...['tcp.analysis.reused_ports', 'tcp.analysis.ack_rtt', 'tcp.analysis.initial_rtt'],
  ...['tcp.analysis.bytes_in_flight', 'hopscope.verdict', 'hopscope.spurious', 'hopscope.original'],
  ...['hopscope.cost_ms', 'hopscope.reason'],
]

type Line = Readonly<Record<string, string>>

function tableOf(file: Uint8Array): { head: readonly string[]; lines: readonly Line[] } {
  const engine = new Engine()
  engine.push(file)
  engine.finish()
  const [head, ...rows] = [...framesTable(engine)]
    .join('')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'))
  for (const row of rows) expect(row).toHaveLength(head.length)
  return { head, lines: rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell]))) }
}

const EPOCH = 1_700_000_000_999_999_999n

function scenario(text: string): Uint8Array {
  const writer = new PcapWriter({ linkType: 1 })
  for (const { frame, time } of parseScenario(text).packets)
    writer.packet(EPOCH + BigInt(time), frame.bytes, frame.length)
  return writer.take()
}

function frames(...list: readonly Uint8Array[]): Uint8Array {
  const writer = new PcapWriter({ linkType: 1 })
  for (const [i, bytes] of list.entries()) writer.packet(EPOCH + BigInt(i), bytes)
  return writer.take()
}

const HANDSHAKE = `
  +0    A>B S  0(0)       win 64000 <mss 1460, wscale 7>
  +10ms B>A SA 0(0) ack 1 win 65000 <mss 1460, wscale 7>
  +10ms A>B A  1(0) ack 1 win 500`

describe('the table of frames', () => {
  it('has the columns, named as tshark names them, in their order', () => {
    expect(tableOf(frames()).head).toEqual(HEAD)
    expect(HEAD).toHaveLength(38)
  })

  it('tells of a TCP frame what its headers say and what was found', () => {
    const { lines } = tableOf(
      scenario(`${HANDSHAKE}
      +1ms  A>B PA 1:101(100) ack 1
      +20ms B>A A  1(0) ack 101 win 400`),
    )
    expect(lines[3]).toMatchObject({
      'frame.number': '4',
      'frame.time_epoch': '1700000001.020999999',
      'frame.cap_len': '54',
      'frame.len': '154',
      'frame.protocols': 'eth:ethertype:ip:tcp',
      'tcp.stream': '0',
      'ip.src': '10.0.0.1',
      'ip.dst': '10.0.0.2',
      'tcp.srcport': '40000',
      'tcp.dstport': '80',
      'tcp.seq_raw': '1001',
      'tcp.ack_raw': '5001',
      'tcp.len': '100',
      'tcp.flags': '0x0018',
      'tcp.window_size': '64000',
      'tcp.analysis.retransmission': '0',
      'tcp.analysis.ack_rtt': '',
      'tcp.analysis.initial_rtt': '0.020000000',
      'tcp.analysis.bytes_in_flight': '100',
      'hopscope.verdict': '',
    })
    expect(lines[4]).toMatchObject({
      'ip.src': '10.0.0.2',
      'ip.dst': '10.0.0.1',
      'tcp.srcport': '80',
      'tcp.dstport': '40000',
      'tcp.analysis.ack_rtt': '0.020000000',
      'tcp.analysis.bytes_in_flight': '',
    })
  })

  it('sets the general label with the special one', () => {
    const { lines } = tableOf(
      scenario(`${HANDSHAKE}
      +0    A>B PA 1:101(100) ack 1
      +20ms B>A A  1(0) ack 101
      +500ms A>B PA 1:101(100) ack 1`),
    )
    const labels = HEAD.filter((name) => name.startsWith('tcp.analysis.') && lines[5][name] === '1')
    expect(labels).toEqual(['tcp.analysis.retransmission', 'tcp.analysis.spurious_retransmission'])
  })

  it('says what the retransmission was, what it cost and why it is known', () => {
    const { lines } = tableOf(
      scenario(`${HANDSHAKE}
      +0     A>B PA 1:101(100) ack 1
      +300ms A>B PA 1:101(100) ack 1`),
    )
    expect(lines[4]['hopscope.verdict']).toMatch(/^(rto|tlp)$/)
    expect(lines[4]).toMatchObject({ 'hopscope.original': 'seen', 'hopscope.cost_ms': '300.000' })
    expect(lines[4]['hopscope.reason']).toMatch(/^[A-Z].* frame 4, .*\.$/)
  })

  it('counts time on when the clock was set back, also to before the first frame', () => {
    const { lines } = tableOf(
      scenario(`
      +0     A>B A 0(0) ack 1
      -1s    B>A A 0(0) ack 1
      -998.9ms A>B A 0(0) ack 1
      +3600s B>A A 0(0) ack 1`),
    )
    expect(lines.map((line) => line['frame.time_epoch'])).toEqual([
      '1700000000.999999999',
      '1699999999.999999999',
      '1699999999.001099999',
      '1700003599.001099999',
    ])
  })

  it('writes times before 1970 with their sign', () => {
    const ng = new NgBlocks()
    const file = concat(
      ng.section(),
      ng.interface(1, 0, [
        [9, [9]],
        [14, ng.u64(-2)],
      ]),
      ...[0n, 500_000_000n, 1_999_999_999n, 2_000_000_000n, 2_000_000_001n].map((units) =>
        ng.enhanced(0, units, payload(20)),
      ),
    )
    expect(tableOf(file).lines.map((line) => line['frame.time_epoch'])).toEqual([
      '-2.000000000',
      '-1.500000000',
      '-0.000000001',
      '0.000000000',
      '0.000000001',
    ])
  })

  it('gives frames without TCP their addresses, and leaves empty what does not apply', () => {
    const ip = { source: '10.0.0.1', destination: '10.0.0.2' }
    const { lines } = tableOf(
      frames(
        ethernet(0x800, ipv4({ ...ip, protocol: 17 }, udp(5000, 53, [1]))),
        ethernet(0x800, ipv4({ ...ip, protocol: 1 }, icmp(8, 0, 1, []))),
        ethernet(0x86dd, ipv6({ source: 'fd00::7', destination: 'fd00::9', protocol: 17 }, udp(1, 2, []))),
        ethernet(0x0806, arp(1, '10.0.0.1', '10.0.0.2')),
      ),
    )
    const filled = lines.map((line) => Object.fromEntries(Object.entries(line).filter(([, cell]) => cell !== '')))
    expect(filled).toEqual([
      expect.objectContaining({
        'frame.protocols': 'eth:ethertype:ip:udp',
        'ip.src': '10.0.0.1',
        'ip.dst': '10.0.0.2',
      }),
      expect.objectContaining({ 'ip.src': '10.0.0.1' }),
      expect.objectContaining({ 'ip.src': 'fd00::7', 'ip.dst': 'fd00::9' }),
      {
        'frame.number': '4',
        'frame.time_epoch': '1700000001.000000002',
        'frame.cap_len': '42',
        'frame.len': '42',
        'frame.protocols': 'eth:ethertype:arp',
      },
    ])
    for (const line of filled) expect(Object.keys(line).filter((name) => name.startsWith('tcp.'))).toEqual([])
  })

  it('numbers streams and names the innermost addresses of IPv6', () => {
    const segment = (source: number) =>
      ethernet(
        0x86dd,
        ipv6(
          { source: 'fd00::7', destination: 'fd00::9', protocol: 6 },
          tcp({ source, destination: 80, seq: 1, flags: 2 }),
        ),
      )
    const { lines } = tableOf(frames(segment(1000), segment(1001), segment(1000)))
    expect(lines.map((line) => [line['tcp.stream'], line['ip.src'], line['tcp.srcport']])).toEqual([
      ['0', 'fd00::7', '1000'],
      ['1', 'fd00::7', '1001'],
      ['0', 'fd00::7', '1000'],
    ])
  })

  it('has a line, with a number and little else, for a block that holds no packet', () => {
    const ng = new NgBlocks()
    const file = concat(
      ng.section(),
      ng.interface(),
      ng.enhanced(0, 5n, payload(20)),
      ng.custom(1, payload(8)),
      ng.enhanced(0, 6n, payload(20)),
    )
    const { lines } = tableOf(file)
    expect(lines.map((line) => line['frame.number'])).toEqual(['1', '2', '3'])
    expect(lines[1]).toMatchObject({ 'frame.protocols': '', 'ip.src': '', 'tcp.stream': '', 'tcp.flags': '' })
  })

  it('comes in pieces that together are the whole table', () => {
    const one = ethernet(0x0806, arp(1, '10.0.0.1', '10.0.0.2'))
    const engine = new Engine()
    engine.push(frames(...new Array<Uint8Array>(5000).fill(one)))
    engine.finish()
    const pieces = [...framesTable(engine)]
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.join('').split('\n')).toHaveLength(5002)
  })
})
