import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MOST_JOINED_BYTES } from '../../../common/model/joined-capture.ts'
import { startHost } from '../../../test/support/host.ts'
import { openLink } from '../../../test/support/open-link.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { answerPage } from '../../electron/page-scheme-answer.ts'
import { CaptureStore } from './capture-store.ts'

const ORDER = { title: 'web and db', from: ['web.pcap', 'db.pcap'], bytes: 10 }
const FACTS = { packets: 9, points: ['web', 'db'], startedAt: 1_800_000_000_000, endedAt: 1_800_000_000_230 }

describe('captures that a window puts together', () => {
  it('are in the library once they are whole, with what they were joined of', async () => {
    const { contract, begin, send, files, library } = await started()
    const { id } = await begin()
    expect(await send(id, 0, 'first ')).toMatchObject({ status: 200 })
    expect(await send(id, 6, 'last')).toMatchObject({ status: 200 })
    expect(await library()).toEqual([])
    const source = await contract.capturing.finishJoined(id, FACTS)
    expect(source).toMatchObject({ name: expect.stringMatching(/^web-and-db_.*\.pcapng$/), size: 10, growing: false })
    expect(await readFile(source.path, 'utf8')).toBe('first last')
    expect(new Set(await files())).toEqual(new Set([source.name, `${source.name}.capture.json`]))
    expect(await library()).toMatchObject([
      { ...FACTS, title: 'web and db', state: 'complete', context: '', joined: ['web.pcap', 'db.pcap'] },
    ])
    expect((await library())[0]).not.toHaveProperty('order')
    expect(await contract.captures.recent()).toMatchObject([{ path: source.path }])
    // It is like any other from now on.
    await contract.capturing.deleteCapture(source.name)
    expect(await files()).toEqual([])
  })

  it('say what is missing in them', async () => {
    const { contract, begin, send, library } = await started()
    const { id } = await begin()
    await send(id, 0, 'all')
    await contract.capturing.finishJoined(id, { ...FACTS, message: 'db.pcap ends at byte 5: cut.' })
    expect(await library()).toMatchObject([{ state: 'incomplete', message: 'db.pcap ends at byte 5: cut.' }])
  })

  it('leave nothing when the window wants them no more', async () => {
    const { begin, send, files } = await started()
    const { id, cancel } = await begin()
    await send(id, 0, 'some')
    expect(await files()).toHaveLength(2)
    await cancel()
    await vi.waitFor(async () => expect(await files()).toEqual([]))
    expect(await send(id, 4, 'more')).toMatchObject({ status: 404 })
  })

  it('leave nothing when the window or the host is gone', async () => {
    for (const end of ['window', 'host'] as const) {
      const { begin, send, files, host, link } = await started()
      const { id } = await begin()
      await send(id, 0, 'some')
      if (end === 'window') await link[Symbol.asyncDispose]()
      else await host.close()
      await vi.waitFor(async () => expect(await files()).toEqual([]))
    }
  })

  it('take their bytes one behind the other, and only so many at once', async () => {
    for (const wrong of [
      { at: 5, bytes: 'behind a hole' },
      { at: 0, bytes: Buffer.alloc(MOST_JOINED_BYTES + 1) },
    ]) {
      const { begin, send, host } = await started()
      const { id } = await begin()
      expect(await send(id, wrong.at, wrong.bytes)).toMatchObject({ status: 400 })
      // Never read either.
      const asked = { method: 'GET', id, query: new URLSearchParams(), range: undefined }
      expect(await host.data(asked, new AbortController().signal)).toMatchObject({ status: 400 })
    }
  })

  it('leave nothing where the disk is full, and say so', async () => {
    const { begin, send, files, folder } = await started()
    const { id } = await begin()
    await send(id, 0, 'some')
    const file = vi
      .spyOn(await fileHandlePrototype(), 'write')
      .mockRejectedValueOnce(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }))
    onTestFinished(() => file.mockRestore())
    const { status, message } = await send(id, 4, 'more')
    expect(status).toBe(409)
    expect(message).toBe(
      `The joined capture can't be kept in ${folder}: The disk is full. Nothing is left of it there; the captures that it was made of are as they were.`,
    )
    expect(await files()).toEqual([])
  })

  it('do not begin where there is no room, or nothing to join', async () => {
    const { contract, files } = await started()
    await expect(read(contract.capturing.beginJoined({ ...ORDER, bytes: 1e15 }))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^The joined capture takes at least 1000000000 MB, and .* has room for \d+ MB: /),
    })
    await expect(read(contract.capturing.beginJoined({ ...ORDER, from: ['one.pcap'] }))).rejects.toMatchObject({
      code: 'invalid-argument',
    })
    expect(await files()).toEqual([])
  })

  it('of a host that is gone are removed, of one that runs and of nobody are not', async () => {
    const dataFolder = temporaryFolder()
    const folder = join(dataFolder, 'captures')
    await mkdir(folder)
    const about = (pid: number) =>
      JSON.stringify({ version: 1, title: 'x', context: '', startedAt: 1, state: 'live', points: [], pid, joined: [] })
    for (const [name, pid] of [
      ['gone', 2 ** 22 + 1],
      ['runs', process.ppid],
    ] as const) {
      await writeFile(join(folder, `${name}.pcapng.unfinished`), 'half')
      await writeFile(join(folder, `${name}.pcapng.capture.json`), about(pid))
    }
    await writeFile(join(folder, 'mine.unfinished'), 'put there by the person')
    await new CaptureStore(folder, { dataFolder, samplesFolder: '/none' }).removeUnfinished()
    expect(new Set(await readdir(folder))).toEqual(
      new Set(['mine.unfinished', 'runs.pcapng.capture.json', 'runs.pcapng.unfinished']),
    )
    // As it is before the machine was started anew: whoever has its number now is somebody else.
    await utimes(join(folder, 'runs.pcapng.capture.json'), 1, 1)
    await new CaptureStore(folder, { dataFolder, samplesFolder: '/none' }).removeUnfinished()
    expect(await readdir(folder)).toEqual(['mine.unfinished'])
  })

  it("come through the desktop's door, too", async () => {
    const { begin, host, contract } = await started()
    const { id, url } = await begin()
    const options = { host, page: temporaryFolder(), devOrigin: undefined }
    const post = (at: number, body: string) =>
      answerPage(options, new Request(`hopscope://app/${url}?at=${at}`, { method: 'POST', body }))
    expect((await post(0, 'all of ')).status).toBe(200)
    expect((await post(7, 'it')).status).toBe(200)
    const { path } = await contract.capturing.finishJoined(id, FACTS)
    expect(await readFile(path, 'utf8')).toBe('all of it')
  })
})

