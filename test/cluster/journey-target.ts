import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiConnection } from '../../main/kubernetes/api-connection.ts'
import { ApiError } from '../../main/kubernetes/api-error.ts'
import { DEFAULT_IMAGE } from '../../main/kubernetes/capture/capture-container.ts'
import { permissionText } from '../../main/kubernetes/capture/ladder.ts'
import { ClusterAccess, isAllowed, listAll } from '../../main/kubernetes/cluster-access.ts'
import { runCommand } from '../../main/kubernetes/exec-stream.ts'
import type { Kubeconfig } from '../../main/kubernetes/kubeconfig.ts'
import { kubeconfigFiles, loadKubeconfig } from '../../main/kubernetes/kubeconfig.ts'
import type { Namespace, Node, Pod } from '../../main/kubernetes/objects.ts'
import { createPod, podPath } from '../../main/kubernetes/pod-requests.ts'
import { proxyFor } from '../../main/kubernetes/proxy.ts'
import type { Permission } from '../../common/model/preflight.ts'

const allow = (verb: string, resource: string, subresource?: string, group = ''): Permission => ({
  verb,
  group,
  resource,
  ...(subresource ? { subresource } : {}),
})
/** What it takes to make pods, to capture in them, and to be somebody who may do less. */
export const PODS = [allow('create', 'pods'), allow('delete', 'pods')]
export const IN_PODS = [
  allow('get', 'pods'),
  allow('patch', 'pods', 'ephemeralcontainers'),
  allow('get', 'pods', 'exec'),
  allow('create', 'pods', 'exec'),
]
export const NARROWING = [
  // Nobody may give what he has not himself.
  allow('list', 'pods'),
  allow('impersonate', 'users'),
  allow('impersonate', 'groups'),
  allow('create', 'roles', undefined, 'rbac.authorization.k8s.io'),
  allow('create', 'rolebindings', undefined, 'rbac.authorization.k8s.io'),
]

const NARROW = 'hopscope-test-narrow'
/** Images have to be pulled first. */
const START_TIMEOUT_MS = 240_000
const RULES_TIMEOUT_MS = 30_000

export type Level = 'privileged' | 'baseline' | 'restricted'
const LEVEL_LABEL = 'pod-security.kubernetes.io/enforce'

/** A cluster that the journeys are made in: the double or a real one, by nothing but its kubeconfig. */
export class JourneyTarget {
  readonly config: Kubeconfig
  readonly context: string
  readonly connection: ApiConnection
  readonly image: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly nodes: readonly string[]
  /** Whether root captures without a capability added; with CRI-O it does not. */
  readonly givesNetRaw: boolean
  /** Of those who may make no namespaces. */
  readonly #own: { readonly name: string; readonly level: string | undefined } | undefined
  /** Why no namespaces can be made. */
  readonly #whyNone: string | undefined
  readonly #run = randomBytes(3).toString('hex')
  readonly #namespaces: string[] = []
  readonly #pods: { readonly namespace: string; readonly name: string }[] = []

  private constructor(
    config: Kubeconfig,
    context: string,
    connection: ApiConnection,
    nodes: readonly Node[],
    environment: Readonly<Record<string, string | undefined>>,
    whyNone: string | undefined,
    own: { readonly name: string; readonly level: string | undefined } | undefined,
  ) {
    this.config = config
    this.context = context
    this.connection = connection
    this.nodes = nodes.map(({ metadata }) => metadata.name)
    this.givesNetRaw = !nodes.some(({ status }) => status?.nodeInfo?.containerRuntimeVersion?.startsWith('cri-o'))
    this.environment = environment
    this.#whyNone = whyNone
    this.#own = own
    this.image = environment['HOPSCOPE_IMAGE'] ?? DEFAULT_IMAGE
  }

