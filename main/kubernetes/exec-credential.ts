import * as z from 'zod/mini'
import { HostError } from '../../common/host-error.ts'
import type { ExecPlugin, KubeCluster, KubeUser } from './kubeconfig.ts'
import {
  about,
  LoginNeeded,
  runInTerminal,
  runPlugin,
  said,
  type Environment,
  type PluginAnswer,
} from './plugin-process.ts'

// Credential plugins: client.authentication.k8s.io, https://kubernetes.io/docs/reference/access-authn-authz/authentication/

/** A credential is renewed this long before it ends, so that a request does not leave with one that dies on the way. */
const EARLY_MS = 10_000

const ExecCredential = z.object({
  apiVersion: z.optional(z.string()),
  status: z.object({
    expirationTimestamp: z.optional(z.nullable(z.string())),
    token: z.optional(z.nullable(z.string())),
    clientCertificateData: z.optional(z.nullable(z.string())),
    clientKeyData: z.optional(z.nullable(z.string())),
  }),
})

export interface Credential {
  readonly token?: string
  /** PEM. */
  readonly certificate?: string
  readonly key?: string
  /** Milliseconds since 1970; absent: until refused. */
  readonly expiresAt?: number
}

/** A plugin that is about to be run in a terminal by whoever has one. Nothing else runs it for this user until it is disposed of. */
export interface PluginLogin extends Disposable {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Environment
  /** Takes what it printed once it ended well. Throws HostError, in words, when that is no credential. */
  accept(printed: string): void
}

/** Runs plugins: one at a time for a user, its answer kept until it expires or is refused. */
export class ExecCredentials {
  readonly #environment: () => Promise<Environment>
  readonly #hasTerminal: boolean
  /** Questions in this process's own terminal come one after the other. */
  #asking: Promise<unknown> = Promise.resolve()
  readonly #cache = new Map<string, Credential>()
  readonly #running = new Map<string, Promise<Credential>>()
  /** Users who are being logged in, in a terminal. */
  readonly #logins = new Set<string>()
  readonly #failed = new Map<string, { readonly error: LoginNeeded; readonly until: number }>()
  readonly #refused = new Set<string>()

  /** @param hasTerminal this process is in a terminal that plugins may ask in, as under kubectl */
  constructor(environment: () => Promise<Environment>, hasTerminal = false) {
    this.#environment = environment
    this.#hasTerminal = hasTerminal
  }

