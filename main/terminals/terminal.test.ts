import fs from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { TerminalEnd, TerminalTarget } from '../../common/model/terminal.ts'
import type { LineHandlers } from './terminal-line.ts'
import { Terminal } from './terminal.ts'

const LOCAL = { kind: 'local' } as const
const LOGIN = { kind: 'login', context: 'corp' } as const

/** A terminal whose shells come and end when the test says so. */
function terminal(target: TerminalTarget = LOCAL) {
  const shells: ReturnType<typeof shell>[] = []
  const open = (_size: unknown, handlers: LineHandlers) => {
    const one = shell(handlers)
    shells.push(one)
    return one.line
  }
  const it = new Terminal('terminal-000000000000', target, 'a shell', { columns: 80, rows: 24 }, open, () => undefined)
  return { it, shells, type: (text: string) => it.write(Buffer.from(text)) }
}

function shell(handlers: LineHandlers) {
  const opening = Promise.withResolvers<void>()
  const { promise: ended, resolve: end } = Promise.withResolvers<TerminalEnd>()
  let typed = ''
  const line = opening.promise.then(() => ({
    ended,
    write: (bytes: Uint8Array) => Promise.resolve(void (typed += Buffer.from(bytes).toString())),
    resize: () => undefined,
    close: () => Promise.resolve(end({ reason: 'closed' })),
  }))
  return {
    line,
    runs: () => opening.resolve(),
    fails: (reason: string) => opening.reject(new Error(reason)),
    ends: end,
    says: (text: string) => handlers.output(Buffer.from(text)),
    writes: (bytes: Uint8Array) => handlers.output(bytes),
    typed: () => typed,
  }
}

/** What a page that comes now is shown, which is more and more. */
function look(terminal: Terminal): () => string {
  let text = ''
  const reading = (async () => {
    for await (const { bytes } of terminal.output(0)) text += Buffer.from(bytes).toString()
  })()
  reading.catch(() => undefined)
  return () => text
}

const state = (terminal: Terminal) => expect.poll(() => terminal.facts().state)

describe('a terminal', () => {
  it('hands on what was typed while its shell was being started, in order', async () => {
    const { it, shells, type } = terminal()
    const typed = [type('ls'), type(' -l'), type('\r')]
    shells[0]?.runs()
    await Promise.all(typed)
    await type('pwd\r')
    expect(shells[0]?.typed()).toBe('ls -l\rpwd\r')
    await it.close()
  })

  it('says when more waits than it keeps, and drops what waited for a shell that did not come', async () => {
    const { it, shells } = terminal()
    const waiting = Array.from({ length: 16 }, () => it.write(new Uint8Array(65_536)))
    await expect(it.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'unavailable' })
    shells[0]?.fails('no such pod')
    await Promise.all(waiting)
    await state(it).toBe('ended')
    expect(it.facts().end).toEqual({ reason: 'no such pod' })
    await it.write(Uint8Array.of(13))
    shells[1]?.runs()
    await it.write(Buffer.from('x'))
    expect(shells[1]?.typed()).toBe('x')
    await it.close()
  })

  it('starts another shell with Enter alone, and what was there stays', async () => {
    const { it, shells, type } = terminal()
    shells[0]?.runs()
    await state(it).toBe('running')
    void shells[0]?.says('one')
    shells[0]?.ends({ reason: 'The shell ended with exit code 0.', exitCode: 0 })
    await state(it).toBe('ended')
    await type('a')
    await type('two\rlines\r')
    expect(shells).toHaveLength(1)
    await type('\r')
    void type('typed ahead')
    expect(it.facts()).toMatchObject({ state: 'starting', session: 1 })
    shells[1]?.runs()
    await state(it).toBe('running')
    void shells[1]?.says('two')
    await expect.poll(() => shells[1]?.typed()).toBe('typed ahead')
    await expect
      .poll(look(it))
      .toMatch(/one[^]*\r\n.*The shell ended with exit code 0\. Press Enter to start again\.[^]*\r\ntwo/)
    await it.close()
  })

  it('stays as it is where another shell would end the same way', async () => {
    const { it, shells, type } = terminal()
    shells[0]?.runs()
    shells[0]?.ends({ reason: 'The image has no shell.', noShell: true, final: true })
    await state(it).toBe('ended')
    await type('\r')
    expect(it.facts().state).toBe('ended')
    const shown = look(it)
    await expect.poll(shown).toContain('The image has no shell.\x1b[m')
    expect(shown()).not.toContain('Press Enter')
  })

  it('ends a shell that comes after it was closed', async () => {
    const { it, shells } = terminal()
    const closed = it.close()
    shells[0]?.runs()
    await closed
    expect(it.facts().end).toEqual({ reason: 'closed' })
  })

  it('lets nothing in a reason speak to the terminal', async () => {
    const { it, shells } = terminal()
    shells[0]?.fails('first\n\x1b]52;c;AAAA\x07second\x9b31m\r')
    await state(it).toBe('ended')
    await expect.poll(look(it)).toContain('first\r\n]52;c;AAAAsecond31m\r\nPress Enter')
  })
})

