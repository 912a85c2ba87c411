import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NotesSection } from '../../common/contract.ts'
import type { Note } from '../../common/model/note.ts'
import { startHost } from '../../test/support/host.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { NoteFile } from '../notes/note-file.ts'
import { Mailbox } from '../streams.ts'

const note = (id: string, change: Partial<Note> = {}): Note => ({
  id,
  anchor: { kind: 'packet', frame: 7, time: '1700000000000000000' },
  text: `about ${id}`,
  createdAt: 1,
  editedAt: 1,
  ...change,
})

describe('notes', { timeout: 30_000 }, () => {
  it('tells each window what another one noted, edited and removed', async () => {
    const { notes, id } = await opened()
    const windows = await Promise.all([watching(notes, id), watching(notes, id)])
    for (const { next } of windows) expect(await next()).toEqual([])
    await notes.put(id, note('a'))
    for (const { next } of windows) expect(await next()).toEqual([note('a')])
    await notes.put(id, note('a', { text: 'edited', tag: 'dns', colour: 'red' }))
    for (const { next } of windows) expect(await next()).toMatchObject([{ text: 'edited', tag: 'dns', colour: 'red' }])
    await notes.remove(id, 'a')
    for (const { next, leave } of windows) {
      expect(await next()).toEqual([])
      await leave()
    }
  })

  it('tells what another program noted, until nobody watches', async () => {
    const { notes, id, path, userFolder } = await opened()
    const window = await watching(notes, id)
    await window.next()
    const other = await NoteFile.of(path, { dataFolder: userFolder, samplesFolder: '/none' })
    await other.put(note('elsewhere'))
    expect(await window.next()).toEqual([note('elsewhere')])
    await window.leave()
    await other.put(note('later'))
    // Whoever comes next sees all of it.
    const next = await watching(notes, id)
    expect((await next.next()).map((one) => one.id)).toEqual(['elsewhere', 'later'])
    await next.leave()
  })

  it('keeps notes on packets, conversations, times, moments and the whole capture', async () => {
    const { notes, id, path } = await opened()
    const ends = { addressA: '10.0.0.1', portA: 5000, addressB: 'fd00::2', portB: 80 }
    const anchors: Note['anchor'][] = [
      { kind: 'packet', frame: 1, time: '5' },
      { kind: 'conversation', transport: 'TCP', ...ends, firstTime: '-5' },
      { kind: 'range', from: '1', to: '9' },
      { kind: 'range', from: '9', to: '9' },
      { kind: 'capture' },
    ]
    for (const [i, anchor] of anchors.entries()) await notes.put(id, note(`n${i}`, { anchor, createdAt: i }))
    const window = await watching(notes, id)
    expect((await window.next()).map(({ anchor }) => anchor)).toEqual(anchors)
    await window.leave()
    expect(await readFile(`${path}.hopscope-notes.jsonl`, 'utf8')).toContain('"kind":"capture"')
  })

  it('keeps those of a sample in the data folder', async () => {
    const { captures, notes, userFolder } = await visited()
    const { id } = await captures.openSample('loss-episode')
    await notes.put(id, note('a'))
    expect(await readFile(join(userFolder, 'notes', `${id}.jsonl`), 'utf8')).toContain('about a')
  })

  it('says so when the capture is not there, or its notes can’t be read', async () => {
    const { notes, id, path } = await opened()
    const unknown = 'file-000000000000000000000000'
    for (const call of [
      () => notes.watch(unknown),
      () => notes.put(unknown, note('a')),
      () => notes.remove(unknown, 'a'),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'not-found' })
    await mkdir(`${path}.hopscope-notes.jsonl`)
    await expect(notes.watch(id)).rejects.toMatchObject({ message: expect.stringContaining(path) })
    await rm(`${path}.hopscope-notes.jsonl`, { recursive: true })
    const window = await watching(notes, id)
    expect(await window.next()).toEqual([])
    await window.leave()
  })
})

async function visited() {
  const { host, userFolder } = await startHost()
  const { captures, notes } = host.contract({ door: 'pipe', commands: new Mailbox() })
  return { captures, notes, userFolder }
}

async function opened() {
  const visitor = await visited()
  const path = join(temporaryFolder(), 'a.pcap')
  await writeFile(path, 'a capture')
  const { id } = await visitor.captures.openFile(path)
  return { ...visitor, path, id }
}

async function watching(notes: NotesSection, capture: string) {
  const reader = (await notes.watch(capture)).getReader()
  return {
    next: async () => {
      const answer = await reader.read()
      if (answer.done) throw new Error('It ended.')
      return answer.value
    },
    leave: () => reader.cancel(),
  }
}
