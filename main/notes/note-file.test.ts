import { spawn } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Note } from '../../common/model/note.ts'
import { NoteFile } from './note-file.ts'

const WRITER = join(import.meta.dirname, 'note-writer.fixture.ts')

function note(id: string, text = id): Note {
  return { id, anchor: { kind: 'packet', frame: 1, time: '5' }, text, tag: 'dns', createdAt: 1, editedAt: 1 }
}

function places() {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'captures'))
  const capture = join(folder, 'captures', 'a.pcap')
  writeFileSync(capture, 'x')
  const dataFolder = join(folder, 'data')
  return { capture, dataFolder, samplesFolder: join(folder, 'samples') }
}

/** Ids that it said were on disk, and how it ended. */
function writer(capture: string, dataFolder: string, name: string, count: number) {
  const child = spawn(process.execPath, [WRITER, capture, dataFolder, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    child,
    ended,
    ids: () => said.split('\n').slice(0, -1),
  }
}

describe('a file of notes', { timeout: 120_000 }, () => {
  it('keeps notes beside the capture; edited and removed ones as they are now', async () => {
    const where = places()
    const file = await NoteFile.of(where.capture, where)
    await file.put(note('a'))
    await file.put(note('b'))
    await file.put(note('a', 'edited'))
    await file.remove('b')
    const again = await NoteFile.of(where.capture, where)
    expect(await again.read()).toEqual([note('a', 'edited')])
    expect(readdirSync(join(where.capture, '..'))).toEqual(['a.pcap', 'a.pcap.hopscope-notes.jsonl'])
  })

  it.skipIf(process.platform === 'win32')('is for the eyes of those who may read the capture', async () => {
    const umask = process.umask(0)
    onTestFinished(() => void process.umask(umask))
    for (const mode of [0o600, 0o640, 0o644]) {
      const where = places()
      chmodSync(where.capture, mode)
      await (await NoteFile.of(where.capture, where)).put(note('a'))
      expect(statSync(`${where.capture}.hopscope-notes.jsonl`).mode & 0o777).toBe(mode)
      await (await NoteFile.of(where.capture, { ...where, samplesFolder: join(where.capture, '..') })).put(note('b'))
      const [apart = ''] = readdirSync(join(where.dataFolder, 'notes'))
      expect(statSync(join(where.dataFolder, 'notes', apart)).mode & 0o777).toBe(0o600)
    }
  })

  it('keeps those of the installation’s samples in the data folder', async () => {
    const where = places()
    const file = await NoteFile.of(where.capture, { ...where, samplesFolder: join(where.capture, '..') })
    await file.put(note('a'))
    expect(await file.read()).toEqual([note('a')])
    expect(readdirSync(join(where.capture, '..'))).toEqual(['a.pcap'])
  })

  it.skipIf(process.getuid?.() === 0)(
    'keeps them in the data folder where the capture’s can’t be written',
    async () => {
      const where = places()
      chmodSync(join(where.capture, '..'), 0o555)
      const file = await NoteFile.of(where.capture, where)
      await file.put(note('a'))
      expect(await file.read()).toEqual([note('a')])
      chmodSync(join(where.capture, '..'), 0o755)
    },
  )

  it('keeps what stands for a comment of the file, also where that was deleted', async () => {
    const where = places()
    const [one, other] = [await NoteFile.of(where.capture, where), await NoteFile.of(where.capture, where)]
    const edited = { ...note('comment-1-ab'), replaces: 'as it was', createdAt: 0 }
    await one.put({ ...edited, text: 'here' })
    // Another window edits the same comment: it is one note.
    await other.put({ ...edited, text: 'there' })
    expect(await one.read()).toEqual([{ ...edited, text: 'there' }])
    await one.put({ ...edited, text: '' })
    expect(await other.read()).toEqual([{ ...edited, text: '' }])
    await other.remove(edited.id)
    expect(await one.read()).toEqual([])
  })

  it('refuses what is no note, and passes over a torn line', async () => {
    const where = places()
    const file = await NoteFile.of(where.capture, where)
    await expect(file.put(note('a', ''))).rejects.toMatchObject({ code: 'invalid-argument' })
    await file.put(note('a'))
    appendFileSync(`${where.capture}.hopscope-notes.jsonl`, '\n{"at":3,"put":{"id":"b","anc')
    await file.put(note('c'))
    expect((await file.read()).map(({ id }) => id)).toEqual(['a', 'c'])
  })

  it('loses no note when several processes write at once', async () => {
    const { capture, dataFolder } = places()
    const writers = ['left', 'right', 'third'].map((name) => writer(capture, dataFolder, name, 60))
    await Promise.all(writers.map(({ ended }) => ended))
    const kept = await (await NoteFile.of(capture, { dataFolder, samplesFolder: '/none' })).read()
    expect(new Set(kept.map(({ id }) => id))).toEqual(new Set(writers.flatMap(({ ids }) => ids())))
    expect(kept).toHaveLength(180)
  })

  it('holds all that was acknowledged, whenever a process is killed', async () => {
    const { capture, dataFolder } = places()
    const acknowledged: string[] = []
    for (let round = 0; round < 8; round++) {
      const { child, ended, ids } = writer(capture, dataFolder, `round${round}`, 1e6)
      const enough = Math.floor(Math.random() * 40) + 1
      while (ids().length < enough && child.exitCode === null) await sleep(1)
      await sleep(Math.random() * 5)
      child.kill('SIGKILL')
      await ended
      acknowledged.push(...ids())
      const kept = new Set(
        (await (await NoteFile.of(capture, { dataFolder, samplesFolder: '/none' })).read()).map(({ id }) => id),
      )
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(8)
  })
})
