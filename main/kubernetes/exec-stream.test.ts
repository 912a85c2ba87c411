import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { HostError } from '../../common/host-error.ts'
import { TestCluster } from '../../test/cluster/cluster.ts'
import { openAs, skipReason } from '../../test/cluster/start.ts'
import { setClock } from '../../test/support/set-clock.ts'
import { ApiConnection } from './api-connection.ts'
import { isAllowed, listAll, measure, whoami } from './cluster-access.ts'
import { ExecCredentials } from './exec-credential.ts'
import { openExec, runCommand } from './exec-stream.ts'
import type { Pod } from './objects.ts'

const dev = {
  name: 'dev',
  groups: ['devs'],
  token: 'dev-token',
  rules: [
    { namespaces: ['default'], resources: ['pods'], verbs: ['get', 'list'] },
    { namespaces: ['default'], resources: ['pods/exec'], verbs: ['get'] },
  ],
}

describe.skipIf(skipReason !== undefined)(
  `the API and exec on the test cluster${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  () => {
    let cluster: TestCluster
    let admin: ApiConnection
    const web = { namespace: 'default', pod: 'web', container: 'app' }

    beforeAll(async () => {
      cluster = await TestCluster.start({ users: [dev] })
      await cluster.pod('default', 'web', { nodeName: 'node-a' })
      await cluster.pod('default', 'bare', { container: { image: 'example.com/distroless:1' } })
      admin = (await openAs(cluster)).connection
    })
    afterAll(() => cluster?.close())

    it('says which version, how far and who', async () => {
      const { version, latencyMs } = await measure(admin)
      expect(version.gitVersion).toBe('v1.36.2')
      expect(latencyMs).toBeGreaterThan(0)
      expect(await whoami((await openAs(cluster, 'dev')).connection)).toEqual({
        username: 'dev',
        groups: ['devs', 'system:authenticated'],
      })
      expect((await whoami(admin)).groups).toContain('system:masters')
    })

    it('asks for access by subresource', async () => {
      const { connection } = await openAs(cluster, 'dev')
      const ask = (verb: string) =>
        isAllowed(connection, { namespace: 'default', verb, resource: 'pods', subresource: 'exec' })
      expect(await ask('get')).toBe(true)
      expect(await ask('create')).toBe(false)
    })

    it('lists in pages', async () => {
      const { items } = await listAll<Pod>(admin, '/api/v1/namespaces/default/pods')
      expect(items.map((pod) => pod.metadata.name).sort()).toEqual(['bare', 'web'])
    })

    it('runs a command in the pod: both outputs and the exit code', async () => {
      const { stdout, stderr, end } = await runCommand(admin, {
        ...web,
        command: ['sh', '-c', 'printf "%s|" "$@"; echo no >&2; exit 3', 'sh', 'a b', '$(id)', ';"\''],
      })
      expect(stdout).toBe('a b|$(id)|;"\'|')
      expect(stderr).toBe('no\n')
      expect(end.exitCode).toBe(3)
      expect(end.status?.reason).toBe('NonZeroExitCode')
    })

    it('hands over stdin', async () => {
      let said = ''
      const stream = await openExec(
        admin,
        { ...web, command: ['sh', '-c', 'head -c 100000 | sha256sum'], stdin: true },
        { stdout: (bytes) => void (said += Buffer.from(bytes).toString()) },
      )
      stream.write(new Uint8Array(100_000))
      expect((await stream.ended).exitCode).toBe(0)
      expect(said).toMatch(/^[0-9a-f]{64} /)
    })

    it('stops reading while the receiver is busy, loses nothing, and leaves its bytes alone', async () => {
      const received = createHash('sha256')
      let busy = 0
      const stream = await openExec(
        admin,
        { ...web, command: ['seq', '1', '500000'] },
        {
          stdout: async (bytes) => {
            busy++
            expect(busy).toBe(1)
            await sleep(0)
            // More came meanwhile.
            received.update(bytes)
            busy--
          },
        },
      )
      expect((await stream.ended).exitCode).toBe(0)
      const expected = createHash('sha256')
      for (let line = 1; line <= 500_000; line++) expected.update(`${line}\n`)
      expect(received.digest('hex')).toBe(expected.digest('hex'))
    })

    it.each([
      ['a user who may only get exec', 'dev', web, 403, /cannot create resource "pods\/exec"/],
      ['an unknown pod', 'admin', { ...web, pod: 'nope' }, 404, /pods "nope" not found/],
      ['an unknown container', 'admin', { ...web, container: 'nope' }, 400, /container nope is not valid for pod web/],
    ])('is told in words for %s', async (_what, user, where, status, words) => {
      const { connection } = await openAs(cluster, user)
      await expect(runCommand(connection, { ...where, command: ['true'] })).rejects.toMatchObject({
        httpStatus: status,
        message: expect.stringMatching(words),
      })
    })

    it('is told that a distroless container has no such program', async () => {
      const { end } = await runCommand(admin, { ...web, pod: 'bare', command: ['sh', '-c', 'true'] })
      expect(end.status?.message).toMatch(/exec: "sh": executable file not found in \$PATH/)
      expect(end.exitCode).toBeUndefined()
    })

    describe('failures', () => {
      const slow = ['sh', '-c', 'echo start; sleep 5; echo end']
      async function fault(kind: 'cut' | 'kubelet-restart' | 'containerd-restart' | 'early-success') {
        const stream = await openExec(
          admin,
          { ...web, command: slow },
          { stdout: () => cluster.fail({ kind }, { pod: 'web' }, 50) },
        )
        return stream.ended
      }

      it.each(['cut', 'kubelet-restart'] as const)('%s: no Status, and it says so', async (kind) => {
        const end = await fault(kind)
        expect(end.status).toBeUndefined()
        expect(end.lost).toBeTruthy()
        await sleep(60)
      })

      it.each(['containerd-restart', 'early-success'] as const)(
        '%s: says Success though nothing is finished',
        async (kind) => {
          expect((await fault(kind)).exitCode).toBe(0)
        },
      )

      it('says exit code 137 when the process is killed', async () => {
        const container = cluster.container('default', 'web', 'app')
        const stream = await openExec(admin, { ...web, command: ['tail', '-f', '/dev/null'] }, {})
        while (container.killProgram('tail') === 0) await sleep(10)
        expect((await stream.ended).exitCode).toBe(137)
      })

      it('notices a dead link by its pings, and one that comes back in time loses nothing', async () => {
        const dead = await openExec(admin, { ...web, command: slow }, {}, undefined, { pingMs: 50, silenceMs: 300 })
        cluster.fail({ kind: 'stall', ms: 1500 }, { pod: 'web' })
        expect((await dead.ended).lost).toMatch(/no answer/)
        let said = ''
        const alive = await openExec(
          admin,
          { ...web, command: ['sh', '-c', 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done'] },
          { stdout: (bytes) => void (said += Buffer.from(bytes).toString()) },
          undefined,
          { pingMs: 50, silenceMs: 2000 },
        )
        cluster.fail({ kind: 'stall', ms: 500 }, { pod: 'web' })
        expect((await alive.ended).exitCode).toBe(0)
        expect(said).toBe('1\n2\n3\n4\n5\n6\n')
      })

      it('notices a dead link also where the clock of this machine is set back', async () => {
        const dead = await openExec(admin, { ...web, command: slow }, {}, undefined, { pingMs: 50, silenceMs: 300 })
        cluster.fail({ kind: 'stall', ms: 3000 }, { pod: 'web' })
        setClock(-3_600_000)
        expect((await dead.ended).lost).toMatch(/no answer/)
      })

      it('says why when the API server is down, and works again when it is back', async () => {
        cluster.api.kill()
        await expect(runCommand(admin, { ...web, command: ['true'] })).rejects.toThrow(
          /Nothing listens at 127\.0\.0\.1/,
        )
        await cluster.api.start()
        expect((await runCommand(admin, { ...web, command: ['true'] })).end.exitCode).toBe(0)
      })
    })
  },
)

describe('a command for which no answer comes', () => {
  const web = { namespace: 'default', pod: 'web', container: 'app', command: ['true'] }

  it('failed for that, and was not cancelled by anybody; one that was says by what', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => {
      silent.close()
      for (const socket of sockets) socket.destroy()
    })
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const cluster = { name: 'silent', server: `http://127.0.0.1:${port}`, skipVerify: false }
    const connection = new ApiConnection(cluster, { name: 'u' }, new ExecCredentials(() => Promise.resolve({})), {})
    await expect(runCommand(connection, web, 50)).rejects.toMatchObject({
      code: 'unavailable',
      message: `127.0.0.1:${port} did not answer in time.`,
    })
    const closing = new AbortController()
    const running = runCommand(connection, web, 60_000, closing.signal)
    closing.abort()
    await expect(running).rejects.toMatchObject({ code: 'cancelled' })
    const given = AbortSignal.abort(new HostError('cancelled', 'Given up before it began.'))
    await expect(runCommand(connection, web, 60_000, given)).rejects.toThrow('Given up before it began.')
    await expect(runCommand(connection, web, 60_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
  })
})
