import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PcapWriter } from '../../engine/capture-file/pcap-writer.ts'
import { PcapngWriter } from '../../engine/capture-file/pcapng-writer.ts'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'

const SAMPLES = join(import.meta.dirname, '..', '..', 'resources', 'samples')
const LOSS = join(SAMPLES, 'loss-episode.pcapng')
const ZIPPED = join(SAMPLES, 'idle-resets.pcapng.gz')
const TWICE = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'labels', 'captures', 'any-node.pcap.gz')

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('analyze', () => {
  it('tells when, what and whom, in few lines', async () => {
    const { code, stdout, stderr } = await runCli(['analyze', LOSS])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n')
    expect(lines.length).toBeLessThan(45)
    expect(stdout).toContain('2,162 packets, 921 kB on the wire, 6 conversations')
    expect(stdout).toContain('from 2026-11-21T02:29:37.521Z, for 32 s')
    expect(stdout).toMatch(/^retransmissions ·{20,}[▁-█·]+·{20,} {2}42, from 14 s to 1[89] s$/mu)
    expect(stdout).toMatch(/^Sent again: 43 segments: 7 fast, 11 by time-out, 24 tail loss probes, 1 /m)
    expect(stdout).toMatch(/The receiver had \d+ of them already\./)
    expect(stdout).toMatch(/^Labels \(tcp.analysis\): retransmission 42, duplicate_ack 20, /m)
    expect(stdout).toMatch(
      /TCP 0 +checkout-7d9f6c5b8-xk2lp.shop 10\.244\.1\.17:44142 +orders-0.orders.shop 10\.244\.2\.21:8080/,
    )
  })

  it('says why connections were reset, and by what name the server goes', async () => {
    const { stdout } = await runCli(['analyze', ZIPPED])
    expect(stdout).toContain(
      'Reset: 5 connections to ledger.shop.svc.cluster.local 10.96.120.4:443, by somebody else in the name of one end (by its TTL',
    )
    const refused = await runCli(['analyze', join(SAMPLES, 'refused.pcapng')])
    expect(refused.stdout).toMatch(/^Reset: 13 connections to .*:9999, refused/m)
  })

  it('warns of packets that were captured twice, and counts none of them as retransmission', async () => {
    const { stdout } = await runCli(['analyze', TWICE])
    expect(stdout).toMatch(/^Captured twice: 762 packets \(67 %\)/m)
    const total = Number(/^retransmissions +\S+ {2}(\d+)/m.exec(stdout)?.[1])
    const rows = await runCli(['conversations', TWICE, '--json'])
    const counted = rows.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).retransmissions)
    expect(total).toBeLessThan(10)
    expect(counted.reduce((a, b) => a + b, 0)).toBe(total)
  })

  it('says once what several frames in a row show', async () => {
    const { stdout } = await runCli(['findings', join(SAMPLES, 'half-open.pcap')])
    expect(stdout).toMatch(/^ {3}Frames: [^$]*\d+, \d+\s+its\s+repetition/m)
  })

  it('gives the same as JSON', async () => {
    const { code, stdout } = await runCli(['analyze', LOSS, '--json'])
    expect(code).toBe(0)
    const report = JSON.parse(stdout)
    expect(Object.keys(report)).toEqual([
      ...['file', 'facts', 'conversations', 'worst', 'resets', 'latency', 'lanes', 'names', 'findings'],
      ...['omitted', 'artefacts'],
    ])
    expect(report.file).toBe(LOSS)
    expect(report.facts).toMatchObject({ format: 'pcapng', compression: 'none', packets: 2162, complete: true })
    expect(report.facts.labels).toMatchObject({ retransmission: 42, duplicate_ack: 20, keep_alive: 0 })
    expect(report.facts.verdicts).toMatchObject({ fast: 7, rto: 11, tlp: 24, copy: 0 })
    expect(report.latency).toContainEqual(expect.objectContaining({ measure: 'http', count: 531, unanswered: 0 }))
    expect(report.conversations).toBe(6)
    expect(report.worst).toHaveLength(6)
    const harm = report.worst.map((row: { harmMs: number }) => row.harmMs)
    expect(harm).toEqual(harm.toSorted((a: number, b: number) => b - a))
    expect(report.worst[0]).toMatchObject({ transport: 'TCP', stream: 0, addressA: '10.244.1.17', portB: 8080 })
    const { lanes } = report
    expect(lanes.buckets).toBe(60)
    for (const lane of ['packets', 'bytes', 'retransmissions', 'resets', 'outOfOrder', 'zeroWindows', 'rttP99']) {
      expect([lane, Array.isArray(lanes[lane]), lanes[lane].length]).toEqual([lane, true, 60])
    }
    expect(lanes.packets.reduce((a: number, b: number) => a + b, 0)).toBe(2162)
    expect(report.names['10.244.2.21']).toEqual(['orders-0.orders.shop'])
    expect(report.findings[0]).toMatchObject({ kind: 'rto-tail' })
  })

  it('shows the lines of a comment as lines, none of which can be taken for its own, and steers no terminal', async () => {
    const file = join(temporaryFolder(), 'commented.pcapng')
    const comments = ['the day it broke\r\n0 packets,\tand\nso on\n', 'red \u001b[31m']
    writeFileSync(file, new PcapngWriter({ comments }).take())
    const { stdout } = await runCli(['analyze', file])
    expect(stdout).toContain(
      '\ncomment: the day it broke\n         0 packets, and\n         so on\ncomment: red \u{fffd}[31m\n',
    )
  })

  it('analyses a capture without any packet', async () => {
    const file = join(temporaryFolder(), 'none.pcap')
    writeFileSync(file, new PcapWriter({ linkType: 1 }).take())
    const { code, stdout } = await runCli(['analyze', file])
    expect([code, stdout]).toEqual([0, `${file}: pcap, 24 B\n0 packets, 0 B on the wire, 0 conversations\n`])
    expect(JSON.parse((await runCli(['analyze', file, '--json'])).stdout).worst).toEqual([])
    expect((await runCli(['expert', file])).stdout).toBe(stdout)
    expect((await runCli(['conversations', file])).stdout).toBe('No conversations.\n')
    expect((await runCli(['conversations', file, '--json'])).stdout).toBe('')
  })
})

describe('a capture with more packets than are to be kept', () => {
  it.each([
    ['a file', [LOSS], {}],
    ['standard input', ['-'], { input: pieces(readFileSync(LOSS), 10_000) }],
  ])('is analysed up to there, and that is said: %s', async (_, file, options) => {
    const { code, stdout, stderr } = await runCli(['analyze', ...file, '--max-packets', '500'], options)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('IN PART: only the first 500 packets were read, the capture goes on: ')
    expect(stdout).toContain('`--frames 501-1000`')
    expect(stdout).toMatch(/^500 packets, /m)
  })

  it('is told from a whole one in JSON', async () => {
    const facts = async (most: string): Promise<object> => {
      const { stdout } = await runCli(['analyze', LOSS, '--json', '--max-packets', most])
      return JSON.parse(stdout).facts
    }
    expect(await facts('500')).toMatchObject({
      packets: 500,
      unread: { reason: expect.stringContaining('500 packets') },
    })
    expect(await facts('2162')).not.toHaveProperty('unread')
  })

  it.each(['0', '-1', '1e3', 'many'])('is not asked for by %s', async (most) => {
    const { code, stderr } = await runCli(['analyze', LOSS, `--max-packets=${most}`])
    expect(code).toBe(2)
    expect(stderr).toContain(`--max-packets needs a number of packets, not "${most}".`)
  })
})
