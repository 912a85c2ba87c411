import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { runCli } from '../../test/support/run-cli.ts'

const CAPTURES = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'labels', 'captures')
const LOSSY = join(CAPTURES, 'lossy-server.pcap.gz')
const Line = z.looseObject({
  stream: z.number(),
  half: z.enum(['client', 'server']),
  acks: z.looseObject({ count: z.number() }),
  timestamps: z.object({
    prompt: z.number(),
    late: z.number(),
    resent: z.number(),
    shortestNs: z.number(),
    p50Ns: z.number(),
    p99Ns: z.number(),
  }),
})

const Pair = z.looseObject({ client: z.string(), server: z.string(), count: z.number(), p99Ns: z.number() })

describe('round-trips', () => {
  it('tells both halves of the path of each conversation', async () => {
    const { code, stdout, stderr } = await runCli(['round-trips', LOSSY])
    expect([code, stderr]).toEqual([0, ''])
    const [, conversations = ''] = stdout.split('\n\n')
    const lines = conversations.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^stream +A +B +half +timestamps +late +shortest +p50 +p99 +n +p50 +p99$/)
    expect(lines.slice(1).filter((line) => / client /.test(line))).toHaveLength((lines.length - 1) / 2)
  })

  it('has them as JSON, with what was sent again', async () => {
    const { stdout } = await runCli(['round-trips', LOSSY, '--json'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .flatMap((line) => Line.safeParse(JSON.parse(line)).data ?? [])
    const most = lines.filter(({ half, timestamps }) => half === 'client' && timestamps.prompt > 20)
    expect(most.length).toBeGreaterThan(0)
    for (const { timestamps } of most) expect(timestamps.shortestNs).toBeGreaterThan(3e6)
    expect(most.reduce((sum, { timestamps }) => sum + timestamps.resent, 0)).toBeGreaterThan(5)
  })

  it('tells pairs of addresses first, whose samples are those of their conversations', async () => {
    const { stdout } = await runCli(['round-trips', LOSSY])
    expect(stdout).toMatch(/^ *client +server +conversations +half +n +p50 +p90 +p99 +max\n/)
    const json = await runCli(['round-trips', LOSSY, '--json'])
    const lines = json.stdout.trimEnd().split('\n')
    const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0)
    const pairs = lines.flatMap((line) => Pair.safeParse(JSON.parse(line)).data ?? [])
    const conversations = lines.flatMap((line) => Line.safeParse(JSON.parse(line)).data ?? [])
    expect(sum(pairs.map(({ count }) => count))).toBeGreaterThan(0)
    expect(sum(pairs.map(({ count }) => count))).toBe(sum(conversations.map(({ acks }) => acks.count)))
  })

  it('says that there are none', async () => {
    const dns = join(CAPTURES, '..', '..', 'captures', 'dns-black-hole.pcap.gz')
    expect(await runCli(['round-trips', dns])).toMatchObject({ code: 0, stdout: 'No TCP conversations.\n' })
  })
})
