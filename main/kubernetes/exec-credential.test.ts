import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { setClock } from '../../test/support/set-clock.ts'
import { ExecCredentials } from './exec-credential.ts'
import type { ExecPlugin } from './kubeconfig.ts'
import { askShell } from './login-environment.ts'
import { LoginNeeded, redact } from './plugin-process.ts'

const cluster = { name: 'c', server: 'https://c', skipVerify: false, authorityData: 'Q0E=' }
const user = { name: 'u' }
/** Whether it runs, or did. A zombie does not: nobody may reap it here. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return process.platform !== 'linux' || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
const pipes = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length

describe('credential plugins', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hopscope-plugin-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** A plugin that notes each run and then does `script`. */
  const plugin = async (name: string, script: string, more: Partial<ExecPlugin> = {}): Promise<ExecPlugin> => {
    const command = join(folder, name)
    await writeFile(
      command,
      `#!/bin/sh\necho run >> '${command}.runs'\nprintf %s "$KUBERNETES_EXEC_INFO" > '${command}.info'\n${script}\n`,
    )
    await chmod(command, 0o755)
    return {
      apiVersion: 'client.authentication.k8s.io/v1',
      command,
      args: [],
      env: [],
      interactiveMode: 'IfAvailable',
      provideClusterInfo: false,
      ...more,
    }
  }
  const runs = async (one: ExecPlugin) => (await readFile(`${one.command}.runs`, 'utf8')).split('\n').length - 1
  const credentials = () => new ExecCredentials(() => Promise.resolve(process.env))
  const token = (value: string, expiry = '') =>
    `printf '{"apiVersion":"x","kind":"ExecCredential","status":{"token":"${value}"${expiry}}}'`

  it('run once for many requests at the same time, and not again until the credential ends', async () => {
    const one = await plugin('once', `sleep 0.1; ${token('t1')}`)
    const all = credentials()
    const got = await Promise.all(Array.from({ length: 20 }, () => all.get(user, one, cluster)))
    expect(new Set(got.map((credential) => credential.token))).toEqual(new Set(['t1']))
    await all.get(user, one, cluster)
    expect(await runs(one)).toBe(1)
    all.refused(user, one, cluster, got[0])
    const next = await all.get(user, one, cluster)
    expect(await runs(one)).toBe(2)
    // A refusal that comes late is of the credential before.
    all.refused(user, one, cluster, got[0])
    expect(await all.get(user, one, cluster)).toBe(next)
  })

  it('are left alone after a minute, with all that they have started', async () => {
    const one = await plugin('hanging', 'sleep 100 & echo $! > "$0.child"; sleep 100')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const before = pipes()
    const got = expect(credentials().get(user, one, cluster)).rejects.toThrow(/did not answer in 60 s/)
    await vi.waitUntil(() => pipes() > before)
    const child = Number(await vi.waitUntil(() => readFile(`${one.command}.child`, 'utf8').catch(() => '')))
    onTestFinished(() => void kill(child, 'SIGKILL'))
    expect(kill(child, 0)).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    await got
    // What waits for them would keep a command from ending.
    await vi.waitUntil(() => pipes() === before)
    await vi.waitUntil(() => !kill(child, 0))
  })

  it.skipIf(process.platform === 'win32')('end with the process that started them', async () => {
    const one = await plugin('outliving', 'sleep 100 & echo $! > "$0.child"; sleep 100')
    const started = `import { runPlugin } from ${JSON.stringify(new URL('plugin-process.ts', import.meta.url).href)}
      void runPlugin(${JSON.stringify(one)}, process.env, { name: 'u' }).catch(() => undefined)`
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      await rm(`${one.command}.child`, { force: true })
      const host = spawn(process.execPath, ['--input-type=module', '-e', started], { stdio: 'inherit' })
      const child = Number(await vi.waitUntil(() => readFile(`${one.command}.child`, 'utf8').catch(() => ''), 10_000))
      onTestFinished(() => void kill(child, 'SIGKILL'))
      host.kill(signal)
      const [, by] = await once(host, 'exit')
      expect(by).toBe(signal)
      await vi.waitUntil(() => !kill(child, 0))
    }
  })

  it('run again when the credential is about to expire', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const one = await plugin('short', token('t', `,"expirationTimestamp":"${soon}"`))
    const all = credentials()
    await all.get(user, one, cluster)
    setClock(3_595_000)
    await all.get(user, one, cluster)
    expect(await runs(one)).toBe(2)
  })

  it('run once where this clock is ahead by more than a credential lives: until the API server refuses it', async () => {
    const over = new Date(Date.now() - 2_700_000).toISOString()
    const one = await plugin('skewed', token('t', `,"expirationTimestamp":"${over}"`))
    const all = credentials()
    const first = await all.get(user, one, cluster)
    expect(await all.get(user, one, cluster)).toBe(first)
    expect(await runs(one)).toBe(1)
    all.refused(user, one, cluster, first)
    await all.get(user, one, cluster)
    expect(await runs(one)).toBe(2)
  })

  it('are told about the cluster when they ask for it, and given their own environment', async () => {
    const one = await plugin('info', token('$WHO'), { provideClusterInfo: true, env: [{ name: 'WHO', value: 'me' }] })
    await writeFile(one.command, (await readFile(one.command, 'utf8')).replace("'$WHO'", '"$WHO"'))
    await credentials().get(user, one, cluster)
    expect(JSON.parse(await readFile(`${one.command}.info`, 'utf8'))).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: { server: 'https://c', 'insecure-skip-tls-verify': false, 'certificate-authority-data': 'Q0E=' },
      },
    })
  })

  it('that fail are quoted, without what looks like a secret', async () => {
    const one = await plugin('fails', 'echo "run: corp login; token=PLANTEDSECRET1" >&2; exit 4')
    await expect(credentials().get(user, one, cluster)).rejects.toThrow(
      /exit code 4: run: corp login; token=\[hidden\]/,
    )
  })

  it('that print something else are not quoted', async () => {
    const one = await plugin('garbage', 'printf PLANTEDSECRET')
    await expect(credentials().get(user, one, cluster)).rejects.toThrow(
      /^(?!.*PLANTED).*did not print an ExecCredential/,
    )
  })

  it('that are missing come with their own hint', async () => {
    const one = { ...(await plugin('x', '')), command: 'no-such-plugin-anywhere', installHint: 'Get it from IT.' }
    await expect(credentials().get(user, one, cluster)).rejects.toThrow(/was not found in PATH. Get it from IT./)
  })

  it('that need a terminal are not started', async () => {
    const one = await plugin('tty', token('t'), { interactiveMode: 'Always' })
    const all = credentials()
    await expect(all.get(user, one, cluster)).rejects.toThrow(
      /has to log in, in a terminal: the credential plugin .* asks there/,
    )
    await expect(all.get(user, one, cluster)).rejects.toThrow(LoginNeeded)
    await expect(runs(one)).rejects.toThrow()
  })

  it('that were answered in a terminal are asked for again there: when the login ends, or is refused', async () => {
    const one = await plugin('answered', '', { interactiveMode: 'Always' })
    const all = credentials()
    const logIn = async (status: object) => {
      using login = await all.login(user, one, cluster)
      login.accept(JSON.stringify({ kind: 'ExecCredential', status }))
    }
    await logIn({ token: 't1' })
    const first = await all.get(user, one, cluster)
    expect(first).toEqual({ token: 't1' })
    all.refused(user, one, cluster, first)
    await expect(all.get(user, one, cluster)).rejects.toThrow(/does not accept the login of user "u": log in again/)
    await logIn({ token: 't2', expirationTimestamp: new Date(Date.now() + 60_000).toISOString() })
    setClock(55_000)
    await expect(all.get(user, one, cluster)).rejects.toThrow(/The login of user "u" has expired/)
    await logIn({ token: 't3' })
    expect(await all.get(user, one, cluster)).toEqual({ token: 't3' })
    await expect(runs(one)).rejects.toThrow()
  })

  it('that failed without a terminal can be run in one, and are not run for each request meanwhile', async () => {
    const one = await plugin('wants-one', 'echo "no terminal" >&2; exit 1')
    const all = credentials()
    for (let n = 0; n < 5; n++) await expect(all.get(user, one, cluster)).rejects.toThrow(LoginNeeded)
    expect(await runs(one)).toBe(1)
    all.retry(user, one, cluster)
    await expect(all.get(user, one, cluster)).rejects.toThrow(/exit code 1: no terminal/)
    expect(await runs(one)).toBe(2)
    using login = await all.login(user, one, cluster)
    expect(JSON.parse(login.env['KUBERNETES_EXEC_INFO'] ?? '')).toMatchObject({ spec: { interactive: true } })
    all.retry(user, one, cluster)
    await expect(all.get(user, one, cluster)).rejects.toThrow(/is being logged in/)
    expect(await runs(one)).toBe(2)
  })

  it('that never ask have no login in a terminal', async () => {
    const one = await plugin('never', 'exit 1', { interactiveMode: 'Never' })
    const error = await credentials()
      .get(user, one, cluster)
      .catch((reason: unknown) => reason)
    expect(error).not.toBeInstanceOf(LoginNeeded)
    await expect(credentials().login(user, one, cluster)).rejects.toThrow(/never asks anything/)
  })

  it('leave no token in words', () => {
    expect(redact('Authorization: Bearer abcdefgh12345 and eyJhbGciOi.eyJzdWIi.sig')).not.toMatch(/abcdefgh|eyJ/)
  })
})

