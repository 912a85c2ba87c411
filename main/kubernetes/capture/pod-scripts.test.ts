import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { BEAT, PULL, script, START, SUPERVISOR } from './pod-scripts.ts'

/** What runs in a pod is run here, as far as it takes nothing of this machine but a folder. */
function pod() {
  const folder = temporaryFolder()
  const job = join(folder, 'hopscope', 'abc-0')
  mkdirSync(job, { recursive: true })
  const started = (program: string, ...args: readonly string[]) => {
    const env = { ...process.env, TMPDIR: folder, PATH: `${folder}:${process.env['PATH']}` }
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
  return {
    write: (name: string, text: string) => writeFileSync(join(job, name), text),
    has: (name: string) => existsSync(join(job, name)),
    read: (name: string) => readFileSync(join(job, name), 'utf8').trim(),
    /** What `date` says from now on. */
    setClock: (seconds: number) => writeFileSync(join(folder, 'date'), `#!/bin/sh\necho ${seconds}\n`, { mode: 0o700 }),
    started,
    pull: () => {
      const [program = '', ...args] = script(PULL, 'abc-0', 0, 0, 1000, 0, 0)
      return started(program, ...args)
    },
  }
}

/** Until a child has said it. */
async function says(child: ChildProcessByStdio<Writable, Readable, null>, words: string): Promise<void> {
  for (let said = ''; !said.includes(words);) said += String(await once(child.stdout, 'data'))
}

describe.skipIf(process.platform !== 'linux')('a pull in a pod', () => {
  it('ends the one before it, which may hang in a connection that is gone', async () => {
    const { pull } = pod()
    const before = pull()
    await says(before, 'HS1 S 0')
    const ended = once(before, 'exit')
    const now = pull()
    await ended
    await says(now, 'HS1 S 0')
    const end = once(now, 'exit')
    now.stdin.end()
    await end
  })

  it('stops the capture when it is told to, and goes on until all is fetched', async () => {
    const { pull, has } = pod()
    const pulling = pull()
    await says(pulling, 'HS1 S 0')
    expect(has('stop')).toBe(false)
    pulling.stdin.write('b 1\ns 0\n')
    await vi.waitFor(() => expect(has('stop')).toBe(true))
    await says(pulling, 'HS1 S 0')
  })

  it('says how much is left from where it goes on, once capturing ends', async () => {
    const { started, write } = pod()
    for (const [file, length] of Object.entries({ seg: 900, seg1: 500, seg2: 30 }))
      write(file, 'x\n'.repeat(length / 2))
    const pulling = started('sh', ...script(PULL, 'abc-0', 0, 100, 1000, 0, 0).slice(1))
    let said = ''
    pulling.stdout.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')))
    await vi.waitFor(() => expect(said).toMatch(/^HS1 S 0 0$/m))
    expect(said).not.toContain('HS1 L')
    write('why', 'asked')
    // What is in the first was sent by then; its end is known when its digest is.
    await vi.waitFor(() => expect(said).toMatch(/^HS1 L 530$/m))
    write('sum.0', `HS1 D 0 0 900 ${'a'.repeat(64)} 1\n`)
    await vi.waitFor(() => expect(said).toMatch(/^HS1 E 0 900 [^]*^HS1 L 30$/m))
    const end = once(pulling, 'exit')
    pulling.stdin.end()
    await end
  })

  it('ends no other process that has the number of the one before it by now', async () => {
    const { pull, started, write } = pod()
    const bystander = started('sh', '-c', 'read -r line; echo lives')
    write('puller', `${bystander.pid}\n`)
    write('code', '0 0\n')
    write('err', '')
    const pulling = pull()
    await says(pulling, 'HS1 F 0 0 0')
    bystander.stdin.end('go\n')
    await says(bystander, 'lives')
    const end = once(pulling, 'exit')
    pulling.stdin.end('q\n')
    await end
  })
})

/** Listens at once, as tcpdump does when its first file is there, until it is told to end. */
const TCPDUMP = ['sh', '-c', 'trap "exit 0" TERM; trap ": > reported" USR1; : > seg; while :; do sleep 0.1; done']

describe.skipIf(process.platform !== 'linux')('a pod that does not tell how long its node is up', () => {
  it('stops its capture and ends when nobody is heard any more, by the sleeps that it counts', async () => {
    const inside = pod()
    const blind = (text: string, ...args: readonly (string | number)[]) =>
      inside.started('sh', ...script(text.replaceAll('/proc/uptime', '/nowhere/uptime'), ...args).slice(1))
    const supervisor = blind(SUPERVISOR, 60, 4, 60)
    await vi.waitFor(() => expect(inside.has('../supervisor')).toBe(true))
    const ended = once(supervisor, 'exit')
    await says(blind(BEAT), 'waits')
    const beat = inside.read('../lease')
    await says(blind(START, 'abc-0', 60, 4, 1, ...TCPDUMP), 'ready')
    expect(inside.read('../lease')).not.toBe(beat)
    await vi.waitFor(() => expect(inside.has('code')).toBe(true), 15_000)
    expect(inside.read('why')).toBe('lease')
    await ended
  }, 30_000)
})

describe.skipIf(process.platform !== 'linux')('a capture in a pod whose clock is set', () => {
  const capturing = async (seconds: number, leaseSeconds: number) => {
    const inside = pod()
    inside.setClock(1_000_000)
    const supervisor = inside.started('sh', ...script(SUPERVISOR, 60, 60, 60).slice(1))
    await vi.waitFor(() => expect(inside.has('../supervisor')).toBe(true))
    await says(inside.started('sh', ...script(START, 'abc-0', seconds, 4, leaseSeconds, ...TCPDUMP).slice(1)), 'ready')
    await vi.waitFor(() => expect(inside.has('seg')).toBe(true), 5000)
    return { ...inside, supervisor }
  }

  it('ends after its time where the clock is set back', async () => {
    const { setClock, has, read } = await capturing(1, 60)
    setClock(1000)
    await vi.waitFor(() => expect(has('code')).toBe(true), 15_000)
    expect(read('why')).toBe('duration')
  })

  it('ends when nobody is heard any more where the clock is set back', async () => {
    const { setClock, has, read } = await capturing(60, 2)
    setClock(1000)
    await vi.waitFor(() => expect(has('code')).toBe(true), 15_000)
    expect(read('why')).toBe('lease')
  })

  it('goes on, and its container with it, where the clock is set forward', async () => {
    const { setClock, has, write, read, supervisor } = await capturing(30, 30)
    setClock(2_000_000)
    // Two seconds after the start tcpdump is asked for its counts: the supervisor has looked several times by then.
    await vi.waitFor(() => expect(has('reported')).toBe(true), 15_000)
    expect(has('why')).toBe(false)
    expect(supervisor.exitCode).toBe(null)
    write('stop', '')
    await vi.waitFor(() => expect(has('code')).toBe(true), 15_000)
    expect(read('why')).toBe('asked')
  })
})
