import type { Container, EphemeralContainer, Namespace, Pod } from '../../kubernetes/objects.ts'
import { forbidden, invalid } from './failure.ts'
import type { PodSecurityLevel } from './pod-security.ts'
import { podSecurityViolation } from './pod-security.ts'

const ENFORCE = 'pod-security.kubernetes.io/enforce'

/** Throws when the namespace's Pod Security level does not allow the pod. */
export function admit(namespace: Namespace, pod: Pod): void {
  const label = namespace.metadata.labels?.[ENFORCE]
  const level: PodSecurityLevel = label === 'baseline' || label === 'restricted' ? label : 'privileged'
  const violation = podSecurityViolation(level, pod.spec)
  if (violation) throw forbidden('pods', pod.metadata.name, violation)
}

const POD_DEFAULTS: object = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  enableServiceLinks: true,
  serviceAccountName: 'default',
  schedulerName: 'default-scheduler',
  securityContext: {},
}
const CONTAINER_DEFAULTS: object = {
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}

/** What the API server fills in: a pod that is read has these fields, whoever made it. */
export function withDefaults(pod: Pod): Pod {
  const filled = <C extends Container>(container: C): C => ({
    ...CONTAINER_DEFAULTS,
    imagePullPolicy: /:(?!latest$)[^/]+$/.test(container.image) ? 'IfNotPresent' : 'Always',
    ...container,
  })
  const { containers, initContainers, ephemeralContainers, ...spec } = pod.spec
  return {
    ...pod,
    spec: {
      ...POD_DEFAULTS,
      ...spec,
      containers: containers.map(filled),
      ...(initContainers ? { initContainers: initContainers.map(filled) } : {}),
      ...(ephemeralContainers ? { ephemeralContainers: ephemeralContainers.map(filled) } : {}),
    },
  }
}

/** RFC 1123 subdomain, as Kubernetes has it. */
const SUBDOMAIN = /^(?!.{254})[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Throws what is wrong with it. */
export function validateNewPod(pod: Pod): void {
  const { name } = pod.metadata
  if (!SUBDOMAIN.test(name)) {
    const wanted = 'a lowercase RFC 1123 subdomain: lower case alphanumeric characters, "-" or ".", 253 at most'
    throw invalid('Pod', name, `metadata.name: Invalid value: ${JSON.stringify(name)}: ${wanted}`)
  }
  if (pod.spec.containers.length === 0) throw invalid('Pod', pod.metadata.name, 'spec.containers: Required value')
  if (pod.spec.ephemeralContainers?.length) {
    throw invalid('Pod', pod.metadata.name, 'spec.ephemeralContainers: Forbidden: cannot be set on create')
  }
}

/**
 * The pod with its ephemeral containers patched strategically: merged by name, new ones in front. What is there can neither be changed
 * nor removed.
 */
export function patchEphemeral(pod: Pod, patch: readonly EphemeralContainer[]): Pod {
  const existing = pod.spec.ephemeralContainers ?? []
  for (const [index, one] of patch.entries()) {
    const path = `spec.ephemeralContainers[${index}]`
    if (!one.name) throw invalid('Pod', pod.metadata.name, `${path}.name: Required value`)
    const before = existing.find(({ name }) => name === one.name)
    if (before && JSON.stringify(before) !== JSON.stringify({ ...before, ...one })) {
      const message = `spec.ephemeralContainers: Forbidden: existing ephemeral containers "${one.name}" may not be changed`
      throw invalid('Pod', pod.metadata.name, message)
    }
    for (const field of ['resources', 'ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']) {
      if (!isEmpty(Object.entries(one).find(([key]) => key === field)?.[1])) {
        throw invalid('Pod', pod.metadata.name, `${path}.${field}: Forbidden: cannot be set for an Ephemeral Container`)
      }
    }
    const taken = pod.spec.containers.some(({ name }) => name === one.name)
    if (taken) throw invalid('Pod', pod.metadata.name, `${path}.name: Duplicate value: "${one.name}"`)
    const target = one.targetContainerName
    if (target && !pod.spec.containers.some(({ name }) => name === target)) {
      throw invalid('Pod', pod.metadata.name, `${path}.targetContainerName: Not found: "${target}"`)
    }
  }
  const added = patch.filter((one) => !existing.some(({ name }) => name === one.name))
  return { ...pod, spec: { ...pod.spec, ephemeralContainers: [...added, ...existing] } }
}

/** As patchEphemeral, for a client that sends the whole pod: what it leaves out it tries to remove. */
export function replaceEphemeral(pod: Pod, wanted: readonly EphemeralContainer[]): Pod {
  const missing = (pod.spec.ephemeralContainers ?? []).find(({ name }) => !wanted.some((one) => one.name === name))
  if (missing) {
    const message = `spec.ephemeralContainers: Forbidden: existing ephemeral containers "${missing.name}" may not be removed`
    throw invalid('Pod', pod.metadata.name, message)
  }
  return patchEphemeral(pod, wanted)
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

/** `a=b,c!=d,e,e in (x,y)`: the selectors clients send. */
export function labelsMatch(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector
    .split(/,(?![^(]*\))/)
    .filter(Boolean)
    .every((term) => {
      const set = /^\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(term)
      if (set) {
        const [, key = '', operator, values = ''] = set
        const found = values.split(',').some((value) => value.trim() === labels[key])
        return operator === 'in' ? found : !found
      }
      const [, key = '', operator = '', value = ''] = /^\s*([^=!]+?)\s*(==|=|!=)?\s*([^=]*?)\s*$/.exec(term) ?? []
      if (operator === '') return key in labels
      return operator === '!=' ? labels[key] !== value : labels[key] === value
    })
}
