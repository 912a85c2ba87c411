import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { temporaryFolder } from '../test/support/temporary-folder.ts'
import { StoredJson } from './stored-json.ts'

const Count = z.object({ count: z.number() })

describe('StoredJson', () => {
  it('gives the fallback, silently, where there is no file yet', async () => {
    const { file, warnings } = stored()
    expect(await file.read()).toEqual({ count: 0 })
    expect(warnings).toEqual([])
  })

  it('reads back what was written, in a folder it made', async () => {
    const { file, path } = stored()
    await file.write({ count: 7 })
    expect(await file.read()).toEqual({ count: 7 })
    expect(await readFile(path, 'utf8')).toBe('{\n  "count": 7\n}\n')
  })

  it('writes one after another, so that the last value wins', async () => {
    const { file } = stored()
    await Promise.all([1, 2, 3, 4, 5].map((count) => file.write({ count })))
    expect(await file.read()).toEqual({ count: 5 })
  })

  it.each(['{"count": 1', '{"count":"many"}', '[]', ''])(
    'keeps a file it cannot understand aside: %s',
    async (text) => {
      const { file, path, folder, warnings } = stored()
      await mkdir(folder, { recursive: true })
      await writeFile(path, text)
      expect(await file.read()).toEqual({ count: 0 })
      expect(await readFile(`${path}.unreadable`, 'utf8')).toBe(text)
      expect(warnings).toEqual([
        `${path} is damaged or from a newer version: it is kept as ${path}.unreadable, and the defaults are used.`,
      ])
      await file.write({ count: 1 })
      expect(await readFile(`${path}.unreadable`, 'utf8')).toBe(text)
    },
  )

  it('warns when it cannot write, leaves nothing half-written, and goes on', async () => {
    const { file, path, folder, warnings } = stored()
    await mkdir(path, { recursive: true }) // A folder where the file should be.
    await file.write({ count: 1 })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`${path} cannot be written`)
    expect(await readdir(folder)).toEqual(['count.json'])
  })

  it('is readable by its owner only', async () => {
    const { file, path } = stored()
    await file.write({ count: 1 })
    const { mode } = await stat(path)
    expect(mode & 0o077).toBe(0)
  })
})

function stored() {
  const folder = join(temporaryFolder(), 'deep', 'settings')
  const path = join(folder, 'count.json')
  const warnings: string[] = []
  const file = new StoredJson(path, Count, { count: 0 }, (message) => warnings.push(message))
  return { file, path, folder, warnings }
}
