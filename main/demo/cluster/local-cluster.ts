import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Container, KubernetesObject, OwnerReference, Pod, PodSpec } from '../../kubernetes/objects.ts'
import { withDefaults } from './admission.ts'
import type { Backend, StreamRequest } from './api-server.ts'
import { ApiServer } from './api-server.ts'
import type { ClusterUser } from './authorization.ts'
import { EVERYTHING } from './authorization.ts'
import { certificateAuthority } from './certificates.ts'
import { ApiFailure, notFound } from './failure.ts'
import type { StreamFault } from './faults.ts'
import type { Image } from './images.ts'
import { IMAGES } from './images.ts'
import { KINDS } from './kinds.ts'
import { asPod, Kubelet, podKind } from './kubelet.ts'
import { NamespaceFabric } from './machines.ts'
import { ObjectStore } from './object-store.ts'
import type { PodSecurityLevel } from './pod-security.ts'
import type { Fabric } from './running.ts'
import { failure, Streams } from './streams.ts'

export interface LocalClusterOptions {
  readonly nodes?: readonly string[]
  readonly users?: readonly ClusterUser[]
  readonly images?: Readonly<Record<string, Image>>
  readonly pathPrefix?: string
  /** What runs the pods; absent: the kernel's namespaces. */
  readonly fabric?: Fabric
}

const ADMIN: ClusterUser = { name: 'admin', groups: ['system:masters'], rules: EVERYTHING }

/** A Kubernetes cluster on this machine: its API over HTTPS and WebSocket on loopback, its nodes and pods of kernel namespaces. */
export class LocalCluster implements Backend, AsyncDisposable {
  readonly store = new ObjectStore()
  readonly streams = new Streams()
  readonly api: ApiServer
  readonly folder = mkdtempSync(join(tmpdir(), 'hopscope-cluster-'))
  readonly #authority = certificateAuthority('test-cluster')
  readonly #users: readonly ClusterUser[]
  readonly #images: Readonly<Record<string, Image>>
  readonly #kubelets = new Map<string, Kubelet>()
  /** Nodes whose kubelet is restarting: exec is told that the pod does not exist. */
  readonly #restarting = new Set<string>()
  readonly #unreachable = new Map<string, number>()
  #fabric: Fabric | undefined
  #scheduled = 0
  #closed = false

  private constructor(options: LocalClusterOptions) {
    this.#fabric = options.fabric
    this.#users = [ADMIN, ...(options.users ?? [])]
    this.#images = { ...IMAGES, ...options.images }
    this.api = new ApiServer({
      store: this.store,
      streams: this.streams,
      authority: this.#authority,
      users: this.#users,
      backend: this,
      ...(options.pathPrefix ? { pathPrefix: options.pathPrefix } : {}),
    })
  }

