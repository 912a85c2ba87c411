import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawn as spawnPty } from 'node-pty'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build } from './support/built-main.ts'
import { eventually } from './support/eventually.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// `hopscope serve` as it is shipped.

const CLI = join(import.meta.dirname, '../out/main/cli.js')

const SEVERAL =
  'hopscope serve: the first capture is open, the other is among its recent ones. Hops (H) joins them, and tells at which hop packets died; so does `hopscope hops FILE...`.\n'

beforeAll(() => build('main', 'renderer'), 60_000)

describe('hopscope serve', () => {
  it('prints one line, the URL that lets a browser in, with the first of the files open, and says where the other is', async () => {
    const folder = temporaryFolder()
    const [file, another] = [join(folder, 'capture.pcap'), join(folder, 'another.pcap')]
    await writeFile(file, '0123456789')
    await writeFile(another, 'another')
    const { url, stop } = await serving([file, another])
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}&open=file-[0-9a-f]{24}$/)
    const { origin, hash } = new URL(url)
    const arrival = new URLSearchParams(hash.slice(1))
    const headers = { authorization: `Bearer ${arrival.get('token')}` }
    expect(await (await fetch(origin)).text()).toContain('<div id="root">')
    expect(await (await fetch(`${origin}/capture/${arrival.get('open')}`, { headers })).text()).toBe('0123456789')
    expect(await stop('SIGINT')).toMatchObject({ code: 0, stdout: `${url}\n`, stderr: SEVERAL })
  })

  it('shows standard input while it comes', async () => {
    const { child, url, stop } = await serving(['-'], {}, 'first')
    const arrival = new URLSearchParams(new URL(url).hash.slice(1))
    const headers = { authorization: `Bearer ${arrival.get('token')}` }
    const answer = await fetch(new URL(`/capture/${arrival.get('open')}?follow=1`, url), { headers })
    const body = answer.text()
    child.stdin.end(' second')
    expect(await body).toBe('first second')
    const { stderr } = await stop('SIGINT')
    expect(stderr).toMatch(/^hopscope serve: standard input is kept in .*\.pcap\n$/)
  })

  it('ends when it is told to while standard input is open, and keeps what came of it', async () => {
    const { child, stop } = await serving(['-'], {}, 'first')
    child.stdin.on('error', () => undefined)
    const { code, stderr } = await stop('SIGTERM')
    expect(code).toBe(143)
    const [, path = ''] = /^hopscope serve: standard input is kept in (.*\.pcap)\n$/.exec(stderr) ?? []
    expect(await readFile(path, 'utf8')).toBe('first')
  })

  it('refuses standard input with nothing in it', async () => {
    expect(await start(['-']).ended).toMatchObject({
      code: 1,
      stderr: 'hopscope serve: standard input ended before anything came.\n',
    })
  })

  it('leaves nothing of a demo cluster that was still being started, and waits for no standard input', async () => {
    const temporary = temporaryFolder()
    const { child, ended } = start(['--demo', '-'], { TMPDIR: temporary }, '')
    await eventually(async () => expect(await readdir(temporary)).not.toEqual([]))
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 143, stdout: '', stderr: '' })
    expect(await readdir(temporary)).toEqual([])
  }, 60_000)

  it('ends when it is told to, also with a connection open', async () => {
    const { url, stop } = await serving([])
    const open = fetch(new URL('/', url), { headers: { connection: 'keep-alive' } })
    await open
    expect((await stop('SIGTERM')).code).toBe(143)
  })

  it('ends in order with its terminal', async () => {
    const env = { ...process.env, HOPSCOPE_CONFIG: temporaryFolder() }
    const terminal = spawnPty(process.execPath, [CLI, 'serve'], { env })
    onTestFinished(() => terminal.kill('SIGKILL'))
    const exited = new Promise((resolve) => terminal.onExit(resolve))
    let said = ''
    terminal.onData((text) => (said += text))
    await eventually(() => expect(said).toContain('#token='))
    terminal.kill('SIGHUP')
    expect(await exited).toMatchObject({ exitCode: 129, signal: 0 })
  })

  it('hands the browser a ticket and not the token, which others could read in the list of processes', async () => {
    const folder = temporaryFolder()
    const opened = join(folder, 'opened')
    await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$1" > '${opened}'\n`)
    await chmod(join(folder, 'xdg-open'), 0o755)
    const { url, stop } = await serving(['--open'], { PATH: `${folder}:${process.env['PATH']}`, DISPLAY: ':99' })
    const handed = await eventually(async () => {
      const read = await readFile(opened, 'utf8')
      expect(read).not.toBe('')
      return read
    })
    const token = /token=([\w-]+)/.exec(url)?.[1] ?? ''
    expect(handed).not.toContain(token)
    const ticket = /#ticket=([\w-]+)$/.exec(handed)?.[1]
    const answer = await fetch(new URL('/door', url), { headers: { authorization: `Ticket ${ticket}` } })
    expect(await answer.json()).toEqual({ token })
    await stop('SIGTERM')
  })

  it.each([
    [['--port', '99999'], 2, '"99999" is not a port: 0 to 65535.'],
    [['--port', '80a'], 2, '"80a" is not a port: 0 to 65535.'],
    [['--prot', '80'], 2, "Unknown option '--prot'"],
    [['/no/such.pcap'], 1, '/no/such.pcap: There is no such file.'],
    [['/'], 1, '/ is a folder: open a capture file in it.'],
  ])('refuses %j with exit code %i', async (args, code, message) => {
    const { ended } = start(args)
    const result = await ended
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toContain(message)
  })

  it('says that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const address = other.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    expect(await start(['--port', port]).ended).toMatchObject({
      code: 1,
      stderr: `hopscope serve: port ${port} is in use: name another, or none to get a free one.\n`,
    })
    // Also where standard input would go on.
    const { child, ended } = start(['--port', port, '-'], {}, 'first')
    child.stdin.on('error', () => undefined)
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use') })
  })
})

/** `input`: what comes first on its standard input, which then stays open; without it there is nothing in it. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
  const child = spawn(process.execPath, [CLI, 'serve', ...args], {
    env: { ...process.env, HOPSCOPE_CONFIG: temporaryFolder(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  if (input === undefined) child.stdin.end()
  else child.stdin.write(input)
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]: readonly [string, string, unknown[]]) => ({ stdout, stderr, code }),
  )
  return { child, ended }
}

async function serving(args: readonly string[], env?: Readonly<Record<string, string>>, input?: string) {
  const { child, ended } = start(args, env, input)
  const [first]: Buffer[] = await once(child.stdout, 'data')
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { child, url: String(first).trim(), stop }
}
