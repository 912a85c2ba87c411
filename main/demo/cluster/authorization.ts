import type { ResourceAttributes } from '../../kubernetes/objects.ts'
import { ApiFailure } from './failure.ts'

// Who may do what: users with RBAC rules, and the words in which the API server refuses.

export interface Rule {
  /** Absent: in every namespace and at the cluster scope (a ClusterRole with a ClusterRoleBinding). */
  readonly namespaces?: readonly string[]
  readonly groups?: readonly string[]
  /** pods, pods/exec; * is everything. */
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly names?: readonly string[]
}

export interface ClusterUser {
  readonly name: string
  readonly groups?: readonly string[]
  /** Bearer token; users without one come with a client certificate. */
  readonly token?: string
  readonly rules: readonly Rule[]
}

export interface Identity {
  readonly name: string
  readonly groups: readonly string[]
  readonly rules: readonly Rule[]
}

/** Everything, as cluster-admin. */
export const EVERYTHING: readonly Rule[] = [{ groups: ['*'], resources: ['*'], verbs: ['*'] }]

export function allows(identity: Identity, asked: ResourceAttributes): boolean {
  if (identity.groups.includes('system:masters')) return true
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource
  // Every authenticated user may ask about itself (system:basic-user).
  if (resource === 'selfsubjectaccessreviews' || resource === 'selfsubjectreviews') return true
  return identity.rules.some(
    (rule) =>
      (rule.namespaces === undefined || rule.namespaces.includes(asked.namespace ?? '')) &&
      includes(rule.groups ?? [''], asked.group ?? '') &&
      includes(rule.resources, resource) &&
      includes(rule.verbs, asked.verb) &&
      (rule.names === undefined || rule.names.includes(asked.name ?? '')),
  )
}

const includes = (list: readonly string[], value: string) => list.includes('*') || list.includes(value)

/** Throws the 403 of the API server when it isn't allowed. */
export function authorize(identity: Identity, asked: ResourceAttributes): void {
  if (allows(identity, asked)) return
  throw refusal(identity, asked)
}

export function refusal(identity: Identity, asked: ResourceAttributes): ApiFailure {
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource
  const what = asked.name ? `${asked.resource} "${asked.name}"` : asked.resource
  const where = asked.namespace ? `in the namespace "${asked.namespace}"` : 'at the cluster scope'
  const message =
    `${what} is forbidden: User "${identity.name}" cannot ${asked.verb} resource "${resource}" ` +
    `in API group "${asked.group ?? ''}" ${where}`
  return new ApiFailure(403, 'Forbidden', message, {
    ...(asked.name ? { name: asked.name } : {}),
    kind: asked.resource,
  })
}
