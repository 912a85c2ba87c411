import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Duplex } from 'node:stream'
import type { KubernetesObject, Namespace, Pod } from '../../kubernetes/objects.ts'
import { attributes, mergePatch, review, selected, verbOf } from './api-requests.ts'
import { identify } from './authentication.ts'
import { admit, patchEphemeral, replaceEphemeral, validateNewPod, withDefaults } from './admission.ts'
import type { ClusterUser, Identity } from './authorization.ts'
import { allows, authorize, refusal } from './authorization.ts'
import type { Authority } from './certificates.ts'
import { ApiFailure, forbidden, notFound } from './failure.ts'
import { answerWatch } from './api-watch.ts'
import { bodyOf, refuseUpgrade, send } from './http-messages.ts'
import type { Kind, Target } from './kinds.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions, KINDS, targetOf } from './kinds.ts'
import { asPod } from './kubelet.ts'
import type { ObjectStore } from './object-store.ts'
import type { Streams } from './streams.ts'

const ACCOUNT_DELAY_MS = 300

/** What the API server asks of the cluster behind it. */
export interface Backend {
  /** A pod was stored: schedule and start it. */
  podCreated(pod: Pod): void
  ephemeralAdded(pod: Pod, name: string): void
  /** Ends the pod and removes it from the store. */
  deletePod(pod: Pod, graceSeconds: number): void
  stream(request: StreamRequest): Promise<void>
}

export interface StreamRequest {
  readonly kind: 'exec' | 'attach' | 'portforward'
  readonly pod: Pod
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

export interface ApiServerOptions {
  readonly store: ObjectStore
  readonly streams: Streams
  readonly authority: Authority
  readonly users: readonly ClusterUser[]
  readonly backend: Backend
  /** What the URL has before /api, as behind Rancher: /k8s/clusters/c-1 */
  readonly pathPrefix?: string
  /** 1.35 and later ask for create as well as get when exec comes as a WebSocket. */
  readonly version?: { readonly major: string; readonly minor: string; readonly gitVersion: string }
}

/** Method, path and body's bytes of each request, for tests that look for what must not be sent. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export class ApiServer {
  readonly #options: ApiServerOptions
  readonly #sockets = new Set<Duplex>()
  readonly #watches = new Set<ServerResponse>()
  readonly seen: SeenRequest[] = []
  /** Asked before each request; what it returns is the answer: an overloaded server, a load balancer with nobody behind it. */
  onRequest: ((request: SeenRequest) => ApiFailure | undefined) | undefined
  /** What mutating webhooks make of a pod that is created or changed. */
  mutatePod: ((pod: Pod) => Pod) | undefined
  /** When the default service account of a created namespace is there, in milliseconds since 1970: a moment after it was missed. */
  readonly #accounts = new Map<string, number>()
  #server: Server | undefined
  #port = 0

