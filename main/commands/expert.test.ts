import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../test/support/run-cli.ts'

const SAMPLES = join(import.meta.dirname, '..', '..', 'resources', 'samples')
const LOSS = join(SAMPLES, 'loss-episode.pcapng')
const ZIPPED = join(SAMPLES, 'idle-resets.pcapng.gz')
const TWICE = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'labels', 'captures', 'any-node.pcap.gz')

/** What `expert` tells of a conversation, out of what `analyze` does. */
function harmOf(row: object): object {
  const told = [
    'transport',
    'stream',
    'addressA',
    'portA',
    'addressB',
    'portB',
    'harmMs',
    'harm',
    'state',
    'resetCause',
  ]
  return Object.fromEntries(Object.entries(row).filter(([key]) => told.includes(key)))
}

describe('expert', () => {
  it('tells labels and verdicts with their first frames, and who lost time, in few lines', async () => {
    const { code, stdout, stderr } = await runCli(['expert', LOSS])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').length).toBeLessThan(30)
    expect(stdout).toContain('2,162 packets, 921 kB on the wire, 6 conversations')
    expect(stdout).toMatch(/^label +packets +conversations +first frame$/m)
    expect(stdout).toMatch(/^tcp\.analysis\.retransmission +42 +6 +980$/m)
    expect(stdout).toMatch(/^tlp +24 +6 +980 +10 +12 +14 +4 +tail loss probe$/m)
    expect(stdout).toMatch(
      /^TCP 0 +checkout-7d9f6c5b8-xk2lp.shop 10\.244\.1\.17:44142 +orders-0.orders.shop 10\.244\.2\.21:8080 +1\.31 s /m,
    )
    const { stdout: resets } = await runCli(['expert', ZIPPED])
    expect(resets).toMatch(
      /^Reset: 5 connections to ledger\.shop\.svc\.cluster\.local 10\.96\.120\.4:443, by somebody else in the name of one end /m,
    )
  })

  it.each([LOSS, ZIPPED, TWICE])('counts as analyze does, in JSON: %s', async (file) => {
    const analysis = JSON.parse((await runCli(['analyze', file, '--json'])).stdout)
    const report = JSON.parse((await runCli(['expert', file, '--json'])).stdout)
    expect(Object.keys(report)).toEqual([
      ...['file', 'facts', 'conversations', 'labels', 'verdicts', 'resets', 'worst', 'names'],
    ])
    for (const key of ['facts', 'conversations', 'resets', 'names']) expect(report[key]).toEqual(analysis[key])
    for (const key of ['labels', 'verdicts']) {
      const packets = Object.entries<{ packets: number }>(report[key]).map(([name, count]) => [name, count.packets])
      expect(Object.fromEntries(packets)).toEqual(analysis.facts[key])
    }
    const harmed = analysis.worst.filter((row: { harmMs: number }) => row.harmMs > 0)
    expect(report.worst).toEqual(harmed.map((row: object) => expect.objectContaining(harmOf(row))))
  })

  it('counts what a filter matches, also by requests and names that are not looked for otherwise', async () => {
    const { code, stdout } = await runCli(['expert', LOSS, '--filter', 'http.time > 0.3', '--json'])
    const { matched, conversations, facts, labels } = JSON.parse(stdout)
    expect([code, conversations, facts.labels.retransmission]).toEqual([0, 6, 42])
    const { stderr } = await runCli(['export', LOSS, '--filter', 'http.time > 0.3', '-o', '/dev/null'])
    expect(stderr).toContain(`${matched} of 2,162 packets`)
    expect(matched).toBeGreaterThan(0)
    expect(labels.retransmission.packets).toBeLessThan(42)
    const again = await runCli(['expert', LOSS, '--filter', 'tcp.stream == 0'])
    expect(again.stdout).toContain('of these the filter matches 317 packets\n')
    expect(again.stdout).toMatch(/^tcp\.analysis\.retransmission +6 +1 +1017$/m)
    expect(again.stdout.match(/^TCP \d/gm)).toEqual(['TCP 0'])
  })

  it('looks at a part, with the frame numbers of the file', async () => {
    const { stdout } = await runCli(['expert', LOSS, '--frames', '990-1100', '--json'])
    const { facts, labels } = JSON.parse(stdout)
    expect(facts.packets).toBe(111)
    expect(labels.retransmission.firstRow).toBeGreaterThan(988)
    expect(labels.retransmission.firstRow).toBeLessThan(1100)
    expect(labels.zero_window).toEqual({ packets: 0, conversations: 0 })
    const few = await runCli(['expert', LOSS, '--max-packets', '500'])
    expect(few.stdout).toContain('IN PART: only the first 500 packets were read')
  })
})