async function started() {
  const userFolder = temporaryFolder()
  const folder = join(userFolder, 'captures')
  const { host } = await startHost(userFolder)
  const link = await openLink(host)
  onTestFinished(() => link[Symbol.asyncDispose]())
  const contract = link.host
  const begin = async () => {
    const { value, cancel } = await read(contract.capturing.beginJoined(ORDER))
    return { ...value, cancel }
  }
  const send = async (id: string, at: number, text: string | Uint8Array) => {
    const query = new URLSearchParams({ at: String(at) })
    const body = new Blob([Buffer.from(text)]).stream()
    const answer = await host.data({ method: 'POST', id, query, range: undefined, body }, new AbortController().signal)
    let said = ''
    for await (const piece of answer.body ?? []) said += Buffer.from(piece).toString()
    const message: unknown = said === '' ? undefined : JSON.parse(said).message
    return { status: answer.status, message }
  }
  const files = async () => readdir(folder).catch(() => [])
  const library = async () => {
    const { value, cancel } = await read(contract.capturing.watchLibrary())
    await cancel()
    return value
  }
  return { host, link, contract, folder, begin, send, files, library }
}

/** The first value of a subscription. */
async function read<T>(subscribing: Promise<{ getReader(): Reader<T> }>) {
  const reader = (await subscribing).getReader()
  const first = await reader.read()
  if (first.done) throw new Error('It ended.')
  return { value: first.value, cancel: () => reader.cancel() }
}

interface Reader<T> {
  read(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true; readonly value?: unknown }>
  cancel(): Promise<void>
}

async function fileHandlePrototype(): Promise<{ write: (...args: never[]) => Promise<unknown> }> {
  const { open } = await import('node:fs/promises')
  await using file = await open(import.meta.filename)
  return Object.getPrototypeOf(file)
}
