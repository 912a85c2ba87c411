import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { ApiConnection } from '../api-connection.ts'
import { DEFAULT_SETTINGS } from './capture-container.ts'
import { CaptureFile } from './capture-file.ts'
import { journalOf, type ManifestPoint, partsOf, writeManifest } from './capture-manifest.ts'
import { CaptureNames } from './capture-names.ts'
import { CapturePoint } from './capture-point.ts'
import { ClusterCapture } from './cluster-capture.ts'
import { Ledger } from './ledger.ts'
import { PointCapture } from './point-capture.ts'

const connection = { cluster: { server: 'https://cluster' }, now: () => Date.now() } as unknown as ApiConnection
const target = { kind: 'node', node: 'node-a' } as const
const manifest: ManifestPoint = {
  node: 'node-a',
  interface: 'any',
  filter: '',
  place: { namespace: 'debug', pod: 'hopscope-1', container: 'capture', enter: [], rung: 'node-network' },
  job: { id: 'x-0', command: [], seconds: 1, segments: 2, leaseSeconds: 60, giveUpMs: 1000 },
}

/** What the points of a capture at a node are asked to remove. */
let removed: number[]
let removing: Promise<void>
beforeEach(() => {
  removed = []
  removing = Promise.resolve()
  vi.spyOn(CaptureNames.prototype, 'read').mockResolvedValue()
  vi.spyOn(CaptureNames.prototype, 'readAgain').mockResolvedValue([])
  vi.spyOn(CapturePoint.prototype, 'prepare').mockImplementation(async function (this: CapturePoint) {
    this.place = manifest.place
    this.manifest = manifest
  })
  vi.spyOn(CapturePoint.prototype, 'release').mockImplementation(async function (this: CapturePoint) {
    removed.push(this.id)
    await removing
  })
})
afterEach(() => void vi.restoreAllMocks())

function surroundings() {
  const folder = temporaryFolder()
  const ledger = new Ledger(join(folder, 'ledger.jsonl'))
  const file = join(folder, 'c.pcapng')
  return { connection, context: 'c', container: DEFAULT_SETTINGS, debugNamespace: 'debug', ledger, file }
}

/** Of which nothing was fetched yet. */
async function interrupted() {
  const request = surroundings()
  const { file, context } = request
  const { server } = connection.cluster
  await (await CaptureFile.create(file, journalOf(file), true)).close()
  const rest = { version: 2, id: 'x', startedAt: 1, stopping: false, snapLength: 0 } as const
  await writeManifest(file, { ...rest, context, server, points: [manifest] })
  return request
}

