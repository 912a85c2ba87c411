import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVERYTHING, TestCluster } from './cluster.ts'
import { skipReason } from './start.ts'

const SECRET = 'PLANTED-7f3a9c1e-SECRET'
const CLI = join(import.meta.dirname, '../../main/cli.ts')

// The token works; what stands beside it is to be seen nowhere either.
describe.skipIf(skipReason !== undefined)(
  `planted secrets${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  { timeout: 60_000 },
  () => {
    let cluster: TestCluster
    let folder: string
    beforeAll(async () => {
      cluster = await TestCluster.start({ users: [{ name: 'ops', token: `${SECRET}-token`, rules: EVERYTHING }] })
      await cluster.pod('default', 'web')
      folder = mkdtempSync(join(tmpdir(), 'hopscope-secrets-'))
    })
    afterAll(async () => {
      await cluster?.close()
      if (folder) rmSync(folder, { recursive: true, force: true })
    })

    async function cli(kubeconfig: string, ...args: readonly string[]) {
      const env = {
        ...process.env,
        KUBECONFIG: kubeconfig,
        HOPSCOPE_CONFIG: join(folder, 'config'),
        HOPSCOPE_DEBUG: '1',
        SHELL: '/bin/sh',
      }
      const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (bytes: Buffer) => (said += bytes.toString()))
      const [code] = await once(child, 'close')
      return { code: Number(code), said }
    }

    function filesBelow(path: string): string[] {
      return readdirSync(path, { recursive: true, encoding: 'utf8' })
        .map((name) => join(path, name))
        .filter((name) => statSync(name).isFile())
    }

    const variant = (
      name: string,
      change: (config: { users: { user: object }[]; clusters: { cluster: object }[] }) => void,
    ) => {
      const config = JSON.parse(readFileSync(cluster.kubeconfig(['ops']), 'utf8'))
      change(config)
      // Not below the folder that is searched.
      const path = join(cluster.folder, name)
      writeFileSync(path, JSON.stringify(config))
      return path
    }

    it('are in no output and no file of a capture that works', async () => {
      const config = cluster.kubeconfig(['ops'])
      for (const args of [
        ['contexts', '--json'],
        ['preflight', 'web', '--json'],
        ['capture', 'web', '--duration', '1s', '-o', join(folder, 'c.pcapng')],
        ['sweep'],
      ]) {
        const { code, said } = await cli(config, ...args)
        expect([code, said]).toEqual([0, expect.not.stringContaining(SECRET)])
      }
      expect(cluster.api.seen.some(({ headers }) => headers.authorization?.includes(SECRET))).toBe(true)
      const files = filesBelow(folder)
      expect(files.length).toBeGreaterThan(2)
      for (const file of files) expect(readFileSync(file).includes(SECRET), file).toBe(false)
      expect(JSON.stringify(cluster.findPod('default', 'web'))).not.toContain(SECRET)
    })

    it.each([
      [
        'a wrong token',
        (user: object) => Object.assign(user, { token: `${SECRET}-wrong` }),
        /does not accept these credentials/,
      ],
      [
        'a wrong password',
        (user: object) => Object.assign(user, { token: '', username: 'u', password: SECRET }),
        /401/,
      ],
      [
        'a broken certificate',
        (user: object) =>
          Object.assign(user, { 'client-certificate-data': btoa(SECRET), 'client-key-data': btoa(SECRET) }),
        /./,
      ],
      [
        'a missing token file',
        (user: object) => Object.assign(user, { token: '', tokenFile: '/nowhere/token' }),
        /cannot be read \(ENOENT\)/,
      ],
    ])('are in no message about %s', async (name, change, words) => {
      const config = variant(name.replaceAll(' ', '-'), ({ users }) => users.forEach(({ user }) => change(user)))
      for (const args of [['contexts'], ['preflight', 'web']]) {
        const { code, said } = await cli(config, ...args)
        expect([code, said]).toEqual([1, expect.not.stringContaining(SECRET)])
        expect(said).not.toContain(btoa(SECRET))
        expect(said).toMatch(words)
      }
    })

    it('are in no message about a plugin or a proxy that fails', async () => {
      const plugin = join(cluster.folder, 'plugin')
      writeFileSync(plugin, `#!/bin/sh\necho '{"status":{"token":"${SECRET}' ; echo "token: ${SECRET}" >&2; exit 1\n`)
      chmodSync(plugin, 0o755)
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: plugin,
        interactiveMode: 'Never',
        env: [{ name: 'X', value: SECRET }],
      }
      const failing = variant('exec', ({ users }) =>
        users.forEach(({ user }) => Object.assign(user, { token: '', exec })),
      )
      const proxied = variant('proxy', ({ clusters }) =>
        clusters.forEach(({ cluster: one }) => Object.assign(one, { 'proxy-url': `http://me:${SECRET}@127.0.0.1:1` })),
      )
      for (const config of [failing, proxied]) {
        const { code, said } = await cli(config, 'contexts')
        expect([code, said]).toEqual([1, expect.not.stringContaining(SECRET)])
        expect(said).toMatch(/exit code 1|proxy 127\.0\.0\.1:1 cannot be reached/)
      }
    })
  },
)
