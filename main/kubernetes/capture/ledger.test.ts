import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isInUse, Ledger } from './ledger.ts'

describe('the ledger', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hopscope-ledger-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const thing = (id: string) => ({
    id,
    context: 'c',
    server: 'https://s',
    kind: 'pod' as const,
    namespace: 'n',
    pod: `p-${id}`,
    container: 'capture',
    capture: 'x',
  })

  it('knows what was intended until it is gone, also for another process and after a line that a crash cut', async () => {
    const path = join(folder, 'deep', 'ledger.jsonl')
    const ledger = new Ledger(path)
    expect(await ledger.open()).toEqual([])
    const one = await ledger.intend(thing('1'))
    await ledger.intend(thing('2'))
    await ledger.gone(one)
    await appendFile(path, '{"id":"3","state":"inten')
    await new Ledger(path).intend(thing('4'))
    expect((await new Ledger(path).open()).map(({ pod }) => pod)).toEqual(['p-2', 'p-4'])
  })

  it('lets nothing be made that it cannot write down, and lets what is gone be gone', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const ledger = new Ledger(join(file, 'ledger.jsonl'))
    expect(await ledger.open()).toEqual([])
    await expect(ledger.intend(thing('1'))).rejects.toThrow(
      /ledger\.jsonl, where .* cannot be written: .* Nothing was made\.$/,
    )
    const entry = await new Ledger(join(folder, 'l')).intend(thing('1'))
    await new Ledger('/dev/full').gone(entry)
  })

  it('that cannot be read says which file and why', async () => {
    await expect(new Ledger(folder).open()).rejects.toThrow(`${folder}: It is a folder.`)
  })

  it('says whether the maker still lives', async () => {
    const entry = await new Ledger(join(folder, 'l')).intend(thing('1'))
    expect(isInUse(entry)).toBe(false)
    expect(isInUse({ ...entry, pid: process.ppid })).toBe(true)
    expect(isInUse({ ...entry, pid: 2 ** 22 + 1 })).toBe(false)
    // Before this machine was started the number was another's.
    expect(isInUse({ ...entry, pid: process.ppid, at: Date.now() - (uptime() + 60) * 1000 })).toBe(false)
  })
})
