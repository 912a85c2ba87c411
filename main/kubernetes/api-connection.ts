import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect as tcpConnect, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { PassThrough, pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { connect as tlsConnect } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { createGunzip } from 'node:zlib'
import { HostError } from '../../common/host-error.ts'
import { ApiError, apiError, connectionError } from './api-error.ts'
import { pauseBeforeRetry } from './retry.ts'
import { authorityOf, identify } from './credentials.ts'
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
  /** As the kubeconfig had it. */
  readonly user: KubeUser
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly tls: ConnectionOptions
  /** What a plugin gave of it. */
  readonly credential: Credential | undefined
}

const TIMEOUT_MS = 30_000
const PROXY_MS = 30_000
const REQUESTS_AT_ONCE = 64
/** The header Date has whole seconds, and takes its time to come. */
const SAME_CLOCK_MS = 5000
const USER_AGENT = 'hopscope'

/** One cluster as one user: requests, watches and WebSockets, authenticated as kubectl would. */
export class ApiConnection {
  readonly cluster: KubeCluster
  #user: KubeUser
  readonly #plugins: ExecCredentials
  readonly #reread: () => Promise<KubeUser | undefined>
  readonly #base: URL
  readonly #proxy: URL | undefined
  readonly #agent: Agent
  /** Each watch keeps its connection for minutes: they must not take those of requests. */
  readonly #watchAgent: Agent
  /** Milliseconds by which the API server's clock is ahead of this machine's. */
  #behind = 0

  /** `reread`: the user as the kubeconfig has it now, asked for when the server accepts these credentials no more. */
  constructor(
    cluster: KubeCluster,
    user: KubeUser,
    plugins: ExecCredentials,
    env: Readonly<Record<string, string | undefined>>,
    reread: () => Promise<KubeUser | undefined> = () => Promise.resolve(undefined),
  ) {
    this.#reread = reread
    this.cluster = cluster
    this.#user = user
    this.#plugins = plugins
    this.#base = serverUrl(cluster)
    this.#proxy = proxyFor(this.#base, cluster.proxyUrl, env)
    this.#agent = agentFor(this.#base, this.#proxy, REQUESTS_AT_ONCE)
    this.#watchAgent = agentFor(this.#base, this.#proxy, Infinity)
  }

  /** Milliseconds since 1970 by the cluster's clock: this machine's, unless answers show that one of the two is wrong. */
  now(): number {
    return Date.now() + this.#behind
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.request('GET', path, options)
  }

