// The parts of Kubernetes' objects that Hopscope reads or writes, as they are on the wire (times are RFC 3339 text).
// Not @kubernetes/client-node's classes: those turn every list into new objects, which 5,000 pods would pay for.

export interface ObjectMeta {
  readonly name: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

export interface KubernetesObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export interface KubernetesList<T> {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly T[]
}

export interface Namespace extends KubernetesObject {
  readonly status?: { readonly phase?: string }
}

export interface SecurityContext {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type: string }
}

export interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly imagePullPolicy?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly EnvironmentVariable[]
  readonly stdin?: boolean
  readonly tty?: boolean
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>
    readonly requests?: Readonly<Record<string, string>>
  }
  readonly securityContext?: SecurityContext
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
}

export interface EphemeralContainer extends Container {
  readonly targetContainerName?: string
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly signal?: number
    readonly reason?: string
    readonly message?: string
    readonly finishedAt?: string
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly containerID?: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: { readonly sizeLimit?: string; readonly medium?: string }
  readonly hostPath?: { readonly path: string; readonly type?: string }
}

export interface PodSpec {
  readonly nodeName?: string
  readonly os?: { readonly name: string }
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly restartPolicy?: string
  readonly activeDeadlineSeconds?: number
  readonly terminationGracePeriodSeconds?: number
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  readonly serviceAccountName?: string
  readonly imagePullSecrets?: readonly { readonly name: string }[]
  readonly tolerations?: readonly { readonly key?: string; readonly operator?: string; readonly effect?: string }[]
  readonly securityContext?: SecurityContext
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly EphemeralContainer[]
  readonly volumes?: readonly Volume[]
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export interface PodStatus {
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly hostIP?: string
  readonly startTime?: string
  readonly qosClass?: string
  readonly conditions?: readonly Condition[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
}

export interface Pod extends KubernetesObject {
  readonly spec: PodSpec
  readonly status?: PodStatus
}

export interface Node extends KubernetesObject {
  readonly spec?: {
    readonly podCIDR?: string
    readonly unschedulable?: boolean
    readonly taints?: readonly { readonly key: string; readonly effect: string }[]
  }
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly conditions?: readonly Condition[]
    readonly nodeInfo?: {
      readonly kubeletVersion?: string
      readonly kernelVersion?: string
      readonly osImage?: string
      readonly architecture?: string
      readonly containerRuntimeVersion?: string
    }
  }
}

export interface Service extends KubernetesObject {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly {
      readonly name?: string
      readonly port: number
      readonly protocol?: string
      readonly targetPort?: number | string
    }[]
  }
}

export interface EndpointSlice extends KubernetesObject {
  readonly addressType?: string
  readonly endpoints?: readonly {
    readonly addresses: readonly string[]
    readonly conditions?: { readonly ready?: boolean }
    readonly nodeName?: string
    readonly targetRef?: {
      readonly kind?: string
      readonly name?: string
      readonly namespace?: string
      readonly uid?: string
    }
  }[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
}

/** Deployments, stateful sets, daemon sets, replica sets, jobs: what they have in common. */
export interface Workload extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  }
  readonly status?: { readonly replicas?: number; readonly readyReplicas?: number }
}

export interface KubernetesEvent extends KubernetesObject {
  readonly involvedObject: {
    readonly kind?: string
    readonly name?: string
    readonly namespace?: string
    readonly uid?: string
    /** "spec.containers{app}" */
    readonly fieldPath?: string
  }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  /** null in events of the newer API, which have eventTime. */
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
}

/** What the API server answers when it refuses, and what exec sends on channel 3. */
export interface Status {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: object
  readonly status?: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: {
    readonly name?: string
    readonly kind?: string
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
  }
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

export interface ResourceAttributes {
  readonly namespace?: string
  readonly verb: string
  readonly group?: string
  readonly resource: string
  readonly subresource?: string
  readonly name?: string
}

export interface SelfSubjectAccessReview {
  readonly spec: { readonly resourceAttributes: ResourceAttributes }
  readonly status?: { readonly allowed: boolean; readonly reason?: string }
}

export interface SelfSubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] } }
}

export interface ServerVersion {
  readonly major?: string
  readonly minor?: string
  readonly gitVersion?: string
}
