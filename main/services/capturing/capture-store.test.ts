import { appendFile, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { CaptureFile } from '../../kubernetes/capture/capture-file.ts'
import { journalOf, partsOf, writeManifest } from '../../kubernetes/capture/capture-manifest.ts'
import { SegmentPackets } from '../../kubernetes/capture/segment-packets.ts'
import { NoteFile } from '../../notes/note-file.ts'
import { type About, CaptureStore } from './capture-store.ts'

const TARGET = { kind: 'pod', namespace: 'shop', pod: 'web' } as const

describe('the captures that are kept', () => {
  it('say how many notes are on each, and take them along when they are deleted', async () => {
    const dataFolder = temporaryFolder()
    const folder = join(dataFolder, 'captures')
    const places = { dataFolder, samplesFolder: '/none' }
    await mkdir(folder)
    for (const name of ['noted.pcapng', 'plain.pcapng']) await writeFile(join(folder, name), 'x')
    const notes = await NoteFile.of(join(folder, 'noted.pcapng'), places)
    const said = { anchor: { kind: 'capture' }, createdAt: 1, editedAt: 1 } as const
    await notes.put({ ...said, id: 'a', text: 'from the shop' })
    await notes.put({ ...said, id: 'b', text: 'Friday' })

    const store = new CaptureStore(folder, places)
    const reader = (await store.watch()).getReader()
    const counts = async () => {
      const { done, value } = await reader.read()
      return done ? undefined : Object.fromEntries(value.map((one) => [one.name, one.notes]))
    }
    expect(await counts()).toEqual({ 'noted.pcapng': 2, 'plain.pcapng': undefined })
    await store.delete('noted.pcapng')
    expect(await counts()).toEqual({ 'plain.pcapng': undefined })
    expect(await readdir(folder)).toEqual(['plain.pcapng'])
    await reader.cancel()
  })

  it('have names of their own, also where two of us begin in the same second', async () => {
    const dataFolder = temporaryFolder()
    const stores = [1, 2, 3].map(() => new CaptureStore(dataFolder, { dataFolder, samplesFolder: '/none' }))
    const names = await Promise.all(stores.map((store) => store.newName('web')))
    expect(new Set(names).size).toBe(3)
    // One that did not begin takes nothing of anybody's along.
    const [store] = stores
    const [name = ''] = names
    await writeFile(join(dataFolder, name), 'put there by the person')
    await store?.discard(name)
    expect(await readdir(dataFolder)).toContain(name)
  })

  it('are listed as they are, also while what they were is still being looked at', async () => {
    const dataFolder = temporaryFolder()
    const store = new CaptureStore(dataFolder, { dataFolder, samplesFolder: '/none' })
    const name = await store.newName('web')
    await writeFile(store.pathOf(name), 'x')
    const about = { version: 1, title: 'web', context: 'c', startedAt: 1, packets: 0, pid: process.pid } as const
    const order = { context: 'c', title: 'web', targets: [TARGET], filter: '', snapLength: 0 }
    await store.write(name, { ...about, points: [], state: 'live', order })
    const reader = (await store.watch()).getReader()
    const listed: unknown[] = []
    const reading = (async () => {
      for (let all = await reader.read(); !all.done; all = await reader.read()) listed.push(all.value[0]?.state)
    })()
    const { promise: written, resolve } = Promise.withResolvers<void>()
    const was = await store.about(name)
    vi.spyOn(store, 'about').mockImplementationOnce(() => written.then(() => was))
    const before = store.refresh()
    await store.write(name, { ...about, points: [], state: 'complete', order })
    resolve()
    await before
    await setImmediate()
    await reader.cancel()
    await reading
    expect(listed).toEqual(['live', 'complete'])
  })

  it('are live until what became of them is written', async () => {
    const dataFolder = temporaryFolder()
    const store = new CaptureStore(dataFolder, { dataFolder, samplesFolder: '/none' })
    const name = await store.newName('web')
    await writeFile(store.pathOf(name), 'x')
    const order = { context: 'c', title: 'web', filter: '', snapLength: 0 }
    const rest = { version: 1, title: 'web', context: 'c', startedAt: 1, pid: process.pid } as const
    const live: About = { ...rest, state: 'live', points: [], order: { ...order, targets: [TARGET] } }
    await store.write(name, live)
    const reader = (await store.watch()).getReader()
    await reader.read()
    let written: Promise<void> | undefined
    vi.spyOn(store, 'about').mockImplementationOnce(async () => {
      written = store.write(name, { ...live, state: 'complete' })
      return live
    })
    const next = reader.read()
    await store.refresh()
    const { done, value } = await next
    expect(done ? '' : value[0]?.state).toMatch(/^(live|complete)$/)
    await written
    await reader.cancel()
  })

  it('are gone on with once at a time, and not touched while another process captures them', async () => {
    const dataFolder = temporaryFolder()
    const store = new CaptureStore(dataFolder, { dataFolder, samplesFolder: '/none' })
    const name = await store.newName('web')
    await writeFile(store.pathOf(name), 'x')
    const about = { version: 1, title: 'web', context: 'c', startedAt: 1, packets: 0, points: [] } as const
    const order = { context: 'c', title: 'web', targets: [TARGET], filter: '', snapLength: 0 }
    // The process that runs the tests is one, and is not this one.
    await store.write(name, { ...about, points: [], state: 'live', pid: process.ppid, order })
    await store.letGo(name)
    await expect(store.claim(name)).rejects.toThrow(`Another Hopscope (process ${process.ppid}) is capturing it`)
    await expect(store.delete(name)).rejects.toThrow('stop it there first')
    // Written before the machine was started: it is another process by now.
    await utimes(`${store.pathOf(name)}.capture.json`, 1, 1)
    expect(await store.claim(name)).toMatchObject({ title: 'web' })
    await expect(store.claim(name)).rejects.toThrow('It is being captured already.')
    await expect(store.delete(name)).rejects.toThrow('stop it first')
    await store.letGo(name)
    await store.delete(name)
    expect(await readdir(dataFolder)).toEqual([])
  })

  it('can be deleted where capturing them did not begin, as what they are could not be written', async () => {
    const dataFolder = temporaryFolder()
    const store = new CaptureStore(dataFolder, { dataFolder, samplesFolder: '/none' })
    const name = await store.newName('web')
    await writeFile(store.pathOf(name), 'x')
    const order = { context: 'c', title: 'web', targets: [TARGET], filter: '', snapLength: 0 }
    const inTheWay = `${store.pathOf(name)}.capture.json.${process.pid}.new`
    await mkdir(inTheWay)
    const about = { version: 1, title: 'web', context: 'c', startedAt: 1, points: [], order } as const
    await expect(store.write(name, { ...about, points: [], state: 'live', pid: process.pid })).rejects.toThrow(name)
    const reader = (await store.watch()).getReader()
    expect((await reader.read()).value).not.toContainEqual(expect.objectContaining({ state: 'live' }))
    await reader.cancel()
    await rm(inTheWay, { recursive: true })
    await store.delete(name)
    expect(await readdir(dataFolder)).toEqual([])
  })

  it('say how many packets are in one that could not be brought to its end, as on a full disk', async () => {
    const dataFolder = temporaryFolder()
    const folder = join(dataFolder, 'captures')
    const store = new CaptureStore(folder, { dataFolder, samplesFolder: '/none' })
    const name = await store.newName('web')
    const path = store.pathOf(name)
    const order = { context: 'c', title: 'web', targets: [TARGET], filter: '', snapLength: 0 }
    const begun = { version: 1, title: 'web', context: 'c', startedAt: 1, packets: 0, points: [] as string[] } as const
    await store.write(name, { ...begun, state: 'live', pid: process.pid, order })

    const file = await CaptureFile.create(path, journalOf(path), true)
    await writeManifest(path, {
      version: 2,
      id: 'x',
      context: 'c',
      server: 's',
      startedAt: 1,
      stopping: false,
      snapLength: 0,
      points: [],
    })
    const packets = new SegmentPackets()
    packets.begin(0)
    packets.add(segment(3))
    const facts = { name: 'web:eth0', description: '', filter: '', linkType: 1, snapLength: 65535 }
    const batch = packets.accept(() => file.addInterface(0, facts))
    file.join(0)
    if (batch) await file.add(0, batch)
    await file.flush()
    await file.close()
    // Packets that the journal had no room to tell of, and one by half.
    await appendFile(path, Buffer.concat([block(), block(), block().subarray(0, 20)]))

    // What came of it can't be written: a folder is in the way.
    await mkdir(`${path}.capture.json.${process.pid}.new`)
    await expect(store.write(name, { ...begun, state: 'incomplete', pid: process.pid, order })).rejects.toThrow()
    const reader = (await store.watch()).getReader()
    const { value } = await reader.read()
    expect(value).toMatchObject([{ name, state: 'interrupted', packets: 5 }])

    // It could be told after all: with its parts it can still be gone on with, without them not.
    await rm(`${path}.capture.json.${process.pid}.new`, { recursive: true })
    const message = 'The disk is full.'
    await store.write(name, { ...begun, packets: 5, state: 'incomplete', message, pid: process.pid, order })
    expect((await reader.read()).value).toMatchObject([{ name, state: 'interrupted', message }])
    await rm(partsOf(path), { recursive: true })
    await store.refresh()
    expect((await reader.read()).value).toMatchObject([{ name, state: 'incomplete', message }])
    await reader.cancel()
  })
})

const words = (...values: readonly number[]) => Buffer.from(Uint32Array.from(values).buffer)

/** As tcpdump writes it, with so many packets of four bytes. */
function segment(count: number): Buffer {
  const head = words(0xa1b23c4d, 0, 0, 0, 65535, 1)
  return Buffer.concat([head, ...Array.from({ length: count }, (_, at) => words(1_700_000_000, at, 4, 4, 0))])
}

/** An enhanced packet block of a packet of four bytes. */
const block = () => words(6, 36, 0, 0, 0, 4, 4, 0, 36)
