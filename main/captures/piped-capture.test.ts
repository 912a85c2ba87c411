import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { CaptureLibrary } from '../services/captures.ts'
import { keepPiped } from './piped-capture.ts'
import { RecentCaptures } from './recent-captures.ts'
import { Samples } from './samples.ts'

async function library() {
  const folder = temporaryFolder()
  const recent = await RecentCaptures.load(folder, () => undefined)
  return { folder: join(folder, 'captures'), recent, captures: new CaptureLibrary(recent, new Samples(folder)) }
}

describe('a capture that is piped', () => {
  it('is kept for its owner alone, served while it grows, and among the recent ones', async () => {
    const { folder, captures, recent } = await library()
    const input = new PassThrough()
    const opened = keepPiped(input, folder, captures)
    input.write(Buffer.from('d4c3b2a1', 'hex'))
    const piped = await opened
    const { path } = piped?.capture ?? { path: '' }
    expect(piped?.capture.describe()).toMatchObject({ growing: true, size: 4 })
    expect(path).toMatch(/captures\/piped_[\dT-]+\.pcap$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(recent.paths).toEqual([path])
    input.end('more')
    await piped?.ended
    expect(await readFile(path, 'latin1')).toBe('\xd4\xc3\xb2\xa1more')
    expect(piped?.capture.growing).toBe(false)
    expect(piped?.capture.failure).toBeUndefined()
  })

  it.each([
    ['0a0d0d0a1c000000', '.pcapng'],
    ['1f8b0800', '.pcap.gz'],
    ['28b52ffd04', '.pcap.zst'],
  ])('that begins with %s ends in %s', async (start, ending) => {
    const { folder, captures } = await library()
    const input = new PassThrough()
    input.end(Buffer.from(start, 'hex'))
    const piped = await keepPiped(input, folder, captures)
    await piped?.ended
    expect(piped?.capture.path).toMatch(new RegExp(`\\d${ending.replaceAll('.', '\\.')}$`))
  })

  it('leaves no file where nothing came', async () => {
    const { folder, captures } = await library()
    const input = new PassThrough()
    input.end()
    expect(await keepPiped(input, folder, captures)).toBeUndefined()
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })

  it('says why it ended where reading failed', async () => {
    const { folder, captures } = await library()
    const input = new PassThrough()
    const opened = keepPiped(input, folder, captures)
    input.write('abcd')
    const piped = await opened
    input.destroy(new Error('the pipe broke'))
    await piped?.ended
    expect(piped?.capture.failure?.message).toContain('the pipe broke')
  })
})
