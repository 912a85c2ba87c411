import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect as tcpConnect, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { connect as tlsConnect } from 'node:tls'
import { HostError } from '../../common/host-error.ts'
import { apiError, connectionError } from './api-error.ts'
import { pauseBeforeRetry } from './retry.ts'
import { identify, pem } from './credentials.ts'
import type { Credential, ExecCredentials } from './exec-credential.ts'
import type { KubeCluster, KubeUser } from './kubeconfig.ts'
import { connectThrough, proxyFor } from './proxy.ts'
import { openWebSocket, UpgradeRefused, type Connect, type WebSocket } from './websocket.ts'

export type PatchType =
  'application/strategic-merge-patch+json' | 'application/merge-patch+json' | 'application/json-patch+json'

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface RequestOptions {
  readonly query?: Query
  readonly body?: object
  readonly contentType?: PatchType
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

interface Authentication {
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly tls: ConnectionOptions
  /** What a plugin gave of it. */
  readonly credential: Credential | undefined
}

const TIMEOUT_MS = 30_000
const PROXY_MS = 30_000
const REQUESTS_AT_ONCE = 64
const USER_AGENT = 'hopscope'

/** One cluster as one user: requests, watches and WebSockets, authenticated as kubectl would. */
export class ApiConnection {
  readonly cluster: KubeCluster
  readonly #user: KubeUser
  readonly #plugins: ExecCredentials
  readonly #base: URL
  readonly #proxy: URL | undefined
  readonly #agent: Agent
  /** Each watch keeps its connection for minutes: they must not take those of requests. */
  readonly #watchAgent: Agent
  #authority: Promise<string | undefined> | undefined

  constructor(
    cluster: KubeCluster,
    user: KubeUser,
    plugins: ExecCredentials,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.cluster = cluster
    this.#user = user
    this.#plugins = plugins
    this.#base = serverUrl(cluster)
    this.#proxy = proxyFor(this.#base, cluster.proxyUrl, env)
    this.#agent = agentFor(this.#base, this.#proxy, REQUESTS_AT_ONCE)
    this.#watchAgent = agentFor(this.#base, this.#proxy, Infinity)
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.request('GET', path, options)
  }

  /** `path` from /api or /apis on; sent again after failures of a moment (retry.ts). Throws ApiError for refusals, HostError 'unavailable' when no answer came. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
    for (let tries = 1; ; tries++) {
      try {
        const response = await this.#open(method, path, options, signal)
        const parsed: T = JSON.parse(await textOf(response))
        return parsed
      } catch (error) {
        if (timeout.aborted && !options.signal?.aborted) {
          const seconds = Math.round((options.timeoutMs ?? TIMEOUT_MS) / 1000)
          throw new HostError('unavailable', `${this.#base.host} did not answer within ${seconds} s.`)
        }
        const pause = signal.aborted ? undefined : pauseBeforeRetry(error, tries, isRepeatable(method, path, options))
        if (pause === undefined) throw connectionError(error, this.cluster.server)
        await sleep(pause, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  /** The lines of a watch, until the server ends it or the signal aborts. */
  async *lines(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string> {
    try {
      const response = await this.#open('GET', path, { query }, signal)
      response.setEncoding('utf8')
      let rest = ''
      for await (const part of response) {
        rest += String(part)
        for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
          yield rest.slice(0, end)
          rest = rest.slice(end + 1)
        }
      }
    } catch (error) {
      throw connectionError(error, this.cluster.server)
    }
  }

  /** An open WebSocket; ApiError with the server's words when the upgrade is refused. */
  async webSocket(path: string, query: Query, protocols: readonly string[], signal?: AbortSignal): Promise<WebSocket> {
    for (let tries = 1; ; tries++) {
      try {
        signal?.throwIfAborted()
        return await this.#upgrade(path, query, protocols, signal)
      } catch (error) {
        if (signal?.aborted) throw this.#whyAborted(signal)
        const pause = pauseBeforeRetry(error, tries, false)
        if (pause === undefined) throw connectionError(error, this.cluster.server)
        await sleep(pause, undefined, signal ? { signal } : {}).catch(() => undefined)
      }
    }
  }

  close(): void {
    this.#agent.destroy()
    this.#watchAgent.destroy()
  }

  async #upgrade(path: string, query: Query, protocols: readonly string[], signal?: AbortSignal): Promise<WebSocket> {
    const { headers, tls, credential } = await this.#authentication()
    const { protocol, hostname, port } = this.#base
    const secure = protocol === 'https:'
    const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80), noDelay: true }
    try {
      const timeout = AbortSignal.timeout(PROXY_MS)
      const either = signal ? AbortSignal.any([signal, timeout]) : timeout
      const tunnel = this.#proxy && (await connectThrough(this.#proxy, to.host, to.port, either))
      const connect: Connect = (onread) => {
        if (!secure) return tunnel ?? tcpConnect({ ...to, onread })
        const servername = isIP(to.host) === 0 ? { servername: to.host } : {}
        const options = { ...to, ...servername, ...tls, ALPNProtocols: ['http/1.1'], onread }
        return tlsConnect(tunnel ? { ...options, socket: tunnel } : options)
      }
      const own = { ...headers, 'user-agent': USER_AGENT }
      return await openWebSocket(this.#url(path, query), own, protocols, connect, signal)
    } catch (error) {
      if (!(error instanceof UpgradeRefused)) throw error
      const { statusCode = 0, headers: answer } = error.response
      if (statusCode === 401) this.#refused(credential)
      const body = await textOf(error.response).catch(() => '')
      throw apiError(statusCode, body, 'Opening a stream', answer['retry-after'])
    }
  }

  /** The answer's head has come and is a success. A 401 is tried once more with a fresh credential of the plugin. */
  async #open(method: string, path: string, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      const identity = await this.#authentication()
      const response = await this.#send(method, path, options, signal, identity)
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) return response
      const body = await textOf(response)
      if (status === 401 && this.#user.exec && attempt === 1) {
        this.#refused(identity.credential)
        continue
      }
      throw apiError(status, body, `${method} ${path}`, response.headers['retry-after'])
    }
  }

  #send(
    method: string,
    path: string,
    options: RequestOptions,
    signal: AbortSignal,
    identity: Authentication,
  ): Promise<IncomingMessage> {
    const url = this.#url(path, options.query ?? {})
    const { headers, tls } = identity
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body))
    const content = body
      ? { 'content-type': options.contentType ?? 'application/json', 'content-length': String(body.length) }
      : {}
    const ask = url.protocol === 'http:' ? httpRequest : httpsRequest
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request: ClientRequest = ask(
      url,
      {
        ...tls,
        method,
        agent: options.query?.['watch'] === true ? this.#watchAgent : this.#agent,
        headers: { ...headers, ...content, accept: 'application/json', 'user-agent': USER_AGENT },
        signal,
      },
      resolve,
    )
    request.on('error', (error) => {
      // A kept connection that the other side closed while this request was on its way: it was not read by anyone.
      const stale = request.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (stale && isRepeatable(method, path, options)) resolve(this.#send(method, path, options, signal, identity))
      else reject(error)
    })
    request.end(body)
    return promise
  }

  #url(path: string, query: Query): URL {
    const url = new URL(this.#base)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue
      for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one))
    }
    return url
  }

  async #authentication(): Promise<Authentication> {
    this.#authority ??= pem(this.cluster.authorityData, this.cluster.authorityFile)
    const [ca, { headers, certificate, key, credential }] = await Promise.all([
      this.#authority,
      identify(this.#user, this.cluster, this.#plugins),
    ])
    const tls = {
      rejectUnauthorized: !this.cluster.skipVerify,
      ...(ca ? { ca } : {}),
      ...(certificate ? { cert: certificate } : {}),
      ...(key ? { key } : {}),
      ...(this.cluster.serverName ? { servername: this.cluster.serverName } : {}),
    }
    return { headers, tls, credential }
  }

  #whyAborted({ reason }: AbortSignal): HostError {
    if (reason instanceof HostError) return reason
    return reason instanceof DOMException && reason.name === 'TimeoutError'
      ? new HostError('unavailable', `${this.#base.host} did not answer in time.`)
      : new HostError('cancelled', 'Cancelled.')
  }

  #refused(credential: Credential | undefined): void {
    if (this.#user.exec && credential) this.#plugins.refused(this.#user, this.#user.exec, this.cluster, credential)
  }
}

