import { randomBytes } from 'node:crypto'
import type {
  Container,
  ContainerState,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  PodStatus,
  SecurityContext,
} from '../../kubernetes/objects.ts'
import { expand } from './expansion.ts'
import { ApiFailure } from './failure.ts'
import type { Image } from './images.ts'
import { IMAGES } from './images.ts'
import type { Kind } from './kinds.ts'
import { KINDS } from './kinds.ts'
import type { Machine, RunningContainer, Sandbox } from './running.ts'
import { privilegesOf } from './running.ts'
import type { ObjectStore } from './object-store.ts'

const DEFAULT_TEMPORARY_BYTES = 1 << 30

interface LocalPod {
  readonly uid: string
  readonly sandbox: Sandbox
  readonly containers: Map<string, RunningContainer>
  readonly states: Map<string, ContainerStatus>
  deadline?: NodeJS.Timeout
  phase: string
  reason?: string
}

/** Runs the pods of one node: makes their containers, and writes what became of them into their status. */
export class Kubelet {
  readonly machine: Machine
  readonly #store: ObjectStore
  readonly #images: Readonly<Record<string, Image>>
  readonly #pods = new Map<string, LocalPod>()
  readonly #kind = podKind()
  /** Whether an ephemeral container can have the processes of its target; some runtimes can't, and say nothing. */
  canTargetProcesses = true
  #closed = false

  constructor(machine: Machine, store: ObjectStore, images: Readonly<Record<string, Image>> = IMAGES) {
    this.machine = machine
    this.#store = store
    this.#images = images
  }

