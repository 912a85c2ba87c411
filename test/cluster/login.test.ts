import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Subscription } from '../../common/contract.ts'
import type { ContextEntry } from '../../common/model/context.ts'
import { openPty } from '../../main/terminals/pty-line.ts'
import { kubeconfigWithLogin, LOGIN_CODE } from '../support/login-plugin.ts'
import { startHost } from '../support/host.ts'
import { openLink } from '../support/open-link.ts'
import { EVERYTHING, TestCluster } from './cluster.ts'
import { skipReason } from './start.ts'

const SECRET = 'PLANTED-91c4e2aa-SECRET'
const title = `a login in a terminal${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 }, () => {
  let cluster: TestCluster
  let folder: string
  beforeAll(async () => {
    cluster = await TestCluster.start({ nodes: [], users: [{ name: 'ops', token: SECRET, rules: EVERYTHING }] })
    folder = mkdtempSync(join(tmpdir(), 'hopscope-login-test-'))
  })
  afterAll(async () => {
    await cluster?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  it('makes contexts reachable by themselves, and its credential is seen nowhere', async () => {
    const config = kubeconfigWithLogin(cluster, folder, ['ops', 'ops-too'])
    const userFolder = mkdtempSync(join(folder, 'user-'))
    const { host } = await startHost(userFolder, config.path)
    await using line = await openLink(host)
    const { clusters, terminals } = line.host
    const contexts = new Latest(await clusters.watchContexts(), ({ contexts: all }) => all)
    const facts = new Latest(await terminals.watch(), ([first]) => first)
    const states = () => contexts.value?.map(({ name, state }: ContextEntry) => `${name} ${state}`)

    await clusters.askContext('ops-too')
    await expect.poll(states).toEqual(['ops needs-login', 'ops-too needs-login'])
    expect(contexts.value?.[0]?.problem).toMatch(
      /User "ops@.*" has to log in, in a terminal: the credential plugin .*corp-login asks there/,
    )
    expect(config.runs()).toBe(0)

    const id = await terminals.open({ kind: 'login', context: 'ops' }, 100, 30)
    await expect(terminals.record(id, undefined)).rejects.toMatchObject({ code: 'unsupported' })
    let shown = ''
    const reading = (async () => {
      for await (const { bytes } of await terminals.output(id, 0)) shown += Buffer.from(bytes).toString()
    })()
    const type = (text: string) => terminals.input(id, Buffer.from(text))
    await expect.poll(() => shown).toContain('Code from your phone: ')
    await type('654321\r')
    await expect.poll(() => facts.value).toMatchObject({ state: 'ended', end: { exitCode: 3 } })
    expect(shown).toMatch(/That is not the code\.[^]*Press Enter to start again/)
    expect(states()).toEqual(['ops needs-login', 'ops-too needs-login'])

    await type('\r')
    await expect.poll(() => shown.split('Code from your phone').length).toBe(3)
    await type(`${LOGIN_CODE}\r`)
    await expect.poll(() => facts.value).toMatchObject({ state: 'ended', end: { reason: 'Logged in.' }, session: 1 })
    // Both are of the one user.
    await expect.poll(states).toEqual(['ops reachable', 'ops-too reachable'])
    expect(config.runs()).toBe(2)
    // After a login that went well Enter is for nobody.
    await type('\r')

    await terminals.close(id)
    await reading
    expect(cluster.api.seen.some(({ headers }) => headers.authorization === `Bearer ${SECRET}`)).toBe(true)
    const files = readdirSync(userFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(userFolder, name))
      .filter((name) => statSync(name).isFile())
    for (const text of [shown, ...line.messages, ...files.map((file) => readFileSync(file, 'utf8'))]) {
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain(btoa(SECRET).slice(2, -4))
    }
    expect(line.messages.length).toBeGreaterThan(10)
    expect(config.runs()).toBe(2)

    contexts.stop()
    facts.stop()
    await host.close()
  })

  it('is asked for by a command in the terminal that it was given in, and not where there is none', async () => {
    const config = kubeconfigWithLogin(cluster, mkdtempSync(join(folder, 'command-')), ['ops', 'ops-too'])
    const args = [join(import.meta.dirname, '../../main/cli.ts'), 'contexts']
    const env = { ...process.env, KUBECONFIG: config.path, HOPSCOPE_CONFIG: mkdtempSync(join(folder, 'user-')) }
    let shown = ''
    const output = (bytes: Uint8Array) => {
      shown += Buffer.from(bytes).toString()
      return undefined
    }
    const size = { columns: 200, rows: 30 }
    const line = await openPty({ file: process.execPath, args, cwd: folder, env }, size, { output })
    await expect.poll(() => shown, { timeout: 20_000 }).toContain('Code from your phone: ')
    await line.write(Buffer.from(`${LOGIN_CODE}\r`))
    expect(await line.exited).toMatchObject({ exitCode: 0 })
    // Once for both contexts of the user.
    expect(config.runs()).toBe(1)
    expect(shown).toMatch(/\* +ops .*v1\.36[^]* ops-too .*v1\.36/)
    expect(shown).not.toContain(SECRET)

    const piped = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    piped.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const [code] = await once(piped, 'close')
    expect([code, said]).toEqual([1, expect.stringContaining('has to log in, in a terminal')])
    expect(config.runs()).toBe(1)
  })

  it('whose credential the API server refuses is asked for again, with or without a terminal before', async () => {
    const config = kubeconfigWithLogin(cluster, mkdtempSync(join(folder, 'refused-')), ['ops'])
    config.print({ token: 'not-a-token' })
    const kubeconfig = JSON.parse(readFileSync(config.path, 'utf8'))
    const print = { command: 'cat', args: [config.printed], interactiveMode: 'IfAvailable' }
    kubeconfig.users.push({ name: 'quiet', user: { exec: { ...kubeconfig.users[0].user.exec, ...print } } })
    kubeconfig.contexts.push({ name: 'quiet', context: { ...kubeconfig.contexts[0].context, user: 'quiet' } })
    writeFileSync(config.path, JSON.stringify(kubeconfig))
    const { host } = await startHost(mkdtempSync(join(folder, 'user-')), config.path)
    await using line = await openLink(host)
    const { clusters, terminals } = line.host
    expect(await clusters.askContext('quiet')).toMatchObject({
      state: 'needs-login',
      problem: expect.stringMatching(/does not accept these credentials/),
    })
    const id = await terminals.open({ kind: 'login', context: 'ops' }, 100, 30)
    const facts = new Latest(await terminals.watch(), ([first]) => first)
    await expect.poll(() => facts.value?.state).toBe('running')
    await terminals.input(id, Buffer.from(`${LOGIN_CODE}\r`))
    await expect.poll(() => facts.value?.end?.reason).toBe('Logged in.')
    expect(await clusters.askContext('ops')).toMatchObject({
      state: 'needs-login',
      problem: expect.stringMatching(/does not accept the login of user "ops@.*": log in again, in a terminal/),
    })
    facts.stop()
    await host.close()
  })

  it('that ends in the middle of a session is asked for again, without a run of the plugin', async () => {
    const config = kubeconfigWithLogin(cluster, mkdtempSync(join(folder, 'short-')), ['ops'])
    const { host } = await startHost(mkdtempSync(join(folder, 'user-')), config.path)
    await using line = await openLink(host)
    const { clusters, explorer, terminals } = line.host
    const id = await terminals.open({ kind: 'login', context: 'ops' }, 100, 30)
    const facts = new Latest(await terminals.watch(), ([first]) => first)
    await expect.poll(() => facts.value?.state).toBe('running')
    // Credentials are given up 10 s before they end.
    config.print({ expirationTimestamp: new Date(Date.now() + 20_000).toISOString() })
    await terminals.input(id, Buffer.from(`${LOGIN_CODE}\r`))
    await expect.poll(() => facts.value?.end?.reason, { timeout: 20_000 }).toBe('Logged in.')
    expect(await clusters.askContext('ops')).toMatchObject({ state: 'reachable' })
    await expect
      .poll(() => clusters.askContext('ops'), { timeout: 40_000, interval: 500 })
      .toMatchObject({
        state: 'needs-login',
        problem: expect.stringMatching(/has expired: log in again, in a terminal/),
      })
    const rows = new Latest(await explorer.watchRows('ops', 'pods', ''), ({ problems }) => problems)
    await expect.poll(() => JSON.stringify(rows.value)).toContain('has expired')
    expect(config.runs()).toBe(1)
    rows.stop()
    facts.stop()
    await host.close()
  })
})

/** The newest of what a subscription tells. */
class Latest<T, R> {
  value: R | undefined
  readonly #reader: ReturnType<Subscription<T>['getReader']>

  constructor(subscription: Subscription<T>, of: (value: T) => R) {
    this.#reader = subscription.getReader()
    void this.#read(of).catch(() => undefined)
  }

  async #read(of: (value: T) => R): Promise<void> {
    for (;;) {
      const next = await this.#reader.read()
      if (next.done) return
      this.value = of(next.value)
    }
  }

  stop(): void {
    void this.#reader.cancel()
  }
}
