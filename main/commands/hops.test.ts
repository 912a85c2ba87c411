import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { captureOf, lookupsAtTwoPoints, seenAtTwoPoints, type Sighting } from '../../test/support/two-points.ts'

function capture(file: string, points: Readonly<Record<string, readonly Sighting[]>>): string {
  const path = join(temporaryFolder(), file)
  writeFileSync(path, captureOf(points))
  return path
}

describe('hopscope hops', { timeout: 60_000 }, () => {
  it('tells on which hop of a capture a packet died, and when it came again', async () => {
    const { near, far } = seenAtTwoPoints()
    const { code, stdout } = await runCli(['hops', capture('both.pcapng', { web: near, db: far })])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^1 segment died on the way from web to db\.\n/)
    expect(stdout).toContain('1 connection seen at several of 2 points.')
    expect(stdout).toMatch(/^web -> db +3 +1 +33 % +300 B +1\.00 ms +1\.00 ms +0\.00 ms/m)
    expect(stdout).toMatch(
      /^web -> db +5 +TCP 0 +segment +10\.0\.0\.1:40000 -> db\.shop 10\.0\.0\.2:80 +300 +frame \d, after 210 ms$/m,
    )
  })

  it('joins captures of machines whose clocks differ, and names the capture of each frame', async () => {
    const { near, far } = seenAtTwoPoints(5_000)
    const files = [capture('web.pcapng', { eth0: near }), capture('db.pcapng.gz', { eth0: far })]
    const { stdout } = await runCli(['hops', ...files])
    expect(stdout).toContain('The clock of db is 5.00 s (+- 1.00 ms) ahead of that of web.')
    expect(stdout).toMatch(/^web -> db +web +3 +TCP 0 /m)
    const report = JSON.parse((await runCli(['hops', ...files, '--json'])).stdout)
    expect(report).toMatchObject({
      connections: 1,
      alone: 0,
      queries: 0,
      made: [],
      unanswered: [],
      points: [
        { name: 'web', segments: 5 },
        { name: 'db', segments: 4 },
      ],
      lost: [{ from: 'web', to: 'db', kind: 'segment', stream: 0, frame: 3, time: 10e6, bytes: 300, again: 4 }],
    })
    expect(report.hops[0]).toMatchObject({ from: 'web', to: 'db', segments: 3, lost: 1, lostBytes: 300 })
    expect(report.hops[0].delay.oneWay).toEqual({ leastNs: 1e6, errorNs: 1e6, aheadNs: 5_000e6 })
  })

  it('tells on which hop a DNS query died, and which one was not answered', async () => {
    const { stdout } = await runCli(['hops', capture('dns.pcapng', lookupsAtTwoPoints())])
    expect(stdout).toMatch(/^1 of 23 DNS queries died on the way from pod to node\.\n/)
    expect(stdout).toContain('1 DNS query came to node, and no answer from there.')
    expect(stdout).toMatch(/^pod -> node +23 +1 +4\.3 % /m)
    expect(stdout).toMatch(
      /^pod -> node +\d+ +UDP 3 +DNS query A lost\.shop +10\.0\.0\.1:40020 -> db\.shop 10\.0\.0\.2:53 +27 +frame \d+, after 5\.00 s$/m,
    )
    expect(stdout).toContain('22 connections and UDP flows seen at several of 2 points.')
    const { pod, node } = lookupsAtTwoPoints([])
    const one = { pod: pod.slice(0, 2), node: node.slice(0, 2) }
    expect((await runCli(['hops', capture('one.pcapng', one)])).stdout).toContain('1 connection or UDP flow seen at')
    expect(stdout).toMatch(/^node +\d+ +UDP 4 +DNS query A silent\.shop +10\.0\.0\.1:40021 -> /m)
  })

  it('says what is wanting where there is one point, and where nothing is shared', async () => {
    const { near } = seenAtTwoPoints()
    const alone = await runCli(['hops', capture('one.pcapng', { web: near })])
    expect(alone).toMatchObject({ code: 1, stdout: '' })
    expect(alone.stderr).toContain('one capture point only')
    const other = near.map(({ bytes, ...rest }) => ({
      ...rest,
      bytes: bytes.map((b, i) => (i > 37 && i < 46 ? b ^ 0x5a : b)),
    }))
    const { stdout } = await runCli(['hops', capture('two.pcapng', { web: near, db: other })])
    expect(stdout).toContain('or other connections, or UDP whose sender NAT changed, or a proxy between them')
  })

  it.each([
    ['no capture', []],
    ['standard input twice', ['-', '-']],
  ])('refuses %s', async (_, args) => {
    expect(await runCli(['hops', ...args])).toMatchObject({ code: 2, stdout: '' })
  })
})