describe('a recording', () => {
  async function recorded() {
    const { it, shells } = terminal()
    shells[0]?.runs()
    await state(it).toBe('running')
    const path = `${temporaryFolder()}/shell.cast`
    expect(await it.record(path)).toBe(path)
    return { it, path, says: (bytes: Uint8Array) => shells[0]?.writes(bytes) }
  }
  const lines = async (path: string) =>
    (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))

  it('holds what was put out, also characters that came in two pieces, and each new size', async () => {
    const { it, path, says } = await recorded()
    const euro = Buffer.from('€')
    void says(Buffer.concat([Buffer.from('5 '), euro.subarray(0, 1)]))
    void says(euro.subarray(1))
    it.resize({ columns: 100, rows: 30 })
    expect(await it.record(`${path}.again`)).toBe(path)
    await it.stopRecording()
    void says(Buffer.from('unheard'))
    expect(it.facts().recording).toBeUndefined()
    const time = expect.any(Number)
    expect(await lines(path)).toEqual([
      { version: 2, width: 80, height: 24, timestamp: time, title: 'a shell' },
      [time, 'o', '5 '],
      [time, 'o', '€'],
      [time, 'r', '100x30'],
    ])
    await it.close()
  })

  it('says when its disk is full, and is over', async () => {
    const { it, path, says } = await recorded()
    // As the streams of Node call it: the last argument is told.
    const full = vi.spyOn(fs, 'write').mockImplementation((...args: unknown[]) => {
      const [told] = args.slice(-1)
      if (typeof told === 'function') told(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }), 0)
    })
    void says(Buffer.from('lost'))
    await expect.poll(() => it.facts().recording).toBeUndefined()
    full.mockRestore()
    expect(it.facts().notes).toEqual([`The recording ${path} ended: The disk is full.`])
    await it.close()
  })
})

describe('a login in a terminal', () => {
  it('gets no answer that was typed before it asked', async () => {
    const { it, shells, type } = terminal(LOGIN)
    await type('typed ahead\r')
    shells[0]?.runs()
    await state(it).toBe('running')
    await type('123456\r')
    expect(shells[0]?.typed()).toBe('123456\r')
    await it.close()
  })

  it('keeps nothing of what was on its screen once it has ended, and is not recorded', async () => {
    const { it, shells, type } = terminal(LOGIN)
    const path = `${temporaryFolder()}/login.cast`
    await expect(it.record(path)).rejects.toMatchObject({ code: 'unsupported' })
    shells[0]?.runs()
    await state(it).toBe('running')
    const watched = look(it)
    void shells[0]?.says('Open https://corp.example/device and enter ABCD-EFGH')
    await expect.poll(look(it)).toContain('ABCD-EFGH')
    shells[0]?.ends({ reason: 'The login ended with exit code 3.', exitCode: 3 })
    // Who watched it has it to the end.
    await expect.poll(watched).toMatch(/ABCD-EFGH[^]*exit code 3/)
    const later = look(it)
    await expect.poll(later).toContain('The login ended with exit code 3. Press Enter to start again.')
    expect(later()).not.toContain('ABCD-EFGH')
    await type('\r')
    shells[1]?.runs()
    await state(it).toBe('running')
    void shells[1]?.says('IJKL-MNOP')
    await expect.poll(look(it)).toContain('IJKL-MNOP')
    shells[1]?.ends({ reason: 'Logged in.', exitCode: 0, final: true })
    await expect.poll(watched).toContain('Logged in.')
    const last = look(it)
    await expect.poll(last).toContain('Logged in.')
    expect(last()).not.toContain('IJKL-MNOP')
  })
})
