import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { ExecCredentials } from '../kubernetes/exec-credential.ts'
import type { ExecPlugin } from '../kubernetes/kubeconfig.ts'
import { LoginNeeded } from '../kubernetes/plugin-process.ts'
import { openPluginLogin } from './plugin-login.ts'

const SECRET = 'PLANTED-2b6d0f44-SECRET'
const SIZE = { columns: 100, rows: 30 }
const cluster = { name: 'c', server: 'https://c', skipVerify: false }
const user = { name: 'ops' }

/** As plugins do that ask: only where they may, on the terminal, with the credential alone on what they print. */
const ASKS = `
case "$KUBERNETES_EXEC_INFO" in *'"interactive":true'*) ;; *) echo "not interactive" >&2; exit 9 ;; esac
[ -t 0 ] && [ -t 2 ] && ! [ -t 1 ] || { echo "no terminal" >&2; exit 8; }
[ -z "$ELECTRON_RUN_AS_NODE" ] || exit 7
printf 'Code for %s: ' "$1" >&2
read -r code
[ "$code" = 123456 ] || { echo "wrong code" >&2; exit 3; }
printf '{"kind":"ExecCredential","status":{"token":"%s"}}' "$TOKEN"
`

function plugin(folder: string, script = ASKS, more: Partial<ExecPlugin> = {}): ExecPlugin {
  const command = join(folder, 'plugin')
  writeFileSync(command, `#!/bin/sh\n${script}`)
  chmodSync(command, 0o755)
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args: ['$(touch pwned); "ops" \'*'],
    env: [{ name: 'TOKEN', value: SECRET }],
    interactiveMode: 'Always',
    provideClusterInfo: false,
    ...more,
  }
}

async function start(one: ExecPlugin, runtime: string) {
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
  onTestFinished(() => void vi.unstubAllEnvs())
  const credentials = new ExecCredentials(() => Promise.resolve(process.env))
  let text = ''
  const decoder = new TextDecoder()
  const output = (bytes: Uint8Array) => {
    text += decoder.decode(bytes, { stream: true })
    return undefined
  }
  const open = async (signal = new AbortController().signal) =>
    openPluginLogin(await credentials.login(user, one, cluster), SIZE, { output }, signal)
  const says = (what: string | RegExp) => expect.poll(() => text, { timeout: 20_000 }).toMatch(what)
  const get = () => credentials.get(user, one, cluster)
  return { line: await open(), open, get, says, text: () => text }
}

describe.skipIf(process.platform === 'win32')('a login plugin in a terminal', { timeout: 60_000 }, () => {
  it('asks there, and its credential goes to the requests and nowhere else', async () => {
    const folder = temporaryFolder()
    const runtime = temporaryFolder()
    const { line, get, says, text } = await start(plugin(folder), runtime)
    // What a kubeconfig says is an argument, whatever is in it.
    await says(/Code for \$\(touch pwned\); "ops" '\*: /)
    await expect(get()).rejects.toThrow(LoginNeeded)
    await line.write(Buffer.from('123456\n'))
    expect(await line.ended).toEqual({ reason: 'Logged in.', exitCode: 0, final: true })
    expect(text()).not.toContain('PLANTED')
    expect(await get()).toEqual({ token: SECRET })
    expect(existsSync(join(folder, 'pwned'))).toBe(false)
    expect(readdirSync(runtime)).toEqual([])
  })

  it('that refuses leaves its words and its exit code, and can be run again', async () => {
    const { line, open, get, says, text } = await start(plugin(temporaryFolder()), temporaryFolder())
    await says('Code for')
    await line.write(Buffer.from('0\n'))
    expect(await line.ended).toEqual({ reason: 'The login ended with exit code 3.', exitCode: 3 })
    expect(text()).toContain('wrong code')
    await expect(get()).rejects.toThrow(/has to log in, in a terminal/)
    const second = await open()
    await second.write(Buffer.from('123456\n'))
    expect((await second.ended).reason).toBe('Logged in.')
    expect((await get()).token).toBe(SECRET)
  })

  it('that prints something else than a credential is not quoted', async () => {
    const one = plugin(temporaryFolder(), `printf 'token=%s' "$TOKEN"`)
    const { line, text } = await start(one, temporaryFolder())
    const end = await line.ended
    expect(end).toEqual({ reason: expect.stringMatching(/^Not logged in: .* did not print an ExecCredential/) })
    expect(end.reason + text()).not.toContain('PLANTED')
  })

  it('that is not there is named', async () => {
    const one = { ...plugin(temporaryFolder()), command: 'no-such-plugin-anywhere' }
    const { line, text } = await start(one, temporaryFolder())
    expect(await line.ended).toMatchObject({ exitCode: 127 })
    expect(text()).toContain('no-such-plugin-anywhere was not found in PATH.')
  })

  it('answers Ctrl-C itself', async () => {
    const script = `trap 'echo stopped >&2; exit 5' INT\necho ready >&2\nwhile :; do sleep 0.1; done\n`
    const { line, says } = await start(plugin(temporaryFolder(), script), temporaryFolder())
    await says('ready')
    await line.write(Buffer.from('\x03'))
    expect(await line.ended).toMatchObject({ exitCode: 5 })
    await says('stopped')
  })

  it('ends with its terminal, and leaves nothing: neither a file nor its place among logins', async () => {
    const folder = temporaryFolder()
    const runtime = temporaryFolder()
    const script = `echo $$ > '${join(folder, 'pid')}'\nprintf '{"status":{"token":"%s"}}' "$TOKEN"\nprintf ready >&2\nread -r _\n`
    const { line, open, get, says } = await start(plugin(folder, script), runtime)
    await says('ready')
    // What it printed is in no file, and the way by which it came is closed for others.
    const files = readdirSync(runtime, { recursive: true, encoding: 'utf8' })
    expect(files.map((name) => name.replace(/^hopscope-login-[^/]+/, 'folder')).toSorted()).toEqual([
      'folder',
      'folder/pid',
    ])
    await expect(open()).rejects.toThrow(/being logged in, in another terminal/)
    await line.close()
    expect(readdirSync(runtime)).toEqual([])
    await expect(get()).rejects.toThrow(LoginNeeded)
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
    await expect(open(AbortSignal.abort())).rejects.toThrow()
    const again = await open()
    await again.close()
    expect(readdirSync(runtime)).toEqual([])
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
