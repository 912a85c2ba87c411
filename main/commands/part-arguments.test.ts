import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { UsageError } from './command.ts'
import { partOption } from './part-arguments.ts'

const LOSS = join(import.meta.dirname, '..', '..', 'resources', 'samples', 'loss-episode.pcapng')

describe('which part of a capture is asked for', () => {
  it.each([
    [{}, undefined],
    [{ frames: '7-9' }, { firstFrame: 7, lastFrame: 9 }],
    [{ frames: '7-' }, { firstFrame: 7 }],
    [{ frames: '-9' }, { firstFrame: 1, lastFrame: 9 }],
    [{ from: '1.5' }, { from: { since: 1.5e9 } }],
    [{ to: '0.000000001' }, { to: { since: 1 } }],
    [
      { from: '2026-03-01T14:05:00.25Z', to: '2026-03-01 15:06+01:00' },
      { from: { at: '1772373900250000000' }, to: { at: '1772373960000000000' } },
    ],
  ])('is understood: %o', (words, part) => {
    expect(partOption(words).part).toEqual(part)
  })

  it.each([
    [{ frames: '5' }, '--frames takes frame numbers as in 1000-2000, 1000- or -2000, not "5"'],
    [{ frames: '-' }, '--frames takes'],
    [{ frames: '0-5' }, 'the first frame of a capture is 1'],
    [{ frames: '9-7' }, '9 is behind 7'],
    [{ frames: '1-2', from: '0' }, 'choose --frames, or --from and --to'],
    [{ from: 'noon' }, '--from takes seconds since the first frame (12.5) or a date with time'],
    [{ to: '2026-13-01T00:00Z' }, '--to takes seconds'],
    [{ from: '5', to: '5' }, '--from 5 is not before --to 5'],
  ])('is refused with a reason: %o', (words, reason) => {
    expect(() => partOption(words)).toThrow(UsageError)
    expect(() => partOption(words)).toThrow(reason)
  })
})

describe('a part on the command line', () => {
  it('is analysed, with the numbers and times of the file', async () => {
    const { code, stdout } = await runCli(['analyze', LOSS, '--frames', '501-1500', '--json'])
    expect(code).toBe(0)
    const { facts, lanes, findings } = JSON.parse(stdout)
    expect(facts).toMatchObject({ packets: 1000, part: { before: 500 } })
    expect(lanes.from).toBe(facts.firstTime)
    const rows = findings.flatMap(({ evidence }: { evidence: { row: number }[] }) => evidence.map(({ row }) => row))
    expect(rows.length).toBeGreaterThan(0)
    expect(Math.min(...rows)).toBeGreaterThanOrEqual(500)
    expect((await runCli(['analyze', LOSS, '--frames', '501-1500'])).stdout).toContain('only frames 501 to 1500, from ')
  })

  it('is exported, and the export says of which part it is', async () => {
    const out = join(temporaryFolder(), 'part.pcapng')
    const { code, stderr } = await runCli(['export', LOSS, '--from', '14', '--to', '15', '-o', out])
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/only frames \d+ to \d+, from 14\.\d+ s after the first frame/),
    ])
    const { stdout } = await runCli(['frames', out])
    const part = await runCli(['frames', LOSS, '--from', '14', '--to', '15'])
    expect(stdout.split('\n')).toHaveLength(part.stdout.split('\n').length)
  })

  it('that is not there is an error with what is', async () => {
    const { code, stdout, stderr } = await runCli(['findings', LOSS, '--frames', '5000-'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /there is no frame 5000: the capture has 2,162 frames, the latest of them 32 s after the first/,
    )
    const early = await runCli(['findings', LOSS, '--to', '2001-01-01T00:00:00Z'])
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('the first one is behind it already')])
  })
})