  /** See whyNoNamespaces() for what it needs. */
  static async start(options: LocalClusterOptions = {}): Promise<LocalCluster> {
    const cluster = new LocalCluster(options)
    try {
      await cluster.#start(options.nodes ?? ['node-a', 'node-b'])
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  async #start(nodes: readonly string[]): Promise<void> {
    const fabric = (this.#fabric ??= await NamespaceFabric.create())
    for (const name of nodes) {
      const machine = await fabric.machine(name)
      this.#kubelets.set(name, new Kubelet(machine, this.store, this.#images))
      this.add('nodes', '', {
        metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
        spec: { podCIDR: machine.podRange },
        status: {
          addresses: [
            { type: 'InternalIP', address: machine.address },
            { type: 'Hostname', address: name },
          ],
          conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
          nodeInfo: {
            kubeletVersion: 'v1.36.2',
            containerRuntimeVersion: 'containerd://2.1.9',
            osImage: 'Hopscope',
            architecture: 'amd64',
          },
        },
      })
    }
    this.namespace('default')
    await this.api.start()
  }

  /** Stores an object of any kind. */
  add(resource: string, namespace: string, object: KubernetesObject & Record<string, unknown>): KubernetesObject {
    const kind = KINDS.find((one) => one.resource === resource)
    if (!kind) throw new Error(`the test cluster knows no ${resource}`)
    return this.store.create(kind, namespace, object)
  }

  namespace(name: string, level?: PodSecurityLevel): void {
    const labels = {
      'kubernetes.io/metadata.name': name,
      ...(level ? { 'pod-security.kubernetes.io/enforce': level } : {}),
    }
    this.add('namespaces', '', { metadata: { name, labels }, status: { phase: 'Active' } })
  }

  /** Starts a pod and waits until it runs. */
  async pod(
    namespace: string,
    name: string,
    spec: Partial<PodSpec> & { readonly container?: Partial<Container> } = {},
    labels: Readonly<Record<string, string>> = {},
    owners: readonly OwnerReference[] = [],
  ): Promise<Pod> {
    const { container, ...rest } = spec
    const containers = rest.containers ?? [{ name: 'app', image: 'example.com/app:1', ...container }]
    const pod = withDefaults({
      metadata: { name, namespace, labels, ...(owners.length > 0 ? { ownerReferences: owners } : {}) },
      spec: { ...rest, containers },
      status: { phase: 'Pending' },
    })
    this.podCreated(this.store.create(podKind(), namespace, pod))
    return this.waitFor(namespace, name, (pod) => pod.status?.phase === 'Running')
  }

  findPod(namespace: string, name: string): Pod | undefined {
    return asPod(this.store.find(podKind(), namespace, name))
  }

  listPods(namespace: string): Pod[] {
    return this.store.list(podKind(), namespace).flatMap((object) => asPod(object) ?? [])
  }

  /** A machine with too much to do takes its time to start a pod. */
  async waitFor(namespace: string, name: string, is: (pod: Pod) => boolean, timeoutMs = 60_000): Promise<Pod> {
    const until = Date.now() + timeoutMs
    for (;;) {
      const pod = this.findPod(namespace, name)
      if (pod && is(pod)) return pod
      if (Date.now() > until) throw new Error(`pod ${namespace}/${name} is ${JSON.stringify(pod?.status)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  kubelet(node: string): Kubelet {
    const found = this.#kubelets.get(node)
    if (!found) throw notFound('nodes', node)
    return found
  }

  /** The kubelet and, below it, the network namespace of a running pod: to run traffic or set faults in it. */
  sandbox(namespace: string, name: string) {
    const pod = asPod(this.store.get(podKind(), namespace, name))
    const sandbox = pod && this.kubelet(pod.spec.nodeName ?? '').sandbox(pod)
    if (!sandbox) throw new Error(`pod ${namespace}/${name} has no network`)
    return sandbox
  }

  container(namespace: string, name: string, container: string) {
    const pod = asPod(this.store.get(podKind(), namespace, name))
    if (!pod) throw notFound('pods', name)
    return this.kubelet(pod.spec.nodeName ?? '').container(pod, container)
  }

  /** Applies a fault to every open stream that matches. */
  fail(fault: StreamFault, where: { readonly node?: string; readonly pod?: string } = {}, downMs = 300): void {
    for (const stream of this.streams.open) {
      if (where.node !== undefined && stream.node !== where.node) continue
      if (where.pod !== undefined && stream.pod !== where.pod) continue
      stream.fail(fault)
      if (fault.kind === 'kubelet-restart') this.#restart(stream.node, downMs)
    }
  }

  /** exec to pods of the node fails with HTTP 500 after `afterMs` (30 s on a real cluster), until told otherwise. */
  unreachable(node: string, afterMs: number | undefined): void {
    if (afterMs === undefined) this.#unreachable.delete(node)
    else this.#unreachable.set(node, afterMs)
  }

  #restart(node: string, downMs: number): void {
    this.#restarting.add(node)
    setTimeout(() => this.#restarting.delete(node), downMs)
  }

  podCreated(pod: Pod): void {
    const node = pod.spec.nodeName ?? this.#schedule(pod)
    const kubelet = node === undefined ? undefined : this.#kubelets.get(node)
    const { resourceVersion: _old, ...metadata } = pod.metadata
    if (!kubelet || node === undefined) {
      const message = `0/${this.#kubelets.size} nodes are available: ${this.#kubelets.size} node(s) didn't match Pod's node affinity/selector.`
      const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]
      this.store.replace(podKind(), { ...pod, metadata, status: { phase: 'Pending', conditions } })
      return
    }
    const placed = this.store.replace(podKind(), { ...pod, metadata, spec: { ...pod.spec, nodeName: node } })
    void kubelet.start(placed).catch((error: unknown) => this.#broken(error))
  }

  #schedule(pod: Pod): string | undefined {
    const wanted = pod.spec.nodeSelector?.['kubernetes.io/hostname']
    const fitting = [...this.#kubelets.keys()].filter((name) => wanted === undefined || name === wanted)
    return fitting[this.#scheduled++ % Math.max(1, fitting.length)]
  }

  ephemeralAdded(pod: Pod, name: string): void {
    const container = pod.spec.ephemeralContainers?.find((one) => one.name === name)
    if (!container) return
    const kubelet = this.kubelet(pod.spec.nodeName ?? '')
    void kubelet.startEphemeral(pod, container).catch((error: unknown) => this.#broken(error))
  }

  deletePod(pod: Pod, graceSeconds: number): void {
    const { namespace = '', name } = pod.metadata
    const { resourceVersion: _old, ...metadata } = pod.metadata
    const deletionTimestamp = new Date(Date.now() + graceSeconds * 1000).toISOString()
    this.store.replace(podKind(), {
      ...pod,
      metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds },
    })
    const kubelet = this.#kubelets.get(pod.spec.nodeName ?? '')
    const stopped = kubelet?.stop(pod, graceSeconds * 1000) ?? Promise.resolve()
    void stopped.then(() => {
      if (!this.#closed && this.findPod(namespace, name)?.metadata.uid === pod.metadata.uid) {
        this.store.remove(podKind(), namespace, name)
      }
    })
  }

  async stream({ kind, pod, query, request, socket, head }: StreamRequest): Promise<void> {
    const node = pod.spec.nodeName ?? ''
    const { namespace = '', name } = pod.metadata
    const delay = this.#unreachable.get(node)
    if (delay !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, delay))
      const message = `error dialing backend: dial tcp ${this.kubelet(node).machine.address}:10250: i/o timeout`
      throw new ApiFailure(500, 'InternalError', message)
    }
    if (this.#restarting.has(node)) throw new ApiFailure(404, 'NotFound', 'pod does not exist')
    if (!Streams.speaks(request)) throw new ApiFailure(403, 'Forbidden', 'unable to upgrade: no supported protocol')
    const kubelet = this.kubelet(node)
    const container = query.get('container') ?? pod.spec.containers[0]?.name ?? ''
    if (kind === 'portforward') {
      const sandbox = kubelet.sandbox(pod)
      if (sandbox === undefined) throw notFound('pods', name)
      const ports = query.getAll('ports').map(Number)
      return this.streams.forward(await this.streams.upgrade(request, socket, head), ports, sandbox)
    }
    const running = kubelet.container(pod, container)
    const argv = query.getAll('command')
    const about = { kind, namespace, pod: name, container, node, argv }
    const asked = {
      stdin: query.get('stdin') === 'true',
      stdout: query.get('stdout') === 'true',
      stderr: query.get('stderr') === 'true',
    }
    const webSocket = await this.streams.upgrade(request, socket, head)
    const program = argv[0] ?? ''
    if (kind === 'exec' && !kubelet.hasProgram(pod, container, program)) {
      const status = failure(
        'Internal error occurred: error executing command in container: failed to exec in container: OCI runtime exec failed: ' +
          `exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH`,
      )
      webSocket.send(Buffer.of(1))
      webSocket.send(Buffer.concat([Buffer.of(3), Buffer.from(JSON.stringify(status))]))
      webSocket.close(1000)
      return
    }
    const inTerminal = kind === 'exec' && query.get('tty') === 'true'
    const process = inTerminal ? running.execInTerminal(argv) : kind === 'exec' ? running.exec(argv) : running.stdio
    this.streams.serve(webSocket, process, about, asked)
  }

  /** Writes a kubeconfig for the users; the first one's context is the current one. Its path. */
  kubeconfig(users: readonly string[] = ['admin'], file = join(this.folder, `kubeconfig-${users.join('-')}`)): string {
    // Names of its own: where files are merged, the first that names a cluster or user wins, and a person may have a "test" too.
    const here = `local-${this.api.port}`
    const userOf = (name: string) => `${name}@${here}`
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const entries = users.map((name) => {
      const user = this.#users.find((one) => one.name === name)
      if (!user) throw new Error(`the test cluster has no user ${name}`)
      if (user.token !== undefined) return { name: userOf(name), user: { token: user.token } }
      const own = this.#authority.client(name, user.groups)
      const data = { 'client-certificate-data': base64(own.certificate), 'client-key-data': base64(own.key) }
      return { name: userOf(name), user: data }
    })
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': users[0],
      clusters: [
        {
          name: here,
          cluster: { server: this.api.url, 'certificate-authority-data': base64(this.#authority.certificate) },
        },
      ],
      users: entries,
      contexts: users.map((name) => ({ name, context: { cluster: here, user: userOf(name), namespace: 'default' } })),
    }
    writeFileSync(file, JSON.stringify(config, undefined, 1), { mode: 0o600 })
    return file
  }

  get certificateAuthority(): string {
    return this.#authority.certificate
  }

  #broken(error: unknown): void {
    if (!this.#closed) process.stderr.write(`test cluster: ${error instanceof Error ? error.message : String(error)}\n`)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const kubelet of this.#kubelets.values()) kubelet.close()
    this.streams.close()
    this.api.kill()
    await this.#fabric?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
