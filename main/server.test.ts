import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { appendFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startHost } from '../test/support/host.ts'
import { countOpenFiles } from '../test/support/open-files.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'
import { startServer } from './server.ts'

describe('the server', () => {
  it("serves the page's files to anybody on the machine, under a strict policy", async () => {
    const { get } = await serving()
    const page = await get('/', { authorization: undefined })
    expect([page.status, page.body.toString()]).toEqual([200, '<!doctype html>'])
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'referrer-policy': 'no-referrer',
    })
    const policy = page.headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
    // Compiles WebAssembly, and no text.
    expect(String(policy).replace("'wasm-unsafe-eval'", '')).not.toMatch(/unsafe|\*|https?:/)
    const script = await get('/assets/index-abc.js')
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(script.headers['cache-control']).toContain('immutable')
  })

  it.each([
    '/../secret.json',
    '/..%2fsecret.json',
    '/%2e%2e/secret.json',
    '/assets/..%2f..%2fsecret.json',
    '/assets/%5c..%5csecret.json',
    '/%00.json',
    '/%ff.json',
    '//etc/passwd.json',
    '/link.json',
    '/etc/passwd',
    '/nothing.json',
  ])('does not serve %s', async (path) => {
    const { get } = await serving()
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(answer.body.toString()).not.toContain('secret')
  })

  it('survives a URL that is none', async () => {
    const { get } = await serving()
    expect((await get('//')).status).toBe(400)
    expect((await get('/')).status).toBe(200)
  })

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example:1', '10.0.0.1'])(
    'refuses the host name "%s", whose DNS answer may have been turned to loopback',
    async (host) => {
      const { get } = await serving()
      expect((await get('/', { host })).status).toBe(403)
    },
  )

  it.each(['localhost:1234', '127.0.0.1:9', '[::1]:8080', 'LOCALHOST'])(
    "accepts %s, whatever the port of the tunnel's other end",
    async (host) => {
      const { get } = await serving()
      expect((await get('/door', { host })).status).toBe(204)
      expect((await get('/door', { host, origin: `http://${host.toLowerCase()}` })).status).toBe(204)
    },
  )

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:5000' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('refuses what another page asks for: %o', async (headers) => {
    const { get } = await serving()
    expect((await get('/door', headers)).status).toBe(403)
  })

  it('needs the token for captures and for the door, in the header alone', async () => {
    const { get, captureId, token } = await serving()
    for (const path of ['/door', `/capture/${captureId}`]) {
      expect((await get(path, { authorization: undefined })).status).toBe(401)
      expect((await get(path, { authorization: 'Bearer wrong' })).status).toBe(401)
      expect((await get(`${path}?token=${token}`, { authorization: undefined })).status).toBe(401)
    }
    expect((await get(`/capture/${captureId}`)).body.toString()).toBe('0123456789')
    const range = await get(`/capture/${captureId}`, { range: 'bytes=3-5' })
    expect([range.status, range.body.toString()]).toEqual([206, '345'])
  })

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'gives another user of the machine nothing for a ticket, which stays good for us',
    async () => {
      const { server } = await serving()
      const ticket = /#ticket=([\w-]+)/.exec(server.ticketUrl([]))?.[1] ?? ''
      const asked = `fetch(process.argv[1], { headers: { authorization: 'Ticket ' + process.argv[2] } })
        .then(({ status }) => console.log(status))`
      const door = `http://127.0.0.1:${server.port}/door`
      const asking = (uid: number) =>
        promisify(execFile)(process.execPath, ['-e', asked, door, ticket], { uid, cwd: '/', env: {} })
      expect((await asking(65_534)).stdout).toBe('401\n')
      expect((await asking(0)).stdout).toBe('200\n')
    },
  )

  it('gives the token for a ticket, once', async () => {
    const { get, server, token } = await serving()
    const ticket = /#ticket=([\w-]+)&open=file-1$/.exec(server.ticketUrl(['file-1']))?.[1]
    const first = await get('/door', { authorization: `Ticket ${ticket}` })
    expect([first.status, JSON.parse(first.body.toString())]).toEqual([200, { token }])
    expect(first.headers['cache-control']).toBe('no-store')
    expect((await get('/door', { authorization: `Ticket ${ticket}` })).status).toBe(401)
    expect((await get('/door', { authorization: 'Ticket undefined' })).status).toBe(401)
    expect((await get('/capture/x', { authorization: `Ticket ${ticket}` })).status).toBe(401)
  })

  it('can be reached by a link from anywhere, but not from within another page', async () => {
    const { get } = await serving()
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await get('/', { ...link, 'sec-fetch-dest': 'document' })).status).toBe(200)
    expect((await get('/', { ...link, 'sec-fetch-dest': 'iframe' })).status).toBe(403)
    expect((await get('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).status).toBe(403)
  })

  it('answers nothing but GET and HEAD, where there is no capture', async () => {
    const { get } = await serving()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await get('/door', {}, method)).status).toBe(405)
    }
    const head = await get('/', {}, 'HEAD')
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '15', 0])
  })

  it('streams a growing capture as it grows', async () => {
    const { host, port, token } = await serving()
    const path = join(temporaryFolder(), 'growing.pcapng')
    await writeFile(path, 'first ')
    const capture = await host.captures.openGrowing(path)
    const chunks: string[] = []
    const url = `http://127.0.0.1:${port}/capture/${capture.id}?follow=1&from=0`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) chunks.push(Buffer.from(chunk).toString())
    })()
    await expect.poll(() => chunks.join('')).toBe('first ')
    await appendFile(path, 'second ')
    capture.grew()
    await expect.poll(() => chunks.join('')).toBe('first second ')
    await appendFile(path, 'last')
    capture.finish()
    await reading
    expect(chunks.join('')).toBe('first second last')
  })

  it('sends each byte once and in order, also to a reader that is slower than the disk', async () => {
    const { host, port, token } = await serving()
    const path = join(temporaryFolder(), 'large.pcap')
    const bytes = Buffer.alloc(40 << 20)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at)
    await writeFile(path, bytes)
    const { id } = await host.captures.openFile(path)
    const answer = await new Promise<IncomingMessage>((resolve) => {
      const headers = { authorization: `Bearer ${token}` }
      request({ port, path: `/capture/${id}?follow=1&from=0`, headers }, resolve).end()
    })
    const chunks: Buffer[] = []
    for await (const chunk of answer) {
      chunks.push(chunk)
      if (chunks.length % 20 === 0) await wait(1)
    }
    expect(Buffer.compare(Buffer.concat(chunks), bytes)).toBe(0)
  })

  it('closes the file of a reader that leaves in the middle', async () => {
    const openFiles = await countOpenFiles()
    const { host, port, token } = await serving()
    const path = join(temporaryFolder(), 'left.pcap')
    await writeFile(path, Buffer.alloc(64 << 20))
    const { id } = await host.captures.openFile(path)
    const leave = new AbortController()
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`http://127.0.0.1:${port}/capture/${id}`, { headers, signal: leave.signal })
    await answer.body?.getReader().read()
    expect(openFiles()).toBe(1)
    leave.abort()
    await expect.poll(openFiles).toBe(0)
  })

  it('ends looking for who leaves before there is an answer', async () => {
    const openFiles = await countOpenFiles()
    const { host, port, token } = await serving()
    const path = join(temporaryFolder(), 'sought.pcap')
    await writeFile(path, Buffer.alloc(16 << 20))
    const { id } = await host.captures.openFile(path)
    const capture = await host.captures.find(id)
    const leave = new AbortController()
    let reads = 0
    const open = capture.open.bind(capture)
    vi.spyOn(capture, 'open').mockImplementation(async () => {
      const handle = await open()
      const read = handle.read.bind(handle)
      vi.spyOn(handle, 'read').mockImplementation(async (...where: unknown[]) => {
        if (++reads === 2) leave.abort()
        // As off a slow disk: all 64 would take seconds.
        await wait(50)
        return Reflect.apply(read, handle, where)
      })
      return handle
    })
    const headers = { authorization: `Bearer ${token}` }
    const url = `http://127.0.0.1:${port}/capture/${id}?find=000001&from=0&to=${16 << 20}`
    await expect(fetch(url, { headers, signal: leave.signal })).rejects.toThrow()
    await expect.poll(openFiles).toBe(0)
    expect(reads).toBeLessThan(20)
  })

  it('closes the file also of an answer whose turn on the connection never came', async () => {
    const openFiles = await countOpenFiles()
    const { host, port, token } = await serving()
    const folder = temporaryFolder()
    const [growing, large] = [join(folder, 'growing.pcap'), join(folder, 'waiting.pcap')]
    await writeFile(growing, 'first')
    await writeFile(large, Buffer.alloc(8 << 20))
    const first = await host.captures.openGrowing(growing)
    const second = await host.captures.openFile(large)
    const asking = connect(port, '127.0.0.1')
    for (const path of [`${first.id}?follow=1&from=0`, second.id]) {
      asking.write(`GET /capture/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    }
    await expect.poll(openFiles).toBe(2)
    asking.destroy()
    await expect.poll(openFiles).toBe(0)
  })

  it('reads no further ahead than a slow reader takes', async () => {
    const { host, port, token } = await serving()
    const path = join(temporaryFolder(), 'large.pcap')
    await writeFile(path, Buffer.alloc(64 << 20))
    const { id } = await host.captures.openFile(path)
    const before = process.memoryUsage().arrayBuffers
    const taken = await new Promise<number>((resolve) => {
      const asking = request(
        { port, path: `/capture/${id}`, headers: { authorization: `Bearer ${token}` } },
        (response) => {
          response.pause()
          void wait(300).then(() => {
            resolve(process.memoryUsage().arrayBuffers - before)
            asking.destroy()
          })
        },
      )
      asking.end()
    })
    expect(taken).toBeLessThan(16 << 20)
  })

  describe('its WebSocket', () => {
    it('opens with the token as a subprotocol, which is not echoed', async () => {
      const { socket, token } = await serving()
      const open = await socket(['hopscope', `token.${token}`])
      expect(open.protocol).toBe('hopscope')
    })

    it.each([
      ['a wrong token', ['hopscope', 'token.wrong'], {}, 401],
      ['no token', ['hopscope'], {}, 401],
      ['no origin', undefined, { origin: undefined }, 403],
      ['a foreign origin', undefined, { origin: 'http://evil.example' }, 403],
      ['a foreign host name', undefined, { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ])('refuses %s', async (_, protocols, headers, status) => {
      const { socket, token } = await serving()
      await expect(socket(protocols ?? ['hopscope', `token.${token}`], headers)).rejects.toThrow(String(status))
    })

    it('is done with who is refused, also if they break off, or never do', async () => {
      const { server, port, get } = await serving()
      const refused = () => {
        const asking = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
        onTestFinished(() => void asking.destroy())
        asking.write('GET /host HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
        return asking
      }
      for (let n = 0; n < 20; n++) {
        const asking = refused()
        await once(asking, 'connect')
        asking.resetAndDestroy()
      }
      expect((await get('/door')).status).toBe(204)
      const [said] = await once(refused(), 'data')
      expect(String(said)).toContain('403 Forbidden')
      await server.close()
    })

    it('drops a page that sends more than a message can be', async () => {
      const { socket, token } = await serving()
      const open = await socket(['hopscope', `token.${token}`])
      const closed = new Promise<number>((resolve) => open.on('close', resolve))
      open.send('x'.repeat((1 << 20) + 1))
      expect(await closed).toBe(1009)
    })

    it('drops a page that does not speak the contract, and goes on serving others', async () => {
      const { socket, token, get } = await serving()
      const bytes = Buffer.from([1, 2, 3])
      for (const frames of [
        ['not json'],
        ['{"a":1}'],
        [bytes, bytes],
        [bytes, '{"a":1}'],
        [bytes, '[{"a":null},[[4,"a"]]]'],
      ]) {
        const open = await socket(['hopscope', `token.${token}`])
        const closed = new Promise((resolve) => open.on('close', resolve))
        for (const frame of frames) open.send(frame)
        await closed
      }
      expect((await get('/door')).status).toBe(204)
    })
  })

  it('ends everything at once when it is closed', async () => {
    const { server, socket, token, host, port } = await serving()
    const path = join(temporaryFolder(), 'growing.pcapng')
    await writeFile(path, 'first ')
    const capture = await host.captures.openGrowing(path)
    const open = await socket(['hopscope', `token.${token}`])
    const closed = new Promise((resolve) => open.on('close', resolve))
    const answer = await fetch(`http://127.0.0.1:${port}/capture/${capture.id}?follow=1`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await server.close()
    await closed
    await expect(answer.text()).rejects.toThrow()
  })
})

