import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { connectionError } from './api-error.ts'
import { ClusterAccess, whoami } from './cluster-access.ts'
import { authorityOf } from './credentials.ts'
import { openExec } from './exec-stream.ts'

const web = { namespace: 'default', pod: 'web', container: 'app', command: ['true'] }

/** A server at a port of its own, that of a kubeconfig whose user has the token `old`. */
async function apiServer(answer: RequestListener, user: (folder: string) => object = () => ({ token: 'old' })) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const folder = temporaryFolder()
  const file = join(folder, 'config')
  const write = (as: object, at = `http://127.0.0.1:${port}`) =>
    writeFileSync(
      file,
      JSON.stringify({
        'current-context': 'shop',
        contexts: [{ name: 'shop', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: at } }],
        users: [{ name: 'u', user: as }],
      }),
    )
  const login = (token: string, at?: string) => write({ token }, at)
  write(user(folder))
  const access = new ClusterAccess(() => Promise.resolve({ KUBECONFIG: file }))
  const { connection } = await access.open(await access.load())
  onTestFinished(() => connection.close())
  return { server, port, login, connection }
}

const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const accepts =
  (token: string, answer: RequestListener): RequestListener =>
  (request, response) => {
    if (request.headers.authorization === `Bearer ${token}`) answer(request, response)
    else json(response, 401, { kind: 'Status', status: 'Failure', reason: 'Unauthorized', message: 'Unauthorized' })
  }

describe('a login that ended while a connection is used', () => {
  const fine = accepts('new', (_request, response) => void json(response, 200, { gitVersion: 'v1.36.2' }))

  it('is replaced by the one that the kubeconfig has by now, for requests and streams alike', async () => {
    const { server, login, connection } = await apiServer(fine)
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' })
    server.on('upgrade', (request: IncomingMessage, socket, head) => {
      if (request.headers.authorization !== 'Bearer new') {
        socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
        return
      }
      sockets.handleUpgrade(request, socket, head, (accepted) => accepted.close(1000))
    })
    await expect(connection.get('/version')).rejects.toMatchObject({ httpStatus: 401 })
    await expect(openExec(connection, web, {})).rejects.toMatchObject({ httpStatus: 401 })
    login('new')
    await (
      await openExec(connection, web, {})
    ).ended
    expect(await connection.get('/version')).toEqual({ gitVersion: 'v1.36.2' })
  })

  it('is replaced for requests that are refused only after another has seen to it', async () => {
    const held: (() => void)[] = []
    const asked = Promise.withResolvers<void>()
    const { login, connection } = await apiServer((request, response) => {
      if (request.url !== '/slow' || request.headers.authorization === 'Bearer new') {
        fine(request, response)
        return
      }
      held.push(() => fine(request, response))
      asked.resolve()
    })
    const slow = connection.get('/slow')
    await asked.promise
    login('new')
    expect(await connection.get('/version')).toEqual({ gitVersion: 'v1.36.2' })
    for (const answer of held) answer()
    expect(await slow).toEqual({ gitVersion: 'v1.36.2' })
  })

  it('is replaced by what its file holds by now, where that was written while a request was on its way', async () => {
    let tokenFile = ''
    let requests = 0
    const { connection } = await apiServer(
      (request, response) => {
        requests++
        writeFileSync(tokenFile, 'new')
        fine(request, response)
      },
      (folder) => {
        tokenFile = join(folder, 'token')
        writeFileSync(tokenFile, 'old')
        return { tokenFile }
      },
    )
    expect(await connection.get('/version')).toEqual({ gitVersion: 'v1.36.2' })
    expect(requests).toBe(2)
  })

  it('is no time that the server takes, however long its plugin waits for somebody', async () => {
    const { connection } = await apiServer(fine, (folder) => {
      const command = join(folder, 'plugin')
      const credential = {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { token: 'new' },
      }
      writeFileSync(command, `#!/bin/sh\nsleep 1\necho '${JSON.stringify(credential)}'\n`, { mode: 0o755 })
      return { exec: { apiVersion: credential.apiVersion, command, interactiveMode: 'Never' } }
    })
    expect(await connection.get('/version', { timeoutMs: 500 })).toEqual({ gitVersion: 'v1.36.2' })
  })

  it('is asked with once where there is no other', async () => {
    let requests = 0
    const { connection } = await apiServer((request, response) => {
      requests++
      fine(request, response)
    })
    await expect(connection.get('/version')).rejects.toMatchObject({ httpStatus: 401 })
    expect(requests).toBe(1)
  })

  it('is not replaced by one for another cluster that has the name now', async () => {
    const { login, connection } = await apiServer(fine)
    login('new', 'http://127.0.0.1:9')
    await expect(connection.get('/version')).rejects.toMatchObject({ httpStatus: 401 })
  })
})

