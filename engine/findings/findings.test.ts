import { describe, expect, it } from 'vitest'
import { ethernet, ipv4, text, udp } from '../query/testing/frames.ts'
import {
  findInCapture,
  findInConnections,
  findInFrames,
  framesOf,
  kindsOf,
  theFinding,
} from '../../test/support/find-in.ts'
import { ARTEFACT_RULES } from './artefacts/index.ts'
import { RULES } from './rules/index.ts'

/** Our captures, each with the trouble that was made in it: that is found, and nothing else. */
const CAPTURES: readonly (readonly [file: string, kinds: readonly string[]])[] = [
  ['clean.pcapng.gz', []],
  ['handshakes.pcap.gz', ['tls-failed', 'tls-failed']],
  ['http2.pcap.gz', []],
  ['grpc.pcap.gz', []],
  ['redis.pcap.gz', []],
  ['postgresql.pcap.gz', []],
  ['mysql.pcap.gz', []],
  ['syn-loss.pcap.gz', ['syn-loss']],
  ['policy-drop.pcap.gz', ['policy-drop']],
  ['accept-queue.pcap.gz', ['accept-queue']],
  ['refused.pcapng', ['refused', 'refused', 'refused']],
  ['keep-alive-race.pcap.gz', ['keep-alive-race']],
  ['idle-resets.pcapng.gz', ['idle-timeout']],
  ['mtu-blackhole.pcap.gz', ['mtu-black-hole']],
  ['frag-needed.pcap.gz', ['fragmentation-needed-ignored']],
  ['zero-window.pcapng', ['zero-window']],
  ['nagle.pcap.gz', ['nagle']],
  ['half-open.pcap', ['half-open']],
  ['loss-episode.pcapng', ['rto-tail']],
  ['vxlan-nodes.pcap.zst', ['loss', 'loss']],
  ['dns-5s.pcap', ['dns-race']],
  ['ndots.pcap.gz', ['dns-ndots']],
  ['duplicate-address.pcap.gz', ['duplicate-address']],
  ['conntrack-invalid.pcap.gz', ['conntrack-invalid']],
  ['dns-black-hole.pcap.gz', ['dns-black-hole']],
  ['slow-server.pcap.gz', ['slow-server']],
  ['server-errors.pcap.gz', ['server-errors']],
  ['paused-server.pcap.gz', ['stall']],
  ['standing-queue.pcap.gz', ['standing-queue']],
]

describe('in our own captures', () => {
  it.each(CAPTURES)('%s: finds %j and nothing else', async (file, kinds) => {
    expect(kindsOf(await findInCapture(file))).toEqual(kinds)
  })

  it.each(CAPTURES)('%s: every filter is one, and shows packets; every row is one', async (file) => {
    const { engine, findings, artefacts } = await findInCapture(file)
    for (const { filter, evidence, kind } of [...findings, ...artefacts]) {
      expect(engine.checkFilter(filter), `${kind}: ${filter}`).toMatchObject({ ok: true })
      for (const { row, time } of evidence) expect(time).toBe(engine.packets.time(row))
    }
  })

  it.each(CAPTURES)('%s: commands hold nothing of the capture but addresses and numbers', async (file) => {
    const { findings } = await findInCapture(file)
    for (const { command } of findings.flatMap(({ confirm }) => confirm)) expect(command).toMatch(/^[\w .:=,|/-]+$/)
  })

  it('names the first and the longest of what was lost among the packets that show it', async () => {
    const roles = theFinding(await findInCapture('loss-episode.pcapng')).evidence.map(({ role }) => role)
    expect(roles[0]).toMatch(/^the first: /)
    expect(roles.filter((role) => role.startsWith('the longest wait'))).toEqual([
      'the longest wait, 265 ms: the segment',
      'the longest wait, 265 ms: sent again',
    ])
  })

  it('says what the client lost to SYNs, and that the port listens', async () => {
    const finding = theFinding(await findInCapture('syn-loss.pcap.gz'))
    expect(finding.sentence).toMatch(/^9 of 54 connections \(17 %\) from 10\.244\.1\.15 to 10\.244\.2\.16:8080 /)
    expect(finding.costMs).toBeCloseTo(9188, -1)
    expect(finding.blamed).toContain('beyond the client')
    expect(finding.evidence.slice(0, 3).map(({ role }) => role)).toEqual(['the SYN', 'its repetition', 'the answer'])
  })

  it('tells who refused: the host by its TTL, a node by ICMP, a rule by its code', async () => {
    const { findings } = await findInCapture('refused.pcapng')
    expect(findings.map(({ server, blamed }) => `${server?.port}: ${blamed}`)).toEqual([
      '9999: 10.244.2.81:9999: no listener (the resets have its usual TTL, 62)',
      expect.stringMatching(/^80: 10\.244\.1\.1, which rejects it, as kube-proxy does/),
      expect.stringMatching(/^5432: 10\.244\.1\.1, which forbids it/),
    ])
  })

  it('brackets the idle time-out, and sees that the resets are not the peer’s own', async () => {
    const finding = theFinding(await findInCapture('idle-resets.pcapng.gz'))
    expect(finding.sentence).toContain('between 18.0 s (the longest that survived) and 23.0 s (the shortest')
    expect(finding.blamed).toContain('a load balancer, firewall or NAT on the way')
  })

  it('charges a closed window to the reader', async () => {
    expect(theFinding(await findInCapture('zero-window.pcapng')).blamed).toMatch(/^the reading program at indexer-0/)
  })

  it('names the size that does not pass', async () => {
    expect(theFinding(await findInCapture('mtu-blackhole.pcap.gz')).sentence).toContain('Packets of 1450 bytes')
  })

  it('counts how often an address changed hands', async () => {
    const finding = theFinding(await findInCapture('duplicate-address.pcap.gz'))
    expect(finding.count).toBe(15)
    expect(finding.sentence).toMatch(/^10\.244\.1\.21 is claimed by /)
  })

  it('sees which answers were not translated back, and that the connections had been silent', async () => {
    const finding = theFinding(await findInCapture('conntrack-invalid.pcap.gz'))
    expect(finding).toMatchObject({ count: 3, server: { address: '10.96.31.11', port: 80 } })
    expect(finding.sentence).toContain('got packets from 10.244.2.16:5171 instead')
    expect(finding.why).toContain('silent for at least 5.50 s')
    expect(finding.evidence.map(({ role }) => role).slice(0, 2)).toEqual([
      'the answer with the pod’s own address',
      'the client’s reset',
    ])
  })

  it('tells a server that was stopped from a slow one: its kernel acknowledged meanwhile', async () => {
    const finding = theFinding(await findInCapture('paused-server.pcap.gz'))
    expect(finding).toMatchObject({ count: 5, server: { address: '10.244.2.16' } })
    expect(finding.conversations).toHaveLength(6)
    expect(finding.why).toContain('Its kernel acknowledged meanwhile')
  })

  it('measures the bottleneck behind a queue', async () => {
    const { sentence } = theFinding(await findInCapture('standing-queue.pcap.gz'))
    expect(sentence).toContain('about 3.7 Mbit/s')
  })

  it('names the source port whose questions vanish, and no other', async () => {
    const finding = theFinding(await findInCapture('dns-black-hole.pcap.gz'))
    expect(finding).toMatchObject({ count: 9, client: { address: '10.244.1.15', port: 40_053 } })
  })

  it('notes cut packets and super-segments apart, as no findings', async () => {
    const { artefacts, engine } = await findInCapture('vxlan-nodes.pcap.zst')
    expect(artefacts.map(({ kind, severity }) => `${kind} ${severity}`)).toEqual(['offload note', 'cut-packets note'])
    const { capturedLength, length, payloadLength } = engine.packets.chunk(0)
    const first = length.findIndex((each, i) => capturedLength[i] < each && payloadLength[i] > 0)
    expect(artefacts[1].evidence.map(({ row }) => row)).toEqual([first])
  })
})