  static async open(environment: Readonly<Record<string, string | undefined>>): Promise<JourneyTarget> {
    const config = await loadKubeconfig(kubeconfigFiles(environment))
    const { connection, context } = await access(environment).open(config)
    const nodes = await listAll<Node>(connection, '/api/v1/nodes').catch((error: unknown) => {
      if (error instanceof ApiError) return { items: [] }
      throw error
    })
    const usable = nodes.items.filter(
      ({ metadata, spec, status }) =>
        !spec?.unschedulable &&
        (metadata.labels?.['kubernetes.io/os'] ?? 'linux') === 'linux' &&
        // From such a node a pod that is put there by name is evicted at once.
        !spec?.taints?.some(({ effect }) => effect === 'NoExecute') &&
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    // Those for everybody's pods first.
    usable.sort((a, b) => taints(a) - taints(b))
    const whyNone = await whyNot(connection, context.name, [
      { verb: 'create', group: '', resource: 'namespaces' },
      { verb: 'delete', group: '', resource: 'namespaces' },
    ])
    const name = environment['HOPSCOPE_NAMESPACE']
    const own = whyNone !== undefined && name ? { name, level: await levelOf(connection, name) } : undefined
    return new JourneyTarget(config, context.name, connection, usable, environment, whyNone, own)
  }

  /** In words, what the person would have to be allowed where the journeys are made; undefined when all of it is. */
  whyNot(needs: readonly Permission[]): Promise<string | undefined> {
    const namespace = this.#own?.name
    const there = namespace === undefined ? {} : { namespace }
    return whyNot(
      this.connection,
      this.context,
      needs.map((one) => ({ ...(CLUSTER_WIDE.includes(one.resource) ? {} : there), ...one })),
    )
  }

  /** Why there is no namespace of such a level to make pods in; undefined when there is one. */
  whyNoNamespace(level: Level | 'any'): string | undefined {
    if (this.#whyNone === undefined) return undefined
    if (!this.#own) return `${this.#whyNone}; HOPSCOPE_NAMESPACE can name one that is there`
    const { name, level: enforced } = this.#own
    if (level === 'any' || level === enforced) return undefined
    const why = enforced ? `enforces "${enforced}"` : 'may not be read, so that its Pod Security level is not known'
    return `this takes a namespace that enforces "${level}": ${this.#whyNone}, and namespace ${name} ${why}`
  }

  /** A namespace of this run's own, at a Pod Security level; removed by `close`. Or the one that HOPSCOPE_NAMESPACE names. */
  async namespace(wanted: Level | 'any'): Promise<string> {
    if (this.#own) return this.#own.name
    const level = wanted !== 'any' ? wanted : this.givesNetRaw ? 'baseline' : 'privileged'
    const name = `hopscope-test-${level}-${this.#run}`
    if (this.#namespaces.includes(name)) return name
    const labels = {
      'hopscope/test': this.#run,
      [LEVEL_LABEL]: level,
      'pod-security.kubernetes.io/warn': level,
    }
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
    this.#namespaces.push(name)
    await this.connection.request('POST', '/api/v1/namespaces', { body })
    return name
  }

  /** Whether it is in something that this run has made. */
  made(namespace: string, pod: string): boolean {
    return (
      this.#namespaces.includes(namespace) || this.#pods.some((one) => one.namespace === namespace && one.name === pod)
    )
  }

  /** A pod that does nothing by itself; `node` a number: on the first or on another node. Returns when it runs and has an address. */
  async pod(namespace: string, title: string, node: number, hardened = false): Promise<Pod> {
    const name = `${title}-${this.#run}`
    const nodeName = this.nodes[node % Math.max(1, this.nodes.length)]
    const securityContext = hardened
      ? {
          runAsNonRoot: true,
          runAsUser: 65_532,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        }
      : {}
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        ...(nodeName ? { nodeName } : {}),
        terminationGracePeriodSeconds: 1,
        // The last net, should this program not get to remove it.
        activeDeadlineSeconds: 3600,
        automountServiceAccountToken: false,
        securityContext: hardened ? { runAsNonRoot: true, runAsUser: 65_532 } : {},
        containers: [
          {
            name: 'app',
            image: this.image,
            imagePullPolicy: 'IfNotPresent',
            command: ['sleep', '3600'],
            securityContext,
          },
        ],
      },
    }
    this.#pods.push({ namespace, name })
    await createPod(this.connection, body)
    for (const until = Date.now() + START_TIMEOUT_MS; ; await sleep(200)) {
      const pod: Pod = await this.connection.get(podPath(namespace, name))
      const running = pod.status?.containerStatuses?.some(({ state }) => state?.running)
      if (running && pod.status?.podIP) return pod
      if (Date.now() < until) continue
      const state = pod.status?.containerStatuses?.[0]?.state
      const why = state?.waiting ?? state?.terminated ?? pod.status
      throw new Error(
        `Pod ${namespace}/${name} with image ${this.image} does not run after ${START_TIMEOUT_MS / 1000} s: ${JSON.stringify(why)}. HOPSCOPE_IMAGE names another image.`,
      )
    }
  }

  /** ICMP echoes from one pod to another address, as fast as asked; how many were sent and answered. */
  async ping(pod: Pod, to: string, count: number, everyMs: number, size = 56) {
    const { namespace = '', name } = pod.metadata
    const command = ['ping', '-q', '-c', String(count), '-i', String(everyMs / 1000), '-s', String(size), to]
    const where = { namespace, pod: name, container: 'app' }
    const timeout = count * everyMs * 3 + 60_000
    const { stdout, stderr, end } = await runCommand(this.connection, { ...where, command }, timeout)
    const [, sent, answered] = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(stdout) ?? []
    if (sent === undefined) throw new Error(`ping says: ${stdout}${stderr} ${end.status?.message ?? end.lost}`)
    return { sent: Number(sent), answered: Number(answered) }
  }

  /** Why no proxy of ours can be put in between; undefined when it can. */
  whyNoProxy(): string | undefined {
    const { server, proxyUrl } = this.connection.cluster
    const has = proxyUrl ?? proxyFor(new URL(server), undefined, this.environment)
    return has === undefined ? undefined : `context ${this.context} is reached through a proxy already`
  }

  /** The same cluster by way of a proxy. */
  async through(proxyUrl: string): Promise<ApiConnection> {
    const clusters = new Map([...this.config.clusters].map(([name, cluster]) => [name, { ...cluster, proxyUrl }]))
    return (await access(this.environment).open({ ...this.config, clusters }, this.context)).connection
  }

  /** The same cluster as somebody who may do only this in one namespace. */
  async narrow(namespace: string, rules: readonly { resources: string[]; verbs: string[] }[]): Promise<ApiConnection> {
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
    const apiVersion = 'rbac.authorization.k8s.io/v1'
    const metadata = { name: NARROW, namespace }
    const role = { apiVersion, kind: 'Role', metadata, rules: rules.map((rule) => ({ apiGroups: [''], ...rule })) }
    const subjects = [{ kind: 'User', name: NARROW, apiGroup: 'rbac.authorization.k8s.io' }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NARROW }
    const binding = { apiVersion, kind: 'RoleBinding', metadata, subjects, roleRef }
    await this.connection.request('POST', `${path}/roles`, { body: role })
    await this.connection.request('POST', `${path}/rolebindings`, { body: binding })
    const impersonate = { user: NARROW, groups: ['system:authenticated'], extra: {} }
    const users = new Map([...this.config.users].map(([name, user]) => [name, { ...user, impersonate }]))
    const { connection } = await access(this.environment).open({ ...this.config, users }, this.context)
    // A role is in force a moment after it was made.
    const until = Date.now() + RULES_TIMEOUT_MS
    for (const { resources, verbs } of rules) {
      const [resource = '', subresource] = resources[0]?.split('/') ?? []
      const permission = {
        verb: verbs[0] ?? '',
        group: '',
        resource,
        namespace,
        ...(subresource ? { subresource } : {}),
      }
      while (!(await isAllowed(connection, permission))) {
        if (Date.now() > until) throw new Error(`The role of ${NARROW} in ${namespace} does not come into force.`)
        await sleep(200)
      }
    }
    return connection
  }

  async close(): Promise<void> {
    const remove = (what: string, path: string) =>
      this.connection.request('DELETE', path).catch((error: unknown) => {
        if (error instanceof ApiError && error.httpStatus === 404) return
        process.stderr.write(`${what} was not removed: ${error instanceof Error ? error.message : String(error)}\n`)
      })
    for (const name of this.#namespaces) await remove(`namespace ${name}`, `/api/v1/namespaces/${name}`)
    if (this.#own) for (const { namespace, name } of this.#pods) await remove(`pod ${name}`, podPath(namespace, name))
    this.connection.close()
  }
}

const taints = ({ spec }: Node) => spec?.taints?.length ?? 0

const CLUSTER_WIDE = ['namespaces', 'nodes', 'users', 'groups']

async function whyNot(connection: ApiConnection, context: string, needs: readonly Permission[]) {
  const allowed = await Promise.all(needs.map((one) => isAllowed(connection, one)))
  const missing = needs.filter((_, index) => !allowed[index])
  if (missing.length === 0) return undefined
  return `the user of context ${context} may not ${missing.map(permissionText).join(', ')}`
}

/** The Pod Security level that a namespace enforces; undefined when it may not be read. */
async function levelOf(connection: ApiConnection, name: string): Promise<string | undefined> {
  try {
    const { metadata }: Namespace = await connection.get(`/api/v1/namespaces/${encodeURIComponent(name)}`)
    return metadata.labels?.[LEVEL_LABEL] ?? 'privileged'
  } catch (error) {
    if (error instanceof ApiError && error.httpStatus === 403) return undefined
    throw error
  }
}

const access = (environment: Readonly<Record<string, string | undefined>>) =>
  new ClusterAccess(() => Promise.resolve(environment))
