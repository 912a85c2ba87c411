import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../test/support/run-cli.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'

const LOSS = join(import.meta.dirname, '..', '..', 'resources', 'samples', 'loss-episode.pcapng')

describe('hopscope report', { timeout: 60_000 }, () => {
  it('writes one HTML file with charts, or Markdown, by the name it is given', async () => {
    const folder = temporaryFolder()
    const [html, markdown] = [join(folder, 'r.html'), join(folder, 'r.md')]
    expect(await runCli(['report', LOSS, '-o', html])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await runCli(['report', LOSS, '-o', markdown, '--filter', 'tcp.stream == 0'])).toMatchObject({ code: 0 })
    const page = readFileSync(html, 'utf8')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page.match(/<svg /g)?.length).toBeGreaterThanOrEqual(3)
    expect(page).toContain('Packet loss, paid with time-outs')
    expect(page).not.toContain(import.meta.dirname)
    const text = readFileSync(markdown, 'utf8')
    expect(text).toMatch(/^# What happened in loss-episode\.pcapng\n/)
    expect(text).toContain('\n    tcp.stream == 0\n')
    expect(text).toContain('| TCP 0 |')
    expect(text).not.toContain('| TCP 1 |')
  })

  it('refuses a filter that is none before it reads, and the capture itself as the place', async () => {
    expect(await runCli(['report', LOSS, '-o', '-', '--filter', 'tcp.prot == 1'])).toMatchObject({
      code: 2,
      stdout: '',
    })
    expect(await runCli(['report', LOSS, '-o', LOSS])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is the capture itself.'),
    })
  })
})