describe('the login environment', () => {
  it('is what the login shell sets up, whatever else it prints', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hopscope-shell-'))
    const shell = join(folder, 'shell')
    await writeFile(
      shell,
      '#!/bin/sh\necho "Welcome!"; export FROM_PROFILE="a\nb" PATH="/from/profile:$PATH"\n[ "$1" = -ilc ] && exec sh -c "$2"\n',
    )
    await chmod(shell, 0o755)
    const env = await askShell(shell, { PATH: process.env['PATH'] })
    expect(env['FROM_PROFILE']).toBe('a\nb')
    expect(env['PATH']).toMatch(/^\/from\/profile:/)
    await rm(folder, { recursive: true })
  })

  it('does not wait for what a profile leaves running', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hopscope-shell-'))
    const shell = join(folder, 'shell')
    await writeFile(shell, `#!/bin/sh\nsleep 30 & echo $! > ${folder}/agent\nexport MADE=here; exec sh -c "$2"\n`)
    await chmod(shell, 0o755)
    expect((await askShell(shell, { PATH: process.env['PATH'] }))['MADE']).toBe('here')
    // Throws where it is gone.
    process.kill(Number(await readFile(join(folder, 'agent'), 'utf8')), 'SIGTERM')
    await rm(folder, { recursive: true })
  })

  it('is ours when the shell hangs or is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hopscope-shell-'))
    const shell = join(folder, 'shell')
    await writeFile(shell, '#!/bin/sh\nsleep 60\n')
    await chmod(shell, 0o755)
    expect(await askShell(shell, { A: '1' }, 100)).toEqual({ A: '1' })
    expect(await askShell(join(folder, 'none'), { A: '1' })).toEqual({ A: '1' })
    await rm(folder, { recursive: true })
  })
})