  constructor(options: ApiServerOptions) {
    this.#options = options
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}${this.#options.pathPrefix ?? ''}`
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    const { authority } = this.#options
    const own = authority.server(['127.0.0.1', 'localhost', 'kubernetes.default.svc'])
    const server = createServer(
      { cert: own.certificate, key: own.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
      (request, response) => void this.#answer(request, response),
    )
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    // The TLS socket and the TCP one below it: both are the connection.
    for (const event of ['connection', 'secureConnection']) {
      server.on(event, (socket: Duplex) => {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.once('close', () => this.#sockets.delete(socket))
      })
    }
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
    this.#server = server
  }

  /** Takes no new connections and lets open ones be: a polite stop. `start()` takes the same port again. */
  stop(): void {
    this.#server?.close()
    this.#server = undefined
    this.cutWatches()
  }

  /** Every connection breaks at once. */
  kill(): void {
    this.stop()
    for (const socket of this.#sockets) socket.destroy()
  }

  get openWatches(): number {
    return this.#watches.size
  }

  cutWatches(): void {
    for (const response of this.#watches) response.destroy()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#see(request, request.method ?? '')
      const body = await bodyOf(request)
      const identity = identify(request, this.#options)
      if (body !== '' && !(request.headers['content-type'] ?? '').includes('json')) {
        throw new ApiFailure(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
      }
      const url = this.#url(request)
      const fixed = this.#fixed(url.pathname)
      if (fixed) return send(response, 200, fixed)
      const target = targetOf(url.pathname)
      if (!target) throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource')
      await this.#serve(identity, target, url.searchParams, request.method ?? 'GET', body, request, response)
    } catch (error) {
      const failure = error instanceof ApiFailure ? error : new ApiFailure(500, 'InternalError', String(error))
      const wait = failure.retryAfterSeconds
      if (wait !== undefined && !response.headersSent) response.setHeader('retry-after', wait)
      if (!response.headersSent) send(response, failure.code, failure.status)
      else response.destroy()
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      this.#see(request, 'UPGRADE')
      const identity = identify(request, this.#options)
      const url = this.#url(request)
      const target = targetOf(url.pathname)
      const kind = target?.subresource
      if (
        !target ||
        target.kind.resource !== 'pods' ||
        (kind !== 'exec' && kind !== 'attach' && kind !== 'portforward')
      ) {
        throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource')
      }
      authorize(identity, attributes(target, 'get'))
      if (!allows(identity, attributes(target, 'create'))) {
        const { details, message } = refusal(identity, attributes(target, 'create'))
        throw new ApiFailure(403, '', message, details)
      }
      const pod = asPod(this.#options.store.get(target.kind, target.namespace, target.name))
      if (!pod) throw notFound('pods', target.name)
      await this.#options.backend.stream({ kind, pod, query: url.searchParams, request, socket, head })
    } catch (error) {
      const failure = error instanceof ApiFailure ? error : new ApiFailure(500, 'InternalError', String(error))
      refuseUpgrade(socket, failure)
    }
  }

  #see({ url = '', headers }: IncomingMessage, method: string): void {
    const seen = { method, url, headers }
    this.seen.push(seen)
    const failure = this.onRequest?.(seen)
    if (failure) throw failure
  }

  #url(request: IncomingMessage): URL {
    const url = new URL(request.url ?? '/', 'https://cluster')
    const prefix = this.#options.pathPrefix ?? ''
    if (!url.pathname.startsWith(prefix)) throw new ApiFailure(404, 'NotFound', '404 page not found')
    url.pathname = url.pathname.slice(prefix.length)
    return url
  }

  #fixed(path: string): object | undefined {
    if (path === '/version') {
      const version = this.#options.version ?? { major: '1', minor: '36', gitVersion: 'v1.36.2' }
      return { ...version, platform: 'linux/amd64' }
    }
    if (path === '/readyz' || path === '/livez' || path === '/healthz') return { status: 'ok' }
    if (path === '/api') return apiVersions()
    if (path === '/apis') return apiGroupList()
    if (path === '/api/v1') return apiResourceList('')
    const group = /^\/apis\/([^/]+)(\/v1)?$/.exec(path)
    if (!group?.[1]) return undefined
    return group[2] ? apiResourceList(group[1]) : apiGroup(group[1])
  }

  async #serve(
    identity: Identity,
    target: Target,
    query: URLSearchParams,
    method: string,
    body: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { store, backend } = this.#options
    const { kind, namespace, name, subresource } = target
    const dryRun = query.getAll('dryRun').includes('All')
    const watching = query.get('watch') === 'true' || query.get('watch') === '1'
    if (kind.review) {
      if (method !== 'POST') throw new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method')
      return send(response, 201, review(kind, identity, body))
    }
    const verb = verbOf(method, name, watching)
    authorize(identity, attributes(target, verb))
    if (verb === 'watch') {
      this.#watches.add(response)
      response.once('close', () => this.#watches.delete(response))
      return answerWatch(store, { kind, namespace, query }, request, response)
    }
    if (verb === 'list') return send(response, 200, this.#list(kind, namespace, query))
    if (verb === 'get') return send(response, 200, store.get(kind, namespace, name))
    if (verb === 'create') {
      const object: KubernetesObject = JSON.parse(body)
      return send(response, 201, this.#create(kind, namespace, object, dryRun))
    }
    const current = store.get(kind, namespace, name)
    if (verb === 'delete') {
      const options: { gracePeriodSeconds?: number; dryRun?: readonly string[] } = body === '' ? {} : JSON.parse(body)
      const pod = kind.resource === 'pods' ? asPod(current) : undefined
      if (!dryRun && !options.dryRun?.includes('All')) {
        const grace = Number(query.get('gracePeriodSeconds') ?? options.gracePeriodSeconds ?? 30)
        if (pod) backend.deletePod(pod, grace)
        else store.remove(kind, namespace, name)
      }
      return send(response, 200, current)
    }
    const type = request.headers['content-type'] ?? ''
    if (method === 'PATCH' && !/merge-patch/.test(type)) {
      throw new ApiFailure(415, 'UnsupportedMediaType', `patches of the type ${type} are not known to this server`)
    }
    const change: KubernetesObject = JSON.parse(body)
    const pod = kind.resource === 'pods' ? asPod(current) : undefined
    if (pod && subresource === 'ephemeralcontainers') {
      const wanted = asPod(change)?.spec.ephemeralContainers ?? []
      const asked = withDefaults(method === 'PUT' ? replaceEphemeral(pod, wanted) : patchEphemeral(pod, wanted))
      const changed = this.mutatePod?.(asked) ?? asked
      admit(this.#namespace(namespace), changed)
      if (dryRun) return send(response, 200, changed)
      const stored = store.replace(kind, withoutVersion(changed))
      const before = pod.spec.ephemeralContainers ?? []
      for (const one of changed.spec.ephemeralContainers ?? []) {
        if (!before.some((old) => old.name === one.name)) backend.ephemeralAdded(stored, one.name)
      }
      return send(response, 200, stored)
    }
    const merged = method === 'PUT' ? change : mergePatch(current, change)
    if (dryRun) return send(response, 200, merged)
    send(response, 200, store.replace(kind, merged))
  }

  #namespace(name: string): Namespace {
    const kind = KINDS.find(({ resource }) => resource === 'namespaces')
    const found = kind && this.#options.store.find(kind, '', name)
    if (!found) throw notFound('namespaces', name)
    return found
  }

  #create(kind: Kind, namespace: string, object: KubernetesObject, dryRun: boolean): KubernetesObject {
    const { store, backend } = this.#options
    if (kind.namespaced) this.#namespace(namespace)
    const generated =
      object.metadata.name ?? `${object.metadata.generateName ?? ''}${Math.random().toString(36).slice(2, 7)}`
    const named = {
      ...object,
      metadata: { ...object.metadata, name: generated, ...(kind.namespaced ? { namespace } : {}) },
    }
    const asked = kind.resource === 'pods' ? asPod(named) : undefined
    if (asked) {
      const pod = withDefaults(asked)
      validateNewPod(pod)
      this.#account(namespace, pod)
      const changed = this.mutatePod?.(pod) ?? pod
      admit(this.#namespace(namespace), changed)
      if (dryRun) return { ...changed, metadata: { ...changed.metadata, uid: 'dry-run' } }
      const stored = store.create(kind, namespace, { ...changed, status: { phase: 'Pending' } })
      backend.podCreated(stored)
      return stored
    }
    if (dryRun) return named
    const stored = store.create(kind, namespace, named)
    if (kind.resource === 'namespaces') this.#accounts.set(generated, Infinity)
    return stored
  }

  /** The admission plugin ServiceAccount refuses pods until a controller has made the namespace's account. */
  #account(namespace: string, pod: Pod): void {
    const there = this.#accounts.get(namespace) ?? 0
    if (Date.now() >= there) return
    this.#accounts.set(namespace, Math.min(there, Date.now() + ACCOUNT_DELAY_MS))
    const message = `error looking up service account ${namespace}/default: serviceaccount "default" not found`
    throw forbidden('pods', pod.metadata.name, message)
  }

  #list(kind: Kind, namespace: string, query: URLSearchParams): object {
    const all = this.#options.store.list(kind, namespace).filter((object) => selected(object, query))
    const limit = Number(query.get('limit') ?? 0)
    const [from = '0', at = ''] = (query.get('continue') ?? '').split('@')
    const start = Number(from)
    if (start > 0) this.#options.store.requireKnown(Number(at))
    const end = limit > 0 ? start + limit : all.length
    const rest = all.length - end
    return {
      apiVersion: kind.group === '' ? 'v1' : `${kind.group}/v1`,
      kind: `${kind.kind}List`,
      metadata: {
        resourceVersion: String(this.#options.store.version),
        ...(rest > 0 ? { continue: `${end}@${this.#options.store.version}`, remainingItemCount: rest } : {}),
      },
      items: all.slice(start, end),
    }
  }
}

function withoutVersion(pod: Pod): Pod {
  const { resourceVersion: _version, ...metadata } = pod.metadata
  return { ...pod, metadata }
}