  /** `path` from /api or /apis on; sent again after failures of a moment (retry.ts). Throws ApiError for refusals, HostError 'unavailable' when no answer came. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    // A plugin may wait for somebody in a browser: that is no time which the server takes.
    if (this.#user.exec) await this.#authentication()
    const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
    for (let tries = 1; ; tries++) {
      try {
        const response = await this.#open(method, path, options, signal)
        // The caller's word for what the path gives.
        // oxlint-disable-next-line typescript/consistent-type-assertions
        return this.#parsed(await textOf(response)) as T
      } catch (error) {
        if (timeout.aborted && !options.signal?.aborted && !(error instanceof HostError)) {
          const seconds = Math.round((options.timeoutMs ?? TIMEOUT_MS) / 1000)
          throw new HostError('unavailable', `${this.#base.host} did not answer within ${seconds} s.`)
        }
        const pause = signal.aborted ? undefined : pauseBeforeRetry(error, tries, isRepeatable(method, path, options))
        if (pause === undefined) throw connectionError(error, this.cluster.server)
        await sleep(pause, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  /**
   * The lines of a watch, until the server ends it or the signal aborts; or after `mostMs`, by when the server was to end it: the connection
   * may be dead, of which nobody hears through a proxy or after a sleep.
   */
  async *lines(path: string, query: Query, signal: AbortSignal, mostMs: number): AsyncGenerator<string> {
    const late = AbortSignal.timeout(mostMs)
    let answered = false
    try {
      const response = await this.#open('GET', path, { query }, AbortSignal.any([signal, late]))
      answered = true
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
      if (late.aborted && !signal.aborted) {
        if (answered) return
        throw new HostError('unavailable', `${this.#base.host} did not answer within ${Math.round(mostMs / 1000)} s.`)
      }
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

  #upgrade(path: string, query: Query, protocols: readonly string[], signal?: AbortSignal): Promise<WebSocket> {
    const { protocol, hostname, port } = this.#base
    const secure = protocol === 'https:'
    const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80), noDelay: true }
    return this.#authenticated(async ({ headers, tls }) => {
      const timeout = AbortSignal.timeout(PROXY_MS)
      const either = signal ? AbortSignal.any([signal, timeout]) : timeout
      const tunnel = this.#proxy && (await connectThrough(this.#proxy, to.host, to.port, either))
      const connect: Connect = (onread) => {
        if (!secure) return tunnel ?? tcpConnect({ ...to, onread })
        const servername = isIP(to.host) === 0 ? { servername: to.host } : {}
        const options = { ...to, ...servername, ...tls, ALPNProtocols: ['http/1.1'], onread }
        return tlsConnect(tunnel ? { ...options, socket: tunnel } : options)
      }
      try {
        const own = { ...headers, 'user-agent': USER_AGENT }
        return await openWebSocket(this.#url(path, query), own, protocols, connect, signal)
      } catch (error) {
        if (!(error instanceof UpgradeRefused)) throw error
        const { statusCode = 0, headers: answer } = error.response
        const body = await textOf(error.response).catch(() => '')
        throw apiError(statusCode, body, 'Opening a stream', answer['retry-after'])
      }
    })
  }

  /** The answer's head has come and is a success. */
  #open(method: string, path: string, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#authenticated(async (identity) => {
      const response = await this.#send(method, path, options, signal, identity)
      const behind = Date.parse(response.headers.date ?? '') - Date.now()
      if (!Number.isNaN(behind)) this.#behind = Math.abs(behind) < SAME_CLOCK_MS ? 0 : behind
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) return response
      throw apiError(status, await textOf(response), `${method} ${path}`, response.headers['retry-after'])
    })
  }

  /** `send` as who we are; after a 401 once more, where there is another credential by now. */
  async #authenticated<T>(send: (identity: Authentication) => Promise<T>): Promise<T> {
    const identity = await this.#authentication()
    try {
      return await send(identity)
    } catch (error) {
      const refused = error instanceof ApiError && error.httpStatus === 401
      const now = refused ? await this.#renewed(identity) : undefined
      if (!now) throw error
      return send(now)
    }
  }

  /**
   * What was refused is used no more: a plugin is asked again, and what was written meanwhile (a login in another terminal, a token that is
   * renewed in its file) is read. Undefined where nothing is new.
   */
  async #renewed(refused: Authentication): Promise<Authentication | undefined> {
    const { user, credential } = refused
    if (user.exec && credential) this.#plugins.refused(user, user.exec, this.cluster, credential)
    this.#user = (await this.#reread().catch(() => undefined)) ?? user
    const now = await this.#authentication()
    const isSame = isDeepStrictEqual([now.headers, now.tls], [refused.headers, refused.tls])
    return isSame ? undefined : now
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
    // The API server compresses what is longer than 128 KiB: lists of large clusters. A watch's lines are to come as they are written.
    const isWatch = options.query?.['watch'] === true
    const accept = { accept: 'application/json', ...(isWatch ? {} : { 'accept-encoding': 'gzip' }) }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request: ClientRequest = ask(
      url,
      {
        ...tls,
        method,
        agent: isWatch ? this.#watchAgent : this.#agent,
        headers: { ...headers, ...content, ...accept, 'user-agent': USER_AGENT },
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
    // In a URL these go up, to another object.
    const up = path.split('/').find((part) => part === '.' || part === '..')
    if (up !== undefined) throw new HostError('invalid-argument', `Nothing in a cluster can have the name "${up}".`)
    const url = new URL(this.#base)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue
      for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one))
    }
    return url
  }

  async #authentication(): Promise<Authentication> {
    const user = this.#user
    const [ca, { headers, certificate, key, credential }] = await Promise.all([
      authorityOf(this.cluster),
      identify(user, this.cluster, this.#plugins),
    ])
    const tls = {
      rejectUnauthorized: !this.cluster.skipVerify,
      ...(ca ? { ca } : {}),
      ...(certificate ? { cert: certificate } : {}),
      ...(key ? { key } : {}),
      ...(this.cluster.serverName ? { servername: this.cluster.serverName } : {}),
    }
    return { user, headers, tls, credential }
  }

  #whyAborted({ reason }: AbortSignal): HostError {
    if (reason instanceof HostError) return reason
    return reason instanceof DOMException && reason.name === 'TimeoutError'
      ? new HostError('unavailable', `${this.#base.host} did not answer in time.`)
      : new HostError('cancelled', 'Cancelled.')
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch {
      const words =
        'answers with something that is not from Kubernetes: the login page of a proxy or VPN, or another server.'
      throw new HostError('unavailable', `${this.#base.host} ${words} Is the address in the kubeconfig right?`)
    }
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
  const isPacked = response.headers['content-encoding'] === 'gzip'
  const parts: Buffer[] = []
  for await (const part of isPacked ? pipeline(response, createGunzip(), () => undefined) : response) {
    if (Buffer.isBuffer(part)) parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
