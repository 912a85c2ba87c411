import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, connect as tcpConnect, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { HostError } from '../../common/host-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy for a server: kubeconfig's proxy-url, else HTTPS_PROXY unless NO_PROXY names the host; undefined: none. */
export function proxyFor(server: URL, proxyUrl: string | undefined, env: Environment): URL | undefined {
  const secure = server.protocol === 'https:'
  const names = secure ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy']
  const found = proxyUrl ?? names.map((name) => env[name]).find(Boolean)
  if (!found) return undefined
  if (proxyUrl === undefined && isExcluded(server, env['NO_PROXY'] ?? env['no_proxy'] ?? '')) return undefined
  const url = parse(found.includes('://') ? found : `http://${found}`)
  if (!url || !['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol)) {
    // The URL itself may hold a password.
    const where = proxyUrl === undefined ? 'HTTPS_PROXY' : "the kubeconfig's proxy-url"
    throw new HostError('invalid-argument', `The proxy in ${where} is not an http, https or socks5 URL.`)
  }
  return url
}

/** NO_PROXY as Go reads it: names with their subdomains, .suffixes, addresses, ranges, each with an optional port, or *. */
export function isExcluded(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  // Go never proxies these.
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true
  return noProxy.split(',').some((raw) => {
    let entry = raw.trim().toLowerCase()
    if (entry === '') return false
    if (entry === '*') return true
    const [, name, wantedPort] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? []
    if (name !== undefined) {
      if (wantedPort !== port) return false
      entry = name
    }
    entry = entry.replace(/^\[|\]$/g, '')
    const [network = '', bits] = entry.split('/')
    if (bits !== undefined)
      return isIP(network) !== 0 && isIP(host) === isIP(network) && inRange(host, network, Number(bits))
    if (isIP(entry) !== 0) return host === entry
    const suffix = entry.replace(/^\*/, '')
    return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`)
  })
}

function inRange(host: string, network: string, bits: number): boolean {
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  const ranges = new BlockList()
  try {
    ranges.addSubnet(network, bits, family)
  } catch {
    return false
  }
  return ranges.check(host, family)
}

/** A TCP connection to host:port through the proxy. */
export async function connectThrough(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return proxy.protocol.startsWith('socks')
    ? throughSocks(proxy, host, port, signal)
    : throughHttp(proxy, host, port, signal)
}

async function throughHttp(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  const authorization =
    credentials === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
  const ask = proxy.protocol === 'https:' ? httpsRequest : httpRequest
  const request = ask({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...authorization },
    agent: false,
    signal,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  request.once('connect', (response, socket, head) => {
    if (response.statusCode === 200) {
      if (head.length > 0) socket.unshift(head)
      // An https proxy's socket is a TLS one: a duplex like any other for the TLS inside it.
      resolve(socket)
      return
    }
    socket.destroy()
    reject(
      new HostError(
        'unavailable',
        `The proxy ${proxy.host} refused the connection to ${target}: HTTP ${response.statusCode}.`,
      ),
    )
  })
  request.once('error', (error) =>
    reject(new HostError('unavailable', `The proxy ${proxy.host} cannot be reached: ${error.message}.`)),
  )
  request.end()
  return promise
}

/** RFC 1928, with user and password of RFC 1929; the proxy resolves the name. */
async function throughSocks(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = tcpConnect({ host: proxy.hostname.replace(/^\[|\]$/g, ''), port: Number(proxy.port || 1080) })
  const fail = (why: string) => {
    socket.destroy()
    return new HostError('unavailable', `The SOCKS proxy ${proxy.host} ${why}.`)
  }
  // Not as an option of the socket: that would break it also once it is made.
  const giveUp = () => socket.destroy(new Error('it did not answer in time'))
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    await once(socket, 'connect')
    const user = Buffer.from(decodeURIComponent(proxy.username))
    const password = Buffer.from(decodeURIComponent(proxy.password))
    socket.write(user.length > 0 ? Buffer.of(5, 2, 0, 2) : Buffer.of(5, 1, 0))
    const method = (await take(socket, 2))[1]
    if (method === 2) {
      socket.write(Buffer.concat([Buffer.of(1, user.length), user, Buffer.of(password.length), password]))
      if ((await take(socket, 2))[1] !== 0) throw fail('refused the user and password')
    } else if (method !== 0) throw fail('offers no way to authenticate that is known here')
    const name = Buffer.from(host)
    socket.write(Buffer.concat([Buffer.of(5, 1, 0, 3, name.length), name, Buffer.of(port >> 8, port & 0xff)]))
    const answer = await take(socket, 4)
    if (answer[1] !== 0) throw fail(`refused the connection to ${host}:${port} (code ${answer[1]})`)
    const length = answer[3] === 1 ? 4 : answer[3] === 4 ? 16 : ((await take(socket, 1))[0] ?? 0)
    await take(socket, length + 2)
    return socket
  } catch (error) {
    if (error instanceof HostError) throw error
    throw fail(`cannot be reached: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const part: Buffer | null = socket.read(length)
    if (part) return part
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const end = () => reject(new Error('it closed the connection'))
    socket.once('readable', resolve)
    socket.once('end', end)
    socket.once('error', reject)
    await promise
    socket.off('end', end)
    socket.off('error', reject)
  }
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