describe('an answer', () => {
  it('may be compressed, but of a watch', async () => {
    const items = Array.from({ length: 500 }, (_, i) => ({ metadata: { name: `pod-${i}` } }))
    const { connection } = await apiServer((request, response) => {
      const packs = request.headers['accept-encoding'] === 'gzip'
      const body = JSON.stringify({ items })
      if (packs) response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body))
      else response.end(`${body}\n`)
    })
    expect(await connection.get('/api/v1/pods')).toEqual({ items })
    const lines: string[] = []
    for await (const line of connection.lines('/api/v1/pods', { watch: true }, AbortSignal.timeout(60_000), 60_000)) {
      lines.push(line)
    }
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ items }])
  })

  it('that is none of an API server is called that, and not quoted', async () => {
    const { connection, port } = await apiServer((_request, response) => void response.end('<html>Log in</html>'))
    await expect(connection.get('/version')).rejects.toMatchObject({
      code: 'unavailable',
      message: `127.0.0.1:${port} answers with something that is not from Kubernetes: the login page of a proxy or VPN, or another server. Is the address in the kubeconfig right?`,
    })
  })

  it('that says who we are may be missing, before Kubernetes 1.28', async () => {
    const missing = { kind: 'Status', status: 'Failure', reason: 'NotFound', message: 'the server could not find it' }
    const { connection } = await apiServer((_request, response) => void json(response, 404, missing))
    expect(await whoami(connection)).toEqual({ username: '', groups: [] })
  })

  it('that is waited for longer than a watch lasts ends the watch, or was none', async () => {
    const asked = Promise.withResolvers<void>()
    const { connection, port } = await apiServer((request, response) => {
      if (request.url?.startsWith('/api/v1/pods')) response.write('{"type":"BOOKMARK"}\n')
      else asked.resolve()
    })
    const late = [new AbortController(), new AbortController()] as const
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(late[0].signal).mockReturnValueOnce(late[1].signal)
    onTestFinished(() => void vi.restoreAllMocks())
    const watch = (path: string) => connection.lines(path, { watch: true }, new AbortController().signal, 320_000)
    const pods = watch('/api/v1/pods')
    expect((await pods.next()).value).toBe('{"type":"BOOKMARK"}')
    late[0].abort()
    expect(await pods.next()).toEqual({ done: true, value: undefined })
    const nodes = expect(watch('/api/v1/nodes').next()).rejects.toThrow(
      `127.0.0.1:${port} did not answer within 320 s.`,
    )
    await asked.promise
    late[1].abort()
    await nodes
  })
})

describe('what no server is asked for', () => {
  it('names that would go up in the path, to another object', async () => {
    const asked: (string | undefined)[] = []
    const { connection } = await apiServer((request, response) => {
      asked.push(request.url)
      json(response, 200, {})
    })
    await expect(connection.get('/api/v1/namespaces/default/pods/..')).rejects.toThrow('can have the name ".."')
    await expect(openExec(connection, { ...web, namespace: '..' }, {})).rejects.toThrow('can have the name ".."')
    expect(asked).toEqual([])
  })

  it('against an authority that is none: the kubeconfig is to blame, not the certificate of the server', async () => {
    const cluster = { name: 'shop', server: 'https://h', skipVerify: false }
    const file = join(temporaryFolder(), 'ca.pem')
    writeFileSync(file, 'DER or what else')
    for (const [where, ca] of Object.entries({
      'certificate-authority-data': { authorityData: Buffer.from('no PEM').toString('base64') },
      [file]: { authorityFile: file },
    })) {
      await expect(authorityOf({ ...cluster, ...ca })).rejects.toThrow(
        `The kubeconfig's certificate authority of cluster "shop" (${where}) is no certificate in PEM: get the kubeconfig again.`,
      )
    }
    writeFileSync(file, '# theirs\n-----BEGIN CERTIFICATE-----\n')
    expect(await authorityOf({ ...cluster, authorityFile: file })).toContain('BEGIN')
    expect(await authorityOf(cluster)).toBe(undefined)
  })

  it('with credentials that cannot be sent: the kubeconfig is to blame, not the way there', async () => {
    const answer: RequestListener = (_request, response) => void json(response, 200, {})
    const { connection } = await apiServer(answer, () => ({ token: 'a\nb' }))
    await expect(connection.get('/version')).rejects.toThrow('has characters that no token has')
    const bad = Object.assign(new Error('error:0480006C:PEM routines::no start line'), {
      code: 'ERR_OSSL_PEM_NO_START_LINE',
    })
    expect(connectionError(bad, 'https://h').message).toMatch(/for h is no PEM/)
  })
})
