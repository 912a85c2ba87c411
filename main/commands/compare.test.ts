import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PcapWriter } from '../../engine/capture-file/pcap-writer.ts'
import { framesOf } from '../../test/support/find-in.ts'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'

const SAMPLES = join(import.meta.dirname, '..', '..', 'resources', 'samples')
const LOSS = join(SAMPLES, 'loss-episode.pcapng')
const CLEAN = join(SAMPLES, 'clean.pcapng.gz')

describe('hopscope compare', { timeout: 60_000 }, () => {
  it('tells what is new, what is gone, and what stayed', async () => {
    const worse = JSON.parse((await runCli(['compare', CLEAN, LOSS, '--json'])).stdout)
    expect(worse.findings).toMatchObject({ appeared: [{ kind: 'rto-tail' }], gone: [], stayed: [] })
    const better = JSON.parse((await runCli(['compare', LOSS, CLEAN, '--json'])).stdout)
    expect(better.findings).toMatchObject({ appeared: [], gone: [{ kind: 'rto-tail' }], stayed: [] })
    const same = JSON.parse((await runCli(['compare', LOSS, LOSS, '--json'])).stdout)
    expect(same.findings).toMatchObject({ appeared: [], gone: [], stayed: [{ a: { kind: 'rto-tail' } }] })
    expect(same.labels).toContainEqual({ label: 'retransmission', a: (42 / 2162) * 1000, b: (42 / 2162) * 1000 })
  })

  it('compares two times of one capture: before the loss, and while it lasts', async () => {
    const args = ['compare', LOSS, '--range-a', '0-14', '--range-b', '14-18.5']
    const { a, b, labels, latency, findings } = JSON.parse((await runCli([...args, '--json'])).stdout)
    expect(a.packets + b.packets).toBeLessThan(2162)
    expect(labels).toContainEqual({ label: 'retransmission', a: 0, b: (42 / b.packets) * 1000 })
    const http = latency.find((one: { measure: string }) => one.measure === 'http')
    expect(http.b.p99.ns).toBeGreaterThan(5 * http.a.p99.ns)
    expect(findings).toMatchObject({ appeared: [{ kind: 'rto-tail' }], gone: [] })
    expect((await runCli(args)).stdout).toMatch(/\+ only in B: 20 segments [^]*Latency:[^]*retransmission +0\.0 +\d/)
  })

  it('says how many findings it does not know of', async () => {
    const writer = new PcapWriter({ linkType: 1 })
    const refused = '+0 A>B S 0(0)\n+1ms B>A RA 0(0) ack 1'
    const frames = Array.from({ length: 60 }, (_, i) => framesOf({ text: refused, server: 10 + i }, i)).flat()
    for (const { time, bytes, length } of frames) writer.packet(BigInt(Math.round(time)), bytes, length)
    const file = join(temporaryFolder(), 'refused.pcap')
    writeFileSync(file, writer.take())
    const { stdout } = await runCli(['compare', file, LOSS])
    expect(stdout).toContain('Not compared: 10 findings of A that did less harm;')
    expect((await runCli(['compare', CLEAN, LOSS])).stdout).not.toContain('Not compared')
  })

  it.each([
    ['nothing to compare', []],
    ['one capture without times', [LOSS]],
    ['three captures', [LOSS, LOSS, LOSS]],
    ['a time that ends before it begins', [LOSS, '--range-a', '5-2', '--range-b', '0-1']],
  ])('refuses %s', async (_, args) => {
    expect(await runCli(['compare', ...args])).toMatchObject({ code: 2, stdout: '' })
  })
})
