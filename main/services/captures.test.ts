import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startHost } from '../../test/support/host.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { Mailbox } from '../streams.ts'
import type { Visitor } from './app.ts'

describe('captures', () => {
  it('opens a file by its absolute path and remembers it, newest first', async () => {
    const { captures } = await visited()
    const [a, b] = await Promise.all([captureFile('a.pcap', 'aaaa'), captureFile('b.pcap', 'bb')])
    const source = await captures.openFile(a)
    expect(source).toMatchObject({ name: 'a.pcap', path: a, size: 4, growing: false, url: `capture/${source.id}` })
    await captures.openFile(b)
    await captures.openFile(a)
    expect(await captures.recent()).toMatchObject([
      { path: a, name: 'a.pcap', size: 4 },
      { path: b, name: 'b.pcap', size: 2 },
    ])
    await captures.forgetRecent(a)
    expect(await captures.recent()).toMatchObject([{ path: b }])
  })

  it('gives the same file the same id, also after the host was started again', async () => {
    const path = await captureFile('a.pcap', 'aaaa')
    const first = await visited()
    const { id } = await first.captures.openFile(path)
    expect((await first.captures.openFile(path)).id).toBe(id)
    const second = await visited(first.userFolder)
    expect(await second.captures.source(id)).toMatchObject({ id, path })
  })

  it('gives another file under the same name another id', async () => {
    const { captures } = await visited()
    const path = await captureFile('a.pcap', 'aaaa')
    const { id } = await captures.openFile(path)
    await writeFile(`${path}.new`, 'bbbb')
    await rename(`${path}.new`, path)
    await expect(captures.source(id)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('replaced'),
    })
    expect((await captures.openFile(path)).id).not.toBe(id)
  })

  it('hides recent files that are gone, without forgetting them', async () => {
    const { captures } = await visited()
    const path = await captureFile('a.pcap', 'aaaa')
    await captures.openFile(path)
    await rename(path, `${path}.away`)
    expect(await captures.recent()).toEqual([])
    await rename(`${path}.away`, path)
    expect(await captures.recent()).toHaveLength(1)
  })

  it('offers the samples of the installation and opens one, without counting it as recent', async () => {
    const { captures } = await visited()
    const [sample] = await captures.samples()
    expect(sample?.size).toBeGreaterThan(1000)
    expect(await captures.openSample(sample?.name ?? '')).toMatchObject({ path: sample?.path, size: sample?.size })
    expect(await captures.recent()).toEqual([])
    await expect(captures.openSample('no-such')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('says why it cannot open something', async () => {
    const { captures } = await visited()
    const folder = temporaryFolder()
    const file = join(folder, 'gone.pcap')
    await expect(captures.openFile(file)).rejects.toMatchObject({
      code: 'not-found',
      message: `${file}: There is no such file.`,
    })
    await expect(captures.openFile(folder)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('is a folder'),
    })
    await expect(captures.openFile('/dev/null')).rejects.toMatchObject({ code: 'unsupported' })
    await expect(captures.openFile('relative.pcap')).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(captures.chooseFile()).rejects.toMatchObject({ code: 'unsupported' })
    await expect(captures.source('file-0')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('opens what the person chose in the dialog, and nothing when they cancelled', async () => {
    const path = await captureFile('a.pcap', 'aaaa')
    const choices = [path, undefined]
    const { captures } = await visited(undefined, { chooseFile: async () => choices.shift() })
    expect(await captures.chooseFile()).toMatchObject({ path })
    expect(await captures.chooseFile()).toBeUndefined()
  })

  it('starts with none when the list of recent captures is damaged, and says so', async () => {
    const folder = temporaryFolder()
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'recent-captures.json'), '[{"path": 5}]')
    const { captures, warnings } = await visited(folder)
    expect(await captures.recent()).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('recent-captures.json.unreadable')])
    expect(await readFile(join(folder, 'recent-captures.json.unreadable'), 'utf8')).toBe('[{"path": 5}]')
  })

  it('keeps at most 20 recent captures', async () => {
    const { captures, host } = await visited()
    for (let index = 0; index < 25; index++) await captures.openFile(await captureFile(`${index}.pcap`, 'x'))
    expect(host.recent.paths).toHaveLength(20)
    expect(host.recent.paths[0]).toContain('24.pcap')
  })
})

async function visited(userFolder?: string, extra: Partial<Visitor> = {}) {
  const started = await startHost(userFolder)
  const { captures } = started.host.contract({ door: 'pipe', commands: new Mailbox(), ...extra })
  return { ...started, captures }
}

async function captureFile(name: string, text: string): Promise<string> {
  const path = join(temporaryFolder(), name)
  await writeFile(path, text)
  return path
}
