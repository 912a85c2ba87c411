import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Kubeconfig } from '../kubernetes/kubeconfig.ts'
import { openLocalShell } from './local-shell.ts'
import { writePrivateKubeconfig } from './private-kubeconfig.ts'
import type { TerminalLine } from './terminal-line.ts'

const SIZE = { columns: 100, rows: 30 }

function collected() {
  let text = ''
  const decoder = new TextDecoder()
  return {
    handlers: {
      output: (bytes: Uint8Array) => {
        text += decoder.decode(bytes, { stream: true })
        return undefined
      },
    },
    text: () => text,
    said: (what: string | RegExp) => expect.poll(() => text, { timeout: 20_000 }).toMatch(what),
  }
}

const type = (line: TerminalLine, text: string) => line.write(Buffer.from(text))
const ENVIRONMENT = { PATH: process.env['PATH'], SHELL: '/bin/sh', LANG: 'C.UTF-8', PS1: '$ ' }

const CONFIG: Kubeconfig = {
  contexts: [
    { name: 'shop', cluster: 'c', user: 'u', namespace: 'default', file: '/x' },
    { name: 'other', cluster: 'c', user: 'secret', namespace: 'default', file: '/x' },
  ],
  clusters: new Map([['c', { name: 'c', server: 'https://127.0.0.1:1', skipVerify: false }]]),
  users: new Map([
    ['u', { name: 'u', token: 'token-of-u' }],
    ['secret', { name: 'secret', token: 'token-of-another' }],
  ]),
  problems: [],
  files: [],
}

describe('a shell on this machine', { timeout: 60_000 }, () => {
  it('has the size of the window from its first line, says what is typed, and tells its exit code', async () => {
    const seen = collected()
    const line = await openLocalShell(ENVIRONMENT, undefined, SIZE, seen.handlers)
    await type(line, 'stty size; echo grün € $((6*7))\n')
    await seen.said('30 100')
    await seen.said('grün € 42')
    line.resize({ columns: 132, rows: 50 })
    await type(line, 'stty size\n')
    await seen.said('50 132')
    await type(line, 'exit 3\n')
    expect(await line.ended).toEqual({ reason: 'The shell ended with exit code 3.', exitCode: 3 })
  })

  it('takes 5,000 pasted lines without losing one', async () => {
    const seen = collected()
    const file = `${temporaryFolder()}/pasted`
    const line = await openLocalShell({ ...ENVIRONMENT, OUT: file }, undefined, SIZE, seen.handlers)
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'x'.repeat(i % 60)}\n`).join('')
    await type(line, 'stty -echo; echo r"eady"; cat > "$OUT"; wc -c < "$OUT"\n')
    await seen.said('ready')
    await type(line, `${lines}\x04`)
    await seen.said(new RegExp(`\\b${lines.length}\\b`))
    await type(line, 'exit\n')
    await line.ended
    const { readFileSync } = await import('node:fs')
    expect(readFileSync(file, 'utf8')).toBe(lines)
  })

  it('is held up by who does not read, and answers Ctrl-C', async () => {
    let bytes = 0
    let release = () => {}
    const line = await openLocalShell(ENVIRONMENT, undefined, SIZE, {
      output: (piece) => {
        bytes += piece.length
        return bytes > 100_000 && bytes < 10_000_000 ? new Promise<void>((resolve) => (release = resolve)) : undefined
      },
    })
    await type(line, 'yes\n')
    await expect.poll(() => bytes, { timeout: 20_000 }).toBeGreaterThan(100_000)
    const before = bytes
    await new Promise((resolve) => setTimeout(resolve, 200))
    // What was on its way when the reader stopped, and no more.
    expect(bytes - before).toBeLessThan(200_000)
    bytes = 10_000_000
    release()
    await type(line, '\x03')
    await type(line, 'exit 0\n')
    expect((await line.ended).reason).toContain('ended')
  })

  it('writes nothing to a descriptor that is closed, when somebody types while it ends', async () => {
    // node-pty complains there of what it could not write.
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    for (let again = 0; again < 10; again++) {
      const line = await openLocalShell(ENVIRONMENT, undefined, SIZE, { output: () => undefined })
      let hasEnded = false
      void line.ended.then(() => (hasEnded = true))
      await type(line, 'exit\n')
      while (!hasEnded) {
        await type(line, 'x')
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    expect(complaints.mock.calls).toEqual([])
    complaints.mockRestore()
  })

  it('ends when it is closed, whatever runs in it', async () => {
    const seen = collected()
    const line = await openLocalShell(ENVIRONMENT, undefined, SIZE, seen.handlers)
    await type(line, 'echo r"eady"; sleep 1000\n')
    await seen.said('ready')
    await line.close()
    expect((await line.ended).reason).toMatch(/ended/)
  })

  it('sees a kubeconfig of the one context, which only this user can read and which goes with it', async () => {
    const seen = collected()
    const kubeconfig = await writePrivateKubeconfig(CONFIG, 'shop', 'payments', temporaryFolder())
    expect((await stat(kubeconfig.path)).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(kubeconfig.path))).mode & 0o777).toBe(0o700)
    const line = await openLocalShell(ENVIRONMENT, kubeconfig, SIZE, seen.handlers)
    await type(line, 'cat "$KUBECONFIG"; echo; echo d"one"\n')
    await seen.said('done')
    const text = seen.text().replace(/\r?\n/g, '')
    expect(text).toContain('"current-context":"shop"')
    expect(text).toContain('"namespace":"payments"')
    expect(text).toContain('token-of-u')
    expect(text).not.toContain('token-of-another')
    await type(line, 'exit\n')
    await line.ended
    expect(existsSync(kubeconfig.path)).toBe(false)
  })
})

describe('a private kubeconfig', () => {
  it('of a process that was killed goes when the next one is written; that of a living one stays', async () => {
    const { mkdirSync, writeFileSync } = await import('node:fs')
    const parent = temporaryFolder()
    for (const [name, pid] of [
      ['dead', 2 ** 22 - 1],
      ['alive', process.ppid],
    ] as const) {
      mkdirSync(`${parent}/hopscope-kubectl-${name}`)
      writeFileSync(`${parent}/hopscope-kubectl-${name}/pid`, String(pid))
    }
    const { path } = await writePrivateKubeconfig(CONFIG, 'shop', undefined, parent)
    expect(existsSync(path)).toBe(true)
    expect(existsSync(`${parent}/hopscope-kubectl-dead`)).toBe(false)
    expect(existsSync(`${parent}/hopscope-kubectl-alive`)).toBe(true)
  })
})