type Headers = Readonly<Record<string, string | undefined>>

async function serving() {
  const folder = temporaryFolder()
  const page = join(folder, 'page')
  await mkdir(join(page, 'assets'), { recursive: true })
  await writeFile(join(page, 'index.html'), '<!doctype html>')
  await writeFile(join(page, 'assets/index-abc.js'), '1')
  await writeFile(join(folder, 'secret.json'), 'secret')
  await symlink('../secret.json', join(page, 'link.json'))
  const { host } = await startHost()
  const capturePath = join(folder, 'capture.pcap')
  await writeFile(capturePath, '0123456789')
  const { id: captureId } = await host.captures.openFile(capturePath)
  const server = await startServer(host, { port: 0, page })
  onTestFinished(() => server.close())
  const { port } = server
  const token = /#token=([\w-]+)/.exec(server.url([]))?.[1] ?? ''

  const get = (path: string, headers: Headers = {}, method = 'GET') =>
    new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      const all = { authorization: `Bearer ${token}`, ...headers }
      const asking = request({ port, path, method, headers: withoutUndefined(all) }, (response) => {
        const { statusCode: status = 0, headers: answered } = response
        buffer(response).then((body) => resolve({ status, headers: answered, body }), reject)
      })
      asking.on('error', reject)
      asking.end()
    })

  const socket = (protocols: readonly string[], headers: Headers = {}) =>
    new Promise<WebSocket>((resolve, reject) => {
      const all = withoutUndefined({ origin: `http://127.0.0.1:${port}`, ...headers })
      const opening = new WebSocket(`ws://127.0.0.1:${port}/host`, [...protocols], { headers: all })
      onTestFinished(() => opening.terminate())
      opening.on('open', () => resolve(opening)).on('error', reject)
    })

  return { host, server, port, token, captureId, get, socket }
}

function withoutUndefined(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
