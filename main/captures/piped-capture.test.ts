import { appendFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
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

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

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

  it('has a name of its own where another began in the same second', async () => {
    const { folder, captures } = await library()
    vi.useFakeTimers({ toFake: ['Date'] })
    const inputs = [new PassThrough(), new PassThrough()]
    for (const input of inputs) input.end('abcd')
    const all = await Promise.all(inputs.map((input) => keepPiped(input, folder, captures)))
    for (const piped of all) await piped?.ended
    expect(await readdir(folder)).toHaveLength(2)
    expect(new Set(all.map((piped) => piped?.capture.path)).size).toBe(2)
  })

  it('ends before the piece that the disk had no room for, and says so', async () => {
    const { folder, captures } = await library()
    const input = new PassThrough()
    const opened = keepPiped(input, folder, captures)
    input.write('abcd')
    const piped = await opened
    const { path } = piped?.capture ?? { path: '' }
    const handle = await open(path)
    await handle.close()
    // As a full disk does: some of it is written.
    const handles: FileHandle = Object.getPrototypeOf(handle)
    vi.spyOn(handles, 'writeFile').mockImplementationOnce(async () => {
      appendFileSync(path, 'ef')
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    })
    input.write('efgh')
    await piped?.ended
    expect(await readFile(path, 'latin1')).toBe('abcd')
    expect(piped?.capture.failure?.message).toBe(`${path}: The disk is full.`)
    expect(input.destroyed).toBe(true)
  })

  describe('that is stopped', () => {
    /** Its last bytes are in the file, or the disk had no room for them. */
    async function stopped(write?: () => Promise<void>) {
      const { folder, captures } = await library()
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const input = new PassThrough()
      const opened = keepPiped(input, folder, captures)
      input.write('abcd')
      const piped = await opened
      if (!piped) throw new Error('bytes came')
      if (write) {
        const handle = await open(piped.capture.path)
        await handle.close()
        const handles: FileHandle = Object.getPrototypeOf(handle)
        vi.spyOn(handles, 'writeFile').mockImplementationOnce(write)
      }
      const kept = new Promise<void>((resolve) => vi.spyOn(piped.capture, 'grew').mockImplementation(resolve))
      const stopping = piped.stop()
      // Whoever writes ends as well, and has something to say before.
      input.write('last')
      return { input, capture: piped.capture, kept, stopping }
    }

    it('has the last bytes of who ends with it, and waits no longer for who does not: that is no failure', async () => {
      const { capture, kept, stopping } = await stopped()
      await kept
      vi.advanceTimersByTime(1000)
      await stopping
      expect(capture).toMatchObject({ growing: false, failure: undefined })
      expect(await readFile(capture.path, 'latin1')).toBe('abcdlast')
    })

    it('leaves no timer behind where its input ends', async () => {
      const { input, capture, stopping } = await stopped()
      input.end()
      await stopping
      expect(vi.getTimerCount()).toBe(0)
      expect(await readFile(capture.path, 'latin1')).toBe('abcdlast')
    })

    it('says that the disk had no room for the last bytes, also where that is known late', async () => {
      const { capture, stopping } = await stopped(async () => {
        vi.advanceTimersByTime(1000)
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      })
      await stopping
      expect(capture.failure?.message).toBe(`${capture.path}: The disk is full.`)
    })
  })

  it('leaves no file open and none by half where it can not be served', async () => {
    const { folder, captures } = await library()
    vi.spyOn(captures, 'openGrowing').mockRejectedValue(new Error('too many'))
    const input = new PassThrough()
    input.end('abcd')
    await expect(keepPiped(input, folder, captures)).rejects.toThrow('too many')
    const names = await readdir(folder)
    expect(await readFile(join(folder, names[0] ?? ''), 'latin1')).toBe('abcd')
    const open = await Promise.all(
      (await readdir('/proc/self/fd').catch(() => [])).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    )
    expect(open.filter((path) => path.startsWith(folder))).toEqual([])
  })

  it('says why it ended where reading failed', async () => {
    const { folder, captures } = await library()
    const input = new PassThrough()
    const opened = keepPiped(input, folder, captures)
    input.write('abcd')
    const piped = await opened
    input.destroy(new Error('the pipe broke'))
    await piped?.ended
    expect(piped?.capture.failure?.message).toBe('standard input: the pipe broke.')
  })
})
