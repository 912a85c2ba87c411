import { spawn } from 'node:child_process'
import * as z from 'zod/mini'
import { HostError } from '../../common/host-error.ts'
import type { ExecPlugin, KubeCluster, KubeUser } from './kubeconfig.ts'

// Credential plugins: client.authentication.k8s.io, https://kubernetes.io/docs/reference/access-authn-authz/authentication/

const TIMEOUT_MS = 60_000
/** A credential is renewed this long before it ends, so that a request does not leave with one that dies on the way. */
const EARLY_MS = 10_000
const OUTPUT_LIMIT = 1 << 20

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

type Environment = Readonly<Record<string, string | undefined>>

/** Runs plugins: one at a time for a user, its answer kept until it expires or is refused. */
export class ExecCredentials {
  readonly #environment: () => Promise<Environment>
  readonly #cache = new Map<string, Credential>()
  readonly #running = new Map<string, Promise<Credential>>()

  constructor(environment: () => Promise<Environment>) {
    this.#environment = environment
  }

  get(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): Promise<Credential> {
    const key = cacheKey(user, plugin, cluster)
    const known = this.#cache.get(key)
    if (known && (known.expiresAt === undefined || known.expiresAt - EARLY_MS > Date.now()))
      return Promise.resolve(known)
    const running = this.#running.get(key)
    if (running) return running
    const fresh = this.#run(user, plugin, cluster).finally(() => this.#running.delete(key))
    this.#running.set(key, fresh)
    return fresh.then((credential) => {
      this.#cache.set(key, credential)
      return credential
    })
  }

  /** The API server answered 401: the next request asks the plugin again. */
  refused(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): void {
    this.#cache.delete(cacheKey(user, plugin, cluster))
  }

  async #run(user: KubeUser, plugin: ExecPlugin, cluster: KubeCluster): Promise<Credential> {
    if (plugin.interactiveMode === 'Always') {
      const command = [plugin.command, ...plugin.args].join(' ')
      throw new HostError(
        'permission-denied',
        `The credential plugin of user "${user.name}" needs a terminal: run it once in one (${command}), then try again.`,
      )
    }
    const environment = await this.#environment()
    const info = {
      apiVersion: plugin.apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) },
    }
    const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]))
    const env = { ...environment, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
    const { stdout, stderr, code } = await run(plugin, env, user.name)
    if (code !== 0) {
      throw new HostError(
        'permission-denied',
        `The credential plugin ${plugin.command} of user "${user.name}" ended with exit code ${code}${said(stderr)}`,
      )
    }
    const parsed = ExecCredential.safeParse(parseJson(stdout))
    if (!parsed.success) {
      // Not what it printed: that may be half a token.
      throw new HostError(
        'permission-denied',
        `The credential plugin ${plugin.command} of user "${user.name}" did not print an ExecCredential${said(stderr)}`,
      )
    }
    const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.data.status
    if (!token && !clientCertificateData) {
      const message = `The credential plugin ${plugin.command} of user "${user.name}" gave neither a token nor a certificate${said(stderr)}`
      throw new HostError('permission-denied', message)
    }
    const expiresAt = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.NaN
    return {
      ...(token ? { token } : {}),
      ...(clientCertificateData ? { certificate: clientCertificateData } : {}),
      ...(clientKeyData ? { key: clientKeyData } : {}),
      ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
    }
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

function run(
  plugin: ExecPlugin,
  env: Environment,
  user: string,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ stdout: string; stderr: string; code: number }>()
  const child = spawn(plugin.command, [...plugin.args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    reject(
      new HostError(
        'unavailable',
        `The credential plugin ${plugin.command} of user "${user}" did not answer in 60 s${said(stderr)}`,
      ),
    )
  }, TIMEOUT_MS)
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    if (stdout.length < OUTPUT_LIMIT) stdout += part
  })
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    if (stderr.length < OUTPUT_LIMIT) stderr += part
  })
  child.once('error', (error) => {
    const missing = 'code' in error && error.code === 'ENOENT'
    const hint = plugin.installHint
      ? ` ${plugin.installHint.trim()}`
      : ' Install it, or add its folder to the PATH of your login shell.'
    const message = missing
      ? `The credential plugin ${plugin.command} of user "${user}" was not found in PATH.${hint}`
      : `The credential plugin ${plugin.command} of user "${user}" could not be started: ${error.message}`
    reject(new HostError('not-found', message))
  })
  child.once('close', (code) => resolve({ stdout, stderr, code: code ?? 128 }))
  return promise.finally(() => clearTimeout(timer))
}

/** The plugin's own words, which usually say what to do; anything that looks like a token is taken out. */
function said(stderr: string): string {
  const words = redact(stderr.trim()).slice(0, 2000)
  return words === '' ? '.' : `: ${words}`
}

export function redact(words: string): string {
  return words
    .replace(/eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '[token]')
    .replace(/(bearer|token|password|secret)(["']?\s*[:=]\s*["']?|\s+)[^\s"',;]{8,}/gi, '$1$2[hidden]')
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}
