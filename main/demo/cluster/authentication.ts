import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { authorize, type ClusterUser, type Identity } from './authorization.ts'
import { ApiFailure } from './failure.ts'
import type { ObjectStore } from './object-store.ts'
import { boundRules } from './role-bindings.ts'

interface Known {
  readonly users: readonly ClusterUser[]
  readonly store: ObjectStore
}

/** Who asks, by token or client certificate, and whom they impersonate; throws what the API server answers to others. */
export function identify(request: IncomingMessage, { users, store }: Known): Identity {
  const user = authenticate(request, users)
  if (!user) throw new ApiFailure(401, 'Unauthorized', 'Unauthorized')
  const identity = withAuthenticated(user)
  const as = request.headers['impersonate-user']
  if (typeof as !== 'string') return identity
  authorize(identity, { verb: 'impersonate', resource: 'users', name: as })
  const header = request.headers['impersonate-group'] ?? []
  const groups = Array.isArray(header) ? header : header.split(', ')
  for (const group of groups) authorize(identity, { verb: 'impersonate', resource: 'groups', name: group })
  const other = users.find(({ name }) => name === as)
  return withAuthenticated({ name: as, groups, rules: other?.rules ?? boundRules(store, as) })
}

function authenticate(request: IncomingMessage, users: readonly ClusterUser[]): ClusterUser | undefined {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return users.find(({ token }) => token === bearer)
  if (!isTls(request.socket) || !request.socket.authorized) return undefined
  const { CN, O } = request.socket.getPeerCertificate().subject
  const name = one(CN)
  const known = users.find((user) => user.name === name && user.token === undefined)
  return known ?? (name === undefined ? undefined : { name, groups: many(O), rules: [] })
}

function withAuthenticated({ name, groups = [], rules }: ClusterUser): Identity {
  return { name, groups: [...groups, 'system:authenticated'], rules }
}

const isTls = (socket: object): socket is TLSSocket => 'getPeerCertificate' in socket
const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)
const many = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat())