describe('the frame', () => {
  it('ranks by what was lost', async () => {
    const { findings } = await findInConnections(
      { text: '+0 A>B S 0(0)\n+1s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1', serverPort: 81 },
      {
        text: '+0 A>B S 0(0)\n+1s A>B S 0(0)\n+2s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1',
        serverPort: 82,
      },
    )
    expect(findings.map(({ kind, server }) => [kind, server?.port])).toEqual([
      ['syn-loss', 82],
      ['syn-loss', 81],
    ])
  })

  it('ranks what failed at once like a wait of a second', async () => {
    const waits = {
      text: '+0 A>B S 0(0)\n+2s A>B S 0(0)\n+20ms B>A SA 0(0) ack 1\n+0 A>B A 1(0) ack 1',
      serverPort: 81,
    }
    const refused = { text: '+0 A>B S 0(0)\n+1ms B>A RA 0(0) ack 1', serverPort: 82 }
    const rank = async (times: number) =>
      kindsOf(await findInConnections(waits, ...Array.from({ length: times }, () => refused)))
    expect(await rank(1)).toEqual(['syn-loss', 'refused'])
    expect(await rank(3)).toEqual(['refused', 'syn-loss'])
  })

  it('runs whom a rule yields to before it', () => {
    const order = RULES.map(({ kind }) => kind)
    for (const { kind, yieldsTo } of RULES) {
      for (const other of yieldsTo)
        expect(order.indexOf(other), `${kind} yields to ${other}`).toBeLessThan(order.indexOf(kind))
    }
    expect(new Set(order).size).toBe(order.length)
  })

  it('gives every threshold its source', () => {
    for (const { thresholds, source } of [...RULES, ...ARTEFACT_RULES]) {
      expect(source).toMatch(/^https:\/\//)
      for (const threshold of Object.values(thresholds)) expect(threshold.source).not.toBe('')
    }
  })

  it('answers the same again while nothing comes', async () => {
    const { engine } = await findInCapture('clean.pcapng.gz')
    const read = () => Promise.reject(new Error('it reads nothing again'))
    expect((await engine.findings(read)).version).toBe(engine.packets.rows)
  })

  it('finds nothing in nothing', async () => {
    const { findings, artefacts } = await findInConnections()
    expect([...findings, ...artefacts]).toEqual([])
  })
})

describe('the ends of a finding', () => {
  it('are named as DNS answers in the capture name them', async () => {
    const name = [3, ...text('web'), 4, ...text('shop'), 0]
    const asked = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, ...name, 0, 1, 0, 1]
    const answer = Uint8Array.from([...asked, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 2])
    const header = { source: '10.0.0.53', destination: '10.0.0.1', protocol: 17 }
    const dns = { time: 0, bytes: ethernet(0x0800, ipv4(header, udp(53, 5353, answer))) }
    const refused = framesOf('+0 A>B S 0(0)\n+1ms B>A RA 0(0) ack 1', 1)
    const report = await findInFrames([dns, ...refused])
    expect(report.findings.map(({ sentence }) => sentence).join()).toContain('web.shop (10.0.0.2:80)')
  })
})
