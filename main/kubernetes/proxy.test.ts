import { createServer as createHttpServer } from 'node:http'
import { createServer, connect } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connectThrough, isExcluded, proxyFor } from './proxy.ts'

describe('which proxy', () => {
  const server = new URL('https://api.corp.example:6443')

  it("kubeconfig's proxy-url wins, then HTTPS_PROXY unless NO_PROXY names the host", () => {
    const env = { HTTPS_PROXY: 'proxy:3128', NO_PROXY: '.corp.example' }
    expect(proxyFor(server, 'socks5://s:1080', env)?.href).toBe('socks5://s:1080')
    expect(proxyFor(server, undefined, env)).toBeUndefined()
    expect(proxyFor(server, undefined, { HTTPS_PROXY: 'proxy:3128' })?.href).toBe('http://proxy:3128/')
    expect(proxyFor(new URL('https://127.0.0.1:6443'), undefined, { HTTPS_PROXY: 'proxy:3128' })).toBeUndefined()
  })

  it('a proxy it does not know is refused without showing its password', () => {
    expect(() => proxyFor(server, 'ftp://u:PLANTED@p', {})).toThrow(/^(?!.*PLANTED).*not an http, https or socks5 URL/)
  })

  it.each([
    ['api.corp.example', true],
    ['corp.example', true],
    ['.corp.example', true],
    ['*.corp.example', true],
    ['orp.example', false],
    ['api.corp.example:443', false],
    ['api.corp.example:6443', true],
    ['other, *', true],
    ['', false],
  ])('NO_PROXY=%s', (value, excluded) => expect(isExcluded(server, value)).toBe(excluded))

  it.each([
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://[fd00::1]:6443', 'fd00::/8', true],
    ['https://10.1.2.3', 'fd00::/8', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
  ])('%s with NO_PROXY=%s', (url, value, excluded) => expect(isExcluded(new URL(url), value)).toBe(excluded))
})

describe('through a proxy', () => {
  const servers: Server[] = []
  afterEach(() => servers.splice(0).forEach((server) => server.close()))
  const listen = async (server: Server) => {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address: AddressInfo | string | null = server.address()
    return typeof address === 'object' && address ? address.port : 0
  }
  const echo = () => listen(createServer((socket) => socket.pipe(socket)))

  it('CONNECT carries the bytes, with user and password', async () => {
    const target = await echo()
    let authorization: string | undefined
    const proxy = createHttpServer()
    proxy.on('connect', (request, socket) => {
      authorization = request.headers['proxy-authorization']
      const there = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        there.pipe(socket).pipe(there)
      })
    })
    const port = await listen(proxy)
    const wanted = new AbortController()
    const socket = await connectThrough(
      new URL(`http://me:p%40ss@127.0.0.1:${port}`),
      'localhost',
      target,
      wanted.signal,
    )
    // What made it may be given up by then: it is not a connection that is being made any more.
    wanted.abort()
    socket.write('hello')
    expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toBe('hello')
    expect(authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
    socket.destroy()
  })

  it('a refusal names the proxy and the reason', async () => {
    const proxy = createHttpServer()
    proxy.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    const url = new URL(`http://127.0.0.1:${await listen(proxy)}`)
    await expect(connectThrough(url, 'h', 1, AbortSignal.timeout(5000))).rejects.toThrow(
      /refused the connection to h:1: HTTP 407/,
    )
  })

  it('a SOCKS5 proxy that says nothing is waited for no longer than is wanted', async () => {
    const port = await listen(createServer((socket) => void socket.on('error', () => undefined)))
    const url = new URL(`socks5://127.0.0.1:${port}`)
    await expect(connectThrough(url, 'h', 1, AbortSignal.timeout(50))).rejects.toThrow(
      /^The SOCKS proxy 127.0.0.1:\d+ cannot be reached: it did not answer in time\.$/,
    )
  })

  it('SOCKS5 lets the proxy resolve the name', async () => {
    const asked: Buffer[] = []
    const port = await listen(
      createServer((socket) => {
        let step = 0
        socket.on('data', (data) => {
          if (!Buffer.isBuffer(data)) return
          asked.push(data)
          step++
          if (step === 1) socket.write(Buffer.of(5, 0))
          else if (step === 2) socket.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
          else socket.write(data)
        })
      }),
    )
    const wanted = new AbortController()
    const socket = await connectThrough(new URL(`socks5://127.0.0.1:${port}`), 'api.corp', 6443, wanted.signal)
    // What made it may be given up by then: it is not a connection that is being made any more.
    wanted.abort()
    socket.write('hello')
    expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toBe('hello')
    expect(asked[1]?.toString('latin1')).toBe('\x05\x01\x00\x03\x08api.corp\x19\x2b')
    socket.destroy()
  })
})
