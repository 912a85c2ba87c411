import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { Interrupted } from './command.ts'
import { say, writeWhole } from './write-out.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('what is said on standard error', () => {
  it('steers no terminal, whoever it quotes', () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    onTestFinished(() => written.mockRestore())
    say('web: \x1b]0;owned\x07\x9b2J\r\ttwo\nlines')
    expect(written.mock.calls).toEqual([['web: \ufffd]0;owned\ufffd\ufffd2J\ufffd\ufffdtwo\nlines\n']])
  })
})

describe('writing a file as a whole', () => {
  it('shows the new file under its name only once all of it is there', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'out')
    writeFileSync(file, 'old')
    const seen: string[] = []
    async function* pieces() {
      for (const piece of ['one ', 'two']) {
        seen.push(readFileSync(file, 'utf8'))
        yield await Promise.resolve(bytes(piece))
      }
    }
    await writeWhole(file, pieces())
    expect(seen).toEqual(['old', 'old'])
    expect(readFileSync(file, 'utf8')).toBe('one two')
    expect(readdirSync(folder)).toEqual(['out'])
  })

  it('leaves what was there, and nothing else, when its pieces fail half-way', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'out')
    writeFileSync(file, 'old')
    function* pieces() {
      yield 'new'
      throw new Error('no more')
    }
    await expect(writeWhole(file, pieces())).rejects.toThrow('no more')
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['out'])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'cleans up on %s, and lets later ones end the process again',
    async (signal) => {
      const folder = temporaryFolder()
      const listeners = process.listenerCount(signal)
      function* pieces() {
        yield 'new'
        process.emit(signal, signal)
        yield 'more'
      }
      await expect(writeWhole(join(folder, 'out'), pieces())).rejects.toThrow(Interrupted)
      expect(readdirSync(folder)).toEqual([])
      expect(process.listenerCount(signal)).toBe(listeners)
    },
  )

  it('says what is wrong with the place', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'file'), '')
    await expect(writeWhole(join(folder, 'sub'), ['x'])).rejects.toThrow('is a folder')
    const gone = join(folder, 'gone', 'out')
    await expect(writeWhole(gone, ['x'])).rejects.toThrow(`cannot write ${gone}: There is no such folder.`)
    await expect(writeWhole(join(folder, 'file', 'out'), ['x'])).rejects.toThrow('There is no such folder.')
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'sub'])
  })

  it.skipIf(process.platform === 'win32')('follows no link that somebody laid at its other name', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'out')
    const theirs = join(folder, 'theirs')
    writeFileSync(theirs, 'precious')
    symlinkSync(theirs, `${file}.${process.pid}.part`)
    await writeWhole(file, ['x'])
    expect(readFileSync(theirs, 'utf8')).toBe('precious')
    expect(lstatSync(file).isFile()).toBe(true)
    expect(readdirSync(folder).toSorted()).toEqual(['out', 'theirs'])
  })

  it.skipIf(process.platform === 'win32')('leaves a file that it replaces as private as it was', async () => {
    const file = join(temporaryFolder(), 'out')
    writeFileSync(file, 'old', { mode: 0o600 })
    await writeWhole(file, ['new'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toBe('new')
  })

  it.runIf(process.platform === 'linux')('never replaces a device by a file', async () => {
    await writeWhole('/dev/null', ['x'])
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    await expect(writeWhole('/dev/full', ['x'])).rejects.toThrow('cannot write /dev/full: The disk is full.')
    expect(existsSync(`/dev/full.${process.pid}.part`)).toBe(false)
  })
})