describe('a capture that ends otherwise than it should', () => {
  it('removes what it made where the disk was full before tcpdump began, and promises nothing', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    vi.spyOn(CaptureFile.prototype, 'addNames').mockRejectedValue(full)
    const request = surroundings()
    const capture = ClusterCapture.create({ ...request, targets: [target], capture: { filter: '', snapLength: 0 } })
    await expect(capture.run()).rejects.toThrow(
      `The disk is full: ${request.file} can't be written. Make room, or name another folder.`,
    )
    expect(removed).toEqual([0])
    expect(readdirSync(dirname(request.file))).toEqual([])
  })

  it('leaves no empty file where tcpdump could be started nowhere', async () => {
    vi.spyOn(PointCapture.prototype, 'start').mockRejectedValue(new Error('There is no such interface.'))
    const request = surroundings()
    const capture = ClusterCapture.create({ ...request, targets: [target], capture: { filter: '', snapLength: 0 } })
    await expect(capture.run()).rejects.toThrow('There is no such interface.')
    expect(capture.status).toMatchObject({ state: 'failed', bytes: 0 })
    expect(readdirSync(dirname(request.file))).toEqual([])
  })

  it('gives back the file that it was to overwrite, and what lay beside it', async () => {
    vi.spyOn(PointCapture.prototype, 'start').mockRejectedValue(new Error('There is no such interface.'))
    const request = await interrupted()
    const folder = dirname(request.file)
    writeFileSync(request.file, 'an hour of packets')
    const all = () => new Set(readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    const before = all()
    const manifest = readFileSync(join(partsOf(request.file), 'capture.json'), 'utf8')
    const asked = { ...request, force: true, targets: [target], capture: { filter: '', snapLength: 0 } }
    await expect(ClusterCapture.create(asked).run()).rejects.toThrow('There is no such interface.')
    const full = vi.spyOn(CaptureFile, 'create').mockRejectedValue(new Error('The disk is full.'))
    await expect(ClusterCapture.create(asked).run()).rejects.toThrow('The disk is full.')
    full.mockRestore()
    expect(all()).toEqual(before)
    expect(readFileSync(request.file, 'utf8')).toBe('an hour of packets')
    expect(readFileSync(join(partsOf(request.file), 'capture.json'), 'utf8')).toBe(manifest)
  })

  it('overwrites a file, also through a link, once it has begun', async () => {
    vi.spyOn(PointCapture.prototype, 'start').mockResolvedValue()
    vi.spyOn(PointCapture.prototype, 'run').mockImplementation(async function (this: PointCapture) {
      return this.progress
    })
    const request = await interrupted()
    const folder = dirname(request.file)
    const link = join(folder, 'link.pcapng')
    symlinkSync(request.file, link)
    writeFileSync(request.file, 'an hour of packets')
    for (const file of [request.file, link]) {
      const asked = { ...request, file, force: true, targets: [target], capture: { filter: '', snapLength: 0 } }
      await ClusterCapture.create(asked).run()
      expect(readFileSync(request.file).readUInt32LE(0)).toBe(0x0a0d0d0a)
    }
    expect(readdirSync(folder).filter((name) => /before|parts/.test(name))).toEqual([])
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('leaves what may hold packets where it can not be gone on with now', async () => {
    const request = await interrupted()
    vi.spyOn(CaptureFile, 'reopen').mockRejectedValue(new Error('no journal'))
    await expect((await ClusterCapture.resume(request)).run()).rejects.toThrow('no journal')
    expect(removed).toEqual([])
  })

  it('can be gone on with once more where its host ends before its pods were heard', async () => {
    const request = await interrupted()
    const abandoned = Promise.withResolvers<never>()
    vi.spyOn(PointCapture.prototype, 'abandon').mockImplementation(() => abandoned.reject(new Error('given up')))
    const start = vi.spyOn(PointCapture.prototype, 'start').mockReturnValue(abandoned.promise)
    const capture = await ClusterCapture.resume(request)
    const done = expect(capture.run()).rejects.toThrow('Hopscope ended before all was fetched.')
    await vi.waitFor(() => expect(start).toHaveBeenCalled())
    capture.leave()
    await done
    expect(removed).toEqual([])
    expect(existsSync(partsOf(request.file))).toBe(true)
  })

  it('is not stopped any more while what it made is being removed', async () => {
    const request = await interrupted()
    const slow = Promise.withResolvers<void>()
    removing = slow.promise
    vi.spyOn(PointCapture.prototype, 'start').mockRejectedValue(new Error('no such container'))
    const capture = await ClusterCapture.resume(request)
    const done = capture.run()
    await vi.waitFor(() => expect(removed).toEqual([0]))
    await capture.stop()
    slow.resolve()
    expect(await done).toMatchObject({ state: 'incomplete' })
    expect(existsSync(partsOf(request.file))).toBe(false)
  })
})

describe('a point', () => {
  it('may hold packets only where tcpdump was begun, or may have been before a crash', () => {
    const prepared = CapturePoint.at(0, target)
    prepared.manifest = manifest
    expect(prepared.mayHoldPackets).toBe(false)
    expect(CapturePoint.restored(manifest, []).mayHoldPackets).toBe(true)
  })
})
