import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { NoteFile } from '../../notes/note-file.ts'
import { CaptureStore } from './capture-store.ts'

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
})
