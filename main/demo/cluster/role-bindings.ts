import * as z from 'zod/mini'
import type { Rule } from './authorization.ts'
import { KINDS } from './kinds.ts'
import type { ObjectStore } from './object-store.ts'

const Binding = z.object({
  metadata: z.object({ namespace: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string() })),
  roleRef: z.object({ name: z.string() }),
})
const Role = z.object({
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
})

/** What the role bindings in the cluster give a user. */
export function boundRules(store: ObjectStore, user: string): Rule[] {
  const [roles, bindings] = ['Role', 'RoleBinding'].map((wanted) => KINDS.find(({ kind }) => kind === wanted))
  if (!roles || !bindings) return []
  return store.list(bindings, '').flatMap((binding) => {
    const { subjects, roleRef, metadata } = Binding.parse(binding)
    if (!subjects.some(({ kind, name }) => kind === 'User' && name === user)) return []
    const role = store.find(roles, metadata.namespace, roleRef.name)
    if (!role) return []
    const namespaces = [metadata.namespace]
    return Role.parse(role).rules.map(({ apiGroups, ...rule }) => ({ namespaces, groups: apiGroups, ...rule }))
  })
}