function serverUrl(cluster: KubeCluster): URL {
  const text = cluster.server.includes('://') ? cluster.server : `https://${cluster.server}`
  try {
    const url = new URL(text)
    if (url.protocol === 'https:' || url.protocol === 'http:') return url
  } catch {
    // Said below.
  }
  throw new HostError(
    'invalid-argument',
    `The server of cluster "${cluster.name}" in the kubeconfig is not an http or https URL.`,
  )
}

function agentFor(server: URL, proxy: URL | undefined, maxSockets: number): Agent {
  const options = { keepAlive: true, maxSockets, timeout: 0 }
  if (!proxy) return server.protocol === 'http:' ? new HttpAgent(options) : new HttpsAgent(options)
  return server.protocol === 'http:' ? new PlainProxyAgent(proxy, options) : new TlsProxyAgent(proxy, options)
}

type Callback = (error: Error | null, socket: Duplex) => void
interface Destination {
  readonly host?: string | null | undefined
  readonly port?: string | number | null | undefined
}

function viaProxy(
  proxy: URL,
  to: Destination,
  wrap: (socket: Duplex) => Duplex,
  callback: Callback | undefined,
): undefined {
  connectThrough(proxy, String(to.host), Number(to.port), AbortSignal.timeout(PROXY_MS)).then(
    (socket) => callback?.(null, wrap(socket)),
    // The signature wants a socket also where there is none: the error comes first.
    (error: unknown) => callback?.(error instanceof Error ? error : new Error(String(error)), new PassThrough()),
  )
  return undefined
}

class PlainProxyAgent extends HttpAgent {
  readonly #proxy: URL
  constructor(proxy: URL, options: ConstructorParameters<typeof HttpAgent>[0]) {
    super(options)
    this.#proxy = proxy
  }
  override createConnection(options: Destination, callback?: Callback) {
    return viaProxy(this.#proxy, options, (socket) => socket, callback)
  }
}

class TlsProxyAgent extends HttpsAgent {
  readonly #proxy: URL
  constructor(proxy: URL, options: ConstructorParameters<typeof HttpsAgent>[0]) {
    super(options)
    this.#proxy = proxy
  }
  override createConnection(options: ConnectionOptions, callback?: Callback) {
    return viaProxy(this.#proxy, options, (socket) => tlsConnect({ ...options, socket }), callback)
  }
}

/** Whether it does no harm to ask twice. */
function isRepeatable(method: string, path: string, { query }: RequestOptions): boolean {
  return (
    method !== 'POST' || /^\/apis\/(authorization|authentication)\.k8s\.io\//.test(path) || query?.['dryRun'] === 'All'
  )
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) if (Buffer.isBuffer(part)) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