  /** The container, to exec into; refuses as the kubelet does. */
  container(pod: Pod, name: string): RunningContainer {
    const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])]
    if (!all.some((one) => one.name === name)) {
      throw new ApiFailure(400, 'BadRequest', `container ${name} is not valid for pod ${pod.metadata.name}`)
    }
    const running = this.#pods.get(keyOf(pod))?.containers.get(name)
    if (!running?.running) {
      throw new ApiFailure(500, 'InternalError', `unable to upgrade connection: container not found ("${name}")`)
    }
    return running
  }

  sandbox(pod: Pod): Sandbox | undefined {
    return this.#pods.get(keyOf(pod))?.sandbox
  }

  /** Whether the image has the program: a distroless one has none of ours. */
  hasProgram(pod: Pod, container: string, program: string): boolean {
    const spec = [...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])].find((one) => one.name === container)
    const image = spec ? this.#images[spec.image] : undefined
    if (!image) return false
    return image.shell && (program !== 'tcpdump' || image.tcpdump) && this.machine.has(program, image.busybox)
  }

  /** Starts a pod that was given to this node. */
  async start(pod: Pod): Promise<void> {
    const sandbox = await this.machine.pod(pod.metadata.name, pod.spec.hostNetwork === true)
    const uid = pod.metadata.uid ?? ''
    const local: LocalPod = { uid, sandbox, containers: new Map(), states: new Map(), phase: 'Pending' }
    if (this.#closed || this.#pods.has(keyOf(pod))) return sandbox.close()
    this.#pods.set(keyOf(pod), local)
    for (const container of pod.spec.containers) waiting(local, container, 'ContainerCreating')
    this.#report(pod, local)
    const seconds = pod.spec.activeDeadlineSeconds
    if (seconds !== undefined) local.deadline = setTimeout(() => void this.#deadline(pod, local), seconds * 1000)
    await Promise.all(pod.spec.containers.map((container) => this.#run(pod, local, container, false)))
  }

  /** Starts an ephemeral container that was added to a running pod. */
  async startEphemeral(pod: Pod, container: EphemeralContainer): Promise<void> {
    const local = this.#pods.get(keyOf(pod))
    if (!local) return
    waiting(local, container, 'ContainerCreating')
    this.#report(pod, local)
    await this.#run(pod, local, container, true)
  }

  async stop(pod: Pod, graceMs: number): Promise<void> {
    const local = this.#pods.get(keyOf(pod))
    if (!local) return
    this.#pods.delete(keyOf(pod))
    clearTimeout(local.deadline)
    await Promise.all([...local.containers.values()].map((container) => container.stop(graceMs)))
    await local.sandbox.close()
  }

  close(): void {
    this.#closed = true
    for (const local of this.#pods.values()) clearTimeout(local.deadline)
  }

  async #run(pod: Pod, local: LocalPod, container: EphemeralContainer, ephemeral: boolean): Promise<void> {
    const image = this.#images[container.image]
    if (!image) {
      await delay(20)
      const why = `failed to pull and unpack image "${container.image}": failed to resolve reference "${container.image}": not found`
      waiting(local, container, 'ErrImagePull', `rpc error: code = NotFound desc = ${why}`)
      this.#report(pod, local)
      await delay(60)
      const message = `Back-off pulling image "${container.image}": ErrImagePull: rpc error: code = NotFound desc = ${why}`
      waiting(local, container, 'ImagePullBackOff', message)
      this.#report(pod, local)
      return
    }
    await delay(image.pullMs)
    const context: SecurityContext = { ...pod.spec.securityContext, ...container.securityContext }
    const user = context.runAsUser ?? image.user
    if (context.runAsNonRoot && user === 0) {
      const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${local.uid})", container: ${container.name})`
      const message =
        context.runAsUser === 0
          ? `container's runAsUser breaks non-root policy ${where}`
          : `container has runAsNonRoot and image will run as root ${where}`
      waiting(local, container, 'CreateContainerConfigError', message)
      this.#report(pod, local)
      return
    }
    if (this.#closed || this.#pods.get(keyOf(pod)) !== local) return
    const id = randomBytes(32).toString('hex')
    const variables = new Map<string, string>()
    for (const { name, value = '' } of container.env ?? []) variables.set(name, expand(value, variables))
    const words = [...(container.command ?? []), ...(container.args ?? [])].map((word) => expand(word, variables))
    const running = await local.sandbox.container({
      id,
      podUid: local.uid,
      argv: [...(container.command ? [] : image.command), ...words],
      environment: Object.fromEntries(variables),
      busybox: image.busybox,
      privileges: privilegesOf(context, user, true),
      hostPid: pod.spec.hostPID === true,
      processesOf: this.canTargetProcesses ? local.containers.get(container.targetContainerName ?? '') : undefined,
      temporaryBytes: temporaryBytes(pod, container, context),
    })
    const startedAt = new Date().toISOString()
    local.containers.set(container.name, running)
    setState(local, container, { running: { startedAt } }, `containerd://${id}`)
    if (!ephemeral) local.phase = 'Running'
    this.#report(pod, local)
    void running.exited.then(({ code }) => {
      const terminated = {
        exitCode: code,
        reason: code === 0 ? 'Completed' : 'Error',
        finishedAt: new Date().toISOString(),
      }
      setState(local, container, { terminated }, `containerd://${id}`)
      if (!ephemeral && pod.spec.restartPolicy === 'Never') {
        const ended = pod.spec.containers.every((one) => local.states.get(one.name)?.state?.terminated)
        if (ended && local.phase !== 'Failed') local.phase = code === 0 ? 'Succeeded' : 'Failed'
      }
      this.#report(pod, local)
    })
  }

  async #deadline(pod: Pod, local: LocalPod): Promise<void> {
    local.phase = 'Failed'
    local.reason = 'DeadlineExceeded'
    await Promise.all([...local.containers.values()].map((container) => container.stop(0)))
    this.#report(pod, local)
  }

  #report(pod: Pod, local: LocalPod): void {
    if (this.#closed || this.#pods.get(keyOf(pod)) !== local) return
    const { namespace = '', name } = pod.metadata
    const current: Pod | undefined = asPod(this.#store.find(this.#kind, namespace, name))
    if (!current || current.metadata.uid !== local.uid) return
    const statuses = (containers: readonly Container[]) =>
      containers.flatMap((one) => {
        const status = local.states.get(one.name)
        return status ? [status] : []
      })
    const containerStatuses = statuses(current.spec.containers)
    const ready = containerStatuses.length > 0 && containerStatuses.every((status) => status.state?.running)
    const { resourceVersion: _old, ...metadata } = current.metadata
    const address = local.sandbox.address
    const status: PodStatus = {
      ...current.status,
      phase: local.phase,
      ...(local.reason ? { reason: local.reason } : {}),
      hostIP: this.machine.address,
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: ready ? 'True' : 'False' },
      ],
      containerStatuses,
      ephemeralContainerStatuses: statuses(current.spec.ephemeralContainers ?? []),
    }
    this.#store.replace(this.#kind, { ...current, metadata, status })
  }
}

export function podKind(): Kind {
  const found = KINDS.find(({ resource }) => resource === 'pods')
  if (!found) throw new Error('the table of kinds has no pods')
  return found
}

/** The store keeps every kind as it came; what lies under `pods` was validated as a pod when it was created. */
export function asPod(object: object | undefined): Pod | undefined {
  return object !== undefined && isPod(object) ? object : undefined
}

const isPod = (object: object): object is Pod => 'spec' in object

const keyOf = (pod: Pod) => `${pod.metadata.namespace}/${pod.metadata.name}/${pod.metadata.uid}`
const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function setState(local: LocalPod, container: Container, state: ContainerState, containerID?: string): void {
  const status: ContainerStatus = {
    name: container.name,
    image: container.image,
    restartCount: 0,
    ready: state.running !== undefined,
    state,
    ...(containerID ? { containerID } : {}),
  }
  local.states.set(container.name, status)
}

function waiting(local: LocalPod, container: Container, reason: string, message?: string): void {
  setState(local, container, { waiting: { reason, ...(message ? { message } : {}) } })
}

/** How much fits into /tmp: nothing on a read-only root without a volume there, else the volume's limit. */
function temporaryBytes(pod: Pod, container: Container, context: SecurityContext): number {
  const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === '/tmp')
  const volume = pod.spec.volumes?.find(({ name }) => name === mount?.name)
  if (volume?.emptyDir?.sizeLimit) return quantity(volume.emptyDir.sizeLimit)
  if (volume) return DEFAULT_TEMPORARY_BYTES
  return context.readOnlyRootFilesystem ? 0 : DEFAULT_TEMPORARY_BYTES
}

function quantity(text: string): number {
  const [, number = '0', unit = ''] = /^(\d+)(\w*)$/.exec(text) ?? []
  const units: Readonly<Record<string, number>> = {
    '': 1,
    Ki: 1 << 10,
    Mi: 1 << 20,
    Gi: 1 << 30,
    k: 1e3,
    M: 1e6,
    G: 1e9,
  }
  return Number(number) * (units[unit] ?? 1)
}
