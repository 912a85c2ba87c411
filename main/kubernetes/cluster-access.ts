import { HostError } from '../../common/host-error.ts'
import type { ApiConnection } from './api-connection.ts'
import { ApiConnection as Connection } from './api-connection.ts'
import { ApiError } from './api-error.ts'
import { ExecCredentials, type PluginLogin } from './exec-credential.ts'
import type { Kubeconfig, KubeContext } from './kubeconfig.ts'
import { kubeconfigFiles, loadKubeconfig, resolveContext } from './kubeconfig.ts'
import { loginEnvironment } from './login-environment.ts'
import type {
  KubernetesList,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  ServerVersion,
} from './objects.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A context that is open: where it is and the connection to it. */
export interface OpenContext {
  readonly context: KubeContext
  readonly connection: ApiConnection
}

/** Opens contexts; the credential plugins' answers are shared among them. */
export class ClusterAccess {
  readonly #environment: () => Promise<Environment>
  readonly #plugins: ExecCredentials
  readonly #files: readonly string[]

  /**
   * A command line has the environment of its shell; an app that was started from a desktop has to ask for it. `files`: the kubeconfig files to read
   * instead of those that it names.
   */
  constructor(
    environment: () => Promise<Environment> = loginEnvironment,
    hasTerminal = false,
    files: readonly string[] = [],
  ) {
    this.#environment = environment
    this.#files = files
    this.#plugins = new ExecCredentials(environment, hasTerminal)
  }

  /** The kubeconfig as it is on disk now. */
  async load(added: readonly string[] = []): Promise<Kubeconfig> {
    if (this.#files.length > 0) return loadKubeconfig([...this.#files, ...added], true)
    return loadKubeconfig(kubeconfigFiles(await this.#environment(), added))
  }

  /** `name` absent: the current context. Throws HostError 'not-found' in words. Makes no request. */
  async open(config: Kubeconfig, name?: string): Promise<OpenContext> {
    const { context, cluster, user } = resolveContext(config, name)
    const reread = async () => {
      const now = resolveContext(await loadKubeconfig(config.files), context.name)
      // What has the name by now may be another cluster, whose credentials are none of this one's business.
      return now.cluster.server === cluster.server ? now.user : undefined
    }
    const connection = new Connection(cluster, user, this.#plugins, await this.#environment(), reread)
    return { context, connection }
  }

  /** A run of the context's credential plugin in a terminal; HostError, in words, where there is none that asks. */
  async login(config: Kubeconfig, name: string): Promise<PluginLogin> {
    const { cluster, user } = resolveContext(config, name)
    if (!user.exec) {
      throw new HostError(
        'unsupported',
        `User "${user.name}" of context "${name}" has no credential plugin to log in with.`,
      )
    }
    return this.#plugins.login(user, user.exec, cluster)
  }

  /** Somebody asks anew: what failed a moment ago is tried again. */
  retry(config: Kubeconfig, name: string): void {
    const { cluster, user } = resolveContext(config, name)
    if (user.exec) this.#plugins.retry(user, user.exec, cluster)
  }
}

/** Whether the user of a context can be logged in, in a terminal. */
export function canLogIn(config: Kubeconfig, name: string): boolean {
  const context = config.contexts.find((one) => one.name === name)
  const plugin = config.users.get(context?.user ?? '')?.exec
  return plugin !== undefined && plugin.interactiveMode !== 'Never'
}

export interface Whoami {
  /** '' where the cluster doesn't say: before Kubernetes 1.28, or as not even that is allowed. */
  readonly username: string
  readonly groups: readonly string[]
}

/** Who did something, for those who read of it, where that is not known. */
export const UNNAMED_USER = 'An unnamed user'

export async function whoami(connection: ApiConnection): Promise<Whoami> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  try {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const { status }: SelfSubjectReview = await connection.request('POST', path, { body })
    return { username: status?.userInfo?.username ?? '', groups: status?.userInfo?.groups ?? [] }
  } catch (error) {
    // No reason not to work with it: a cluster that is old, or lets nobody ask.
    if (saysNothing(error)) return { username: '', groups: [] }
    throw error
  }
}

/**
 * Whether the API server would allow it; undefined where it does not say, as in clusters that took that from system:basic-user: then only
 * trying tells. The subresource has a field of its own: "pods/exec" as resource asks about another thing.
 */
export async function isAllowed(
  connection: ApiConnection,
  resourceAttributes: ResourceAttributes,
): Promise<boolean | undefined> {
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  try {
    const review: SelfSubjectAccessReview = await connection.request('POST', path, { body })
    return review.status?.allowed === true
  } catch (error) {
    if (saysNothing(error)) return undefined
    throw error
  }
}

const saysNothing = (error: unknown) => error instanceof ApiError && [403, 404].includes(error.httpStatus)

/** The version and how long the API server took to say it, on a connection that was already open. */
export async function measure(
  connection: ApiConnection,
): Promise<{ readonly version: ServerVersion; readonly latencyMs: number }> {
  // The first request pays for TCP and TLS.
  await connection.get<ServerVersion>('/version', { timeoutMs: 10_000 })
  const start = performance.now()
  const version: ServerVersion = await connection.get('/version', { timeoutMs: 10_000 })
  return { version, latencyMs: performance.now() - start }
}

/** A whole list, fetched in pages. T is the caller's word for what the path lists, as with ApiConnection.get. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export async function listAll<T>(
  connection: Pick<ApiConnection, 'get'>,
  path: string,
  query: { readonly labelSelector?: string; readonly fieldSelector?: string } = {},
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const items: T[] = []
  let from: string | undefined
  for (;;) {
    let page: KubernetesList<T>
    try {
      page = await connection.get(path, { query: { ...query, limit: 500, ...(from ? { continue: from } : {}) } })
    } catch (error) {
      // The state of the cluster that the first pages are of is forgotten: now all at once, which can't be too late.
      if (!from || !(error instanceof ApiError && error.httpStatus === 410)) throw error
      page = await connection.get(path, { query })
      items.length = 0
    }
    // Not all as arguments of one call: of a large cluster they are more than the stack holds.
    for (const item of page.items) items.push(item)
    from = page.metadata.continue
    if (!from) return { items, resourceVersion: page.metadata.resourceVersion ?? '' }
  }
}
