// The kinds of objects that the test cluster knows, and the discovery documents that tell clients so.

export interface Kind {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly kind: string
  readonly namespaced: boolean
  readonly shortNames?: readonly string[]
  readonly subresources?: readonly string[]
  /** Posted to be answered, never stored. */
  readonly review?: boolean
}

export const KINDS: readonly Kind[] = [
  { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false, shortNames: ['ns'] },
  { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false, shortNames: ['no'] },
  {
    group: '',
    version: 'v1',
    resource: 'pods',
    kind: 'Pod',
    namespaced: true,
    shortNames: ['po'],
    subresources: ['attach', 'ephemeralcontainers', 'exec', 'log', 'portforward', 'status'],
  },
  { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true, shortNames: ['svc'] },
  { group: '', version: 'v1', resource: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'] },
  {
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    kind: 'Deployment',
    namespaced: true,
    shortNames: ['deploy'],
  },
  { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet', namespaced: true, shortNames: ['rs'] },
  {
    group: 'apps',
    version: 'v1',
    resource: 'statefulsets',
    kind: 'StatefulSet',
    namespaced: true,
    shortNames: ['sts'],
  },
  { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet', namespaced: true, shortNames: ['ds'] },
  { group: 'batch', version: 'v1', resource: 'jobs', kind: 'Job', namespaced: true },
  { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', kind: 'EndpointSlice', namespaced: true },
  { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', kind: 'Role', namespaced: true },
  {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    resource: 'rolebindings',
    kind: 'RoleBinding',
    namespaced: true,
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    review: true,
  },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    resource: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    namespaced: false,
    review: true,
  },
]

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

const groups = () => [...new Set(KINDS.map(({ group }) => group))].filter((group) => group !== '')

export function apiVersions() {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
}

export function apiGroupList() {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(apiGroup) }
}

export function apiGroup(name: string) {
  const version = { groupVersion: `${name}/v1`, version: 'v1' }
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions: [version], preferredVersion: version }
}

export function apiResourceList(group: string) {
  const kinds = KINDS.filter((kind) => kind.group === group)
  if (kinds.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? 'v1' : `${group}/v1`,
    resources: kinds.flatMap((kind) => [
      {
        name: kind.resource,
        singularName: kind.kind.toLowerCase(),
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: kind.review ? ['create'] : VERBS,
        ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
      },
      ...(kind.subresources ?? []).map((subresource) => ({
        name: `${kind.resource}/${subresource}`,
        singularName: '',
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: ['exec', 'attach', 'portforward'].includes(subresource) ? ['create', 'get'] : ['get', 'patch', 'update'],
      })),
    ]),
  }
}

/** What a request is about, from its path. */
export interface Target {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

export function targetOf(path: string): Target | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
  const core = parts[0] === 'api' && parts[1] === 'v1'
  if (!core && !(parts[0] === 'apis' && parts[2] === 'v1')) return undefined
  const group = core ? '' : (parts[1] ?? '')
  let rest = parts.slice(core ? 2 : 3)
  let namespace = ''
  // /namespaces/N is a namespace itself; /namespaces/N/pods is about what is in it.
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1] ?? ''
    rest = rest.slice(2)
  }
  const kind = KINDS.find((one) => one.group === group && one.resource === rest[0])
  if (!kind) return undefined
  return { kind, namespace, name: rest[1] ?? '', subresource: rest[2] ?? '' }
}