  /** Throws LoginNeeded when somebody has to answer in a terminal, HostError when the plugin is of no use either way. */
  async get(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): Promise<Credential> {
    const key = cacheKey(user, plugin, cluster)
    const known = this.#cache.get(key)
    if (known && (known.expiresAt === undefined || known.expiresAt - EARLY_MS > Date.now())) return known
    if (this.#logins.has(key)) throw new LoginNeeded(`User "${user.name}" is being logged in, in a terminal.`)
    if (plugin.interactiveMode === 'Always' && !this.#hasTerminal) {
      const message = known
        ? `The login of user "${user.name}" has expired: log in again, in a terminal.`
        : this.#refused.has(key)
          ? `The API server does not accept the login of user "${user.name}": log in again, in a terminal.`
          : `User "${user.name}" has to log in, in a terminal: the credential plugin ${plugin.command} asks there.`
      throw new LoginNeeded(message)
    }
    const failed = this.#failed.get(key)
    if (failed && Date.now() < failed.until) throw failed.error
    const running = this.#running.get(key)
    if (running) return running
    const fresh = this.#run(user, plugin, cluster).finally(() => this.#running.delete(key))
    this.#running.set(key, fresh)
    return fresh
  }

  /** The API server answered 401 to this credential: the next request asks the plugin again, unless there is a newer one. */
  refused(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster, credential: Credential): void {
    const key = cacheKey(user, plugin, cluster)
    if (this.#cache.get(key) !== credential) return
    this.#cache.delete(key)
    this.#refused.add(key)
  }

  /** Somebody wants to know anew: a plugin that failed is run again at once. */
  retry(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): void {
    this.#failed.delete(cacheKey(user, plugin, cluster))
  }

  /** For a run in a terminal. What it prints is the credential, so it must not get on the screen. */
  async login(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): Promise<PluginLogin> {
    const key = cacheKey(user, plugin, cluster)
    if (plugin.interactiveMode === 'Never') {
      throw new HostError('unsupported', `${about(plugin, user)} never asks anything: there is no login in a terminal.`)
    }
    if (this.#logins.has(key)) {
      throw new HostError('unavailable', `User "${user.name}" is being logged in, in another terminal.`)
    }
    this.#logins.add(key)
    try {
      await this.#running.get(key)?.catch(() => undefined)
      return {
        command: plugin.command,
        args: plugin.args,
        env: await this.#environmentOf(plugin, cluster, true),
        accept: (printed) => this.#keep(key, credentialOf(printed, about(plugin, user), '')),
        [Symbol.dispose]: () => this.#logins.delete(key),
      }
    } catch (error) {
      this.#logins.delete(key)
      throw error
    }
  }

  async #run(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): Promise<Credential> {
    const key = cacheKey(user, plugin, cluster)
    try {
      const { stdout, stderr, code } = await this.#answered(user, plugin, cluster)
      if (code !== 0) {
        const message = `${about(plugin, user)} ended with exit code ${code}${said(stderr)}`
        throw plugin.interactiveMode === 'Never'
          ? new HostError('permission-denied', message)
          : new LoginNeeded(message)
      }
      const credential = credentialOf(stdout, about(plugin, user), stderr)
      this.#keep(key, credential)
      return credential
    } catch (error) {
      if (error instanceof LoginNeeded) this.#failed.set(key, { error, until: Date.now() + error.holdOffMs })
      throw error
    }
  }

  async #answered(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): Promise<PluginAnswer> {
    const asks = this.#hasTerminal && plugin.interactiveMode !== 'Never'
    const env = await this.#environmentOf(plugin, cluster, asks)
    if (!asks) return runPlugin(plugin, env, user)
    const answered = this.#asking.then(() => runInTerminal(plugin, env, user))
    this.#asking = answered.catch(() => undefined)
    return answered
  }

  #keep(key: string, credential: Credential): void {
    this.#cache.set(key, credential)
    this.#failed.delete(key)
    this.#refused.delete(key)
  }

  async #environmentOf(plugin: ExecPlugin, cluster: KubeCluster, interactive: boolean): Promise<Environment> {
    const info = {
      apiVersion: plugin.apiVersion,
      kind: 'ExecCredential',
      spec: { interactive, ...(plugin.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) },
    }
    const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]))
    return { ...(await this.#environment()), ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  }
}

/** What a plugin printed, as a credential. Errors quote what it said beside, never what it printed: that may be half a token. */
function credentialOf(printed: string, whose: string, stderr: string): Credential {
  const parsed = ExecCredential.safeParse(parseJson(printed))
  if (!parsed.success) {
    throw new HostError('permission-denied', `${whose} did not print an ExecCredential${said(stderr)}`)
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.data.status
  if (!token && !clientCertificateData) {
    throw new HostError('permission-denied', `${whose} gave neither a token nor a certificate${said(stderr)}`)
  }
  const expiresAt = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.NaN
  // Fresh, and over by our clock: then that is ahead, and the server tells the end. Else the plugin ran, or a login was asked for, each time.
  const isTold = expiresAt - EARLY_MS > Date.now()
  return {
    ...(token ? { token } : {}),
    ...(clientCertificateData ? { certificate: clientCertificateData } : {}),
    ...(clientKeyData ? { key: clientKeyData } : {}),
    ...(isTold ? { expiresAt } : {}),
  }
}

/** Two users of the same name in two files are two users; so are two clusters when the plugin is told which. */
function cacheKey(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): string {
  const { command, args, env } = plugin
  return JSON.stringify([user.name, command, args, env, plugin.provideClusterInfo ? cluster.server : ''])
}

function clusterInfo(cluster: KubeCluster): object {
  return {
    server: cluster.server,
    'insecure-skip-tls-verify': cluster.skipVerify,
    ...(cluster.authorityData ? { 'certificate-authority-data': cluster.authorityData } : {}),
    ...(cluster.serverName ? { 'tls-server-name': cluster.serverName } : {}),
    ...(cluster.proxyUrl ? { 'proxy-url': cluster.proxyUrl } : {}),
    ...(cluster.execConfig === undefined ? {} : { config: cluster.execConfig }),
  }
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}
