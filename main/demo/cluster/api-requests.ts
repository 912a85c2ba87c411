import type { KubernetesObject, ResourceAttributes, SelfSubjectAccessReview } from '../../kubernetes/objects.ts'
import { labelsMatch } from './admission.ts'
import { allows, type Identity } from './authorization.ts'
import { ApiFailure } from './failure.ts'
import type { Kind, Target } from './kinds.ts'
import { asPod } from './kubelet.ts'

// What requests to an API server mean, whatever the cluster behind it.

/** The answer to a review of one's own rights. */
export function review(kind: Kind, identity: Identity, body: string): object {
  if (kind.kind === 'SelfSubjectReview') {
    const userInfo = { username: identity.name, groups: identity.groups }
    return { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {}, status: { userInfo } }
  }
  const { spec }: SelfSubjectAccessReview = JSON.parse(body)
  const allowed = allows(identity, spec.resourceAttributes)
  return { apiVersion: 'authorization.k8s.io/v1', kind: kind.kind, metadata: {}, spec, status: { allowed } }
}

/** Whether the query's selectors take the object. */
export function selected(object: KubernetesObject, query: URLSearchParams): boolean {
  const labels = query.get('labelSelector')
  if (labels && !labelsMatch(object.metadata.labels ?? {}, labels)) return false
  const fields = query.get('fieldSelector')
  if (!fields) return true
  const pod = asPod(object)
  const values: Record<string, string> = {
    'metadata.name': object.metadata.name,
    'metadata.namespace': object.metadata.namespace ?? '',
    'spec.nodeName': pod?.spec?.nodeName ?? '',
    'status.phase': pod?.status?.phase ?? '',
  }
  if ('involvedObject' in object && typeof object.involvedObject === 'object' && object.involvedObject !== null) {
    for (const [field, value] of Object.entries(object.involvedObject))
      values[`involvedObject.${field}`] = String(value)
  }
  return labelsMatch(values, fields)
}

/** RBAC's verb for the request; `name` is '' for a collection. */
export function verbOf(method: string, name: string, watching: boolean): string {
  if (method === 'GET') return watching ? 'watch' : name === '' ? 'list' : 'get'
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE' && name !== '') return 'delete'
  throw new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
}

/** What authorization asks about. */
export function attributes(target: Target, verb: string): ResourceAttributes {
  const { kind, namespace, name, subresource } = target
  return { verb, group: kind.group, resource: kind.resource, namespace, name, subresource }
}

/** RFC 7396. */
export function mergePatch<T extends object>(target: T, patch: object): T {
  const before = new Map<string, unknown>(Object.entries(target))
  const result = new Map(before)
  for (const [field, value] of Object.entries(patch)) {
    const old = before.get(field)
    if (value === null) result.delete(field)
    else result.set(field, isRecord(value) && isRecord(old) ? mergePatch(old, value) : value)
  }
  const merged: T = JSON.parse(JSON.stringify(Object.fromEntries(result)))
  return merged
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
