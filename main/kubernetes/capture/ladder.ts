import type { Permission, Preflight, Rung, RungVerdict } from '../../../common/model/preflight.ts'
import { saidOnce } from './said-once.ts'

// The ladder: from what was asked of the cluster to the least privileged way in. Nothing here makes a request.

export interface LadderFacts {
  readonly user: string
  readonly namespace: string
  readonly pod?: string
  readonly node: string
  /** Where pods on the node would be created. */
  readonly debugNamespace: string
  /** "containerd://2.1.9"; absent when the node may not be read. */
  readonly runtime?: string
  /** Level that the namespace enforces; absent when the namespace may not be read. */
  readonly podSecurity?: string
  /** Answers of the access reviews, by permissionKey. */
  readonly allowed: ReadonlyMap<string, boolean>
  /** What a server-side dry run said; absent where it was not made for lack of a permission. */
  readonly dryRuns: ReadonlyMap<Rung, DryRun>
  readonly reusable?: Reusable
  /** See Preflight. */
  readonly circumstances: readonly string[]
  /** Why nothing can be captured in this pod at all: it does not run, it is a mirror pod. */
  readonly obstacle?: string
  /** Why nothing of ours can run on the node at all: it is no Linux machine. */
  readonly noMachine?: string
}

/** A capture container of ours that runs in the pod, and the rung that it was made for. */
export interface Reusable {
  readonly container: string
  readonly rung: Rung
}

/** `message`: a sentence. */
export type DryRun = { readonly ok: true } | { readonly ok: false; readonly message: string }

const ORDER: readonly Rung[] = ['ephemeral-container', 'ephemeral-container-net-raw', 'node-pod', 'node-network']

/** What a rung needs, in the order in which it is needed. */
export function permissionsOf(rung: Rung, namespace: string, debugNamespace: string): readonly Permission[] {
  const inPod = rung === 'ephemeral-container' || rung === 'ephemeral-container-net-raw'
  const where = inPod ? namespace : debugNamespace
  const pods = (verb: string, subresource?: string): Permission => ({
    verb,
    group: '',
    resource: 'pods',
    namespace: where,
    ...(subresource ? { subresource } : {}),
  })
  // exec over WebSocket is a GET, and since Kubernetes 1.35 needs create as well.
  const exec = [pods('get', 'exec'), pods('create', 'exec')]
  if (inPod) return [pods('get'), pods('patch', 'ephemeralcontainers'), ...exec]
  return [pods('create'), pods('get'), pods('delete'), ...exec]
}

/** Of use, but not needed: who may not is not told what the cluster does to the pod and its node meanwhile. */
export function watchPermissions(namespace: string, pod: string | undefined): readonly Permission[] {
  const nodes = { verb: 'watch', group: '', resource: 'nodes' }
  return pod === undefined ? [nodes] : [{ verb: 'watch', group: '', resource: 'pods', namespace }, nodes]
}

export const permissionKey = ({ verb, group, resource, subresource = '', namespace = '' }: Permission) =>
  [verb, group, resource, subresource, namespace].join(' ')

/** A pod's ways are the pod's own first; a node has only its network. */
export function rungsFor(pod: string | undefined): readonly Rung[] {
  return pod === undefined ? ['node-network'] : ORDER.filter((rung) => rung !== 'node-network')
}

export function decideLadder(facts: LadderFacts): Preflight {
  const judged = rungsFor(facts.pod).map((rung) => judge(rung, facts))
  const sentences = saidOnce(judged.map(({ sentence }) => sentence))
  const rungs = judged.map((verdict, i) => ({ ...verdict, sentence: sentences[i] ?? verdict.sentence }))
  const open = rungs.filter(({ passes }) => passes)
  const reused = open.find(({ rung }) => rung === facts.reusable?.rung)
  // What is there already asks for nothing more, and adds no further entry to the pod's list.
  const chosen = (reused ?? open[0])?.rung
  const notes = [
    ...(facts.obstacle ? [facts.obstacle] : []),
    ...(facts.podSecurity && facts.podSecurity !== 'privileged'
      ? [`Namespace ${facts.namespace} enforces the Pod Security level "${facts.podSecurity}".`]
      : []),
    ...(chosen?.startsWith('ephemeral')
      ? [
          reused
            ? `The capture container ${facts.reusable?.container} of an earlier capture runs in the pod and is used again.`
            : 'An ephemeral container stays listed in the pod until the pod is deleted; it ends by itself after the capture.',
        ]
      : []),
  ]
  const { user, namespace, pod, node, circumstances } = facts
  if (facts.allowed.size === 0) notes.push(`The cluster does not say what ${user} may do: only trying tells.`)
  const unseen = watchPermissions(namespace, pod).filter((one) => facts.allowed.get(permissionKey(one)) === false)
  if (unseen.length > 0) {
    const may = listText(unseen.map(permissionText))
    notes.push(`${user} may not ${may}: the capture will not tell when they are deleted, restarted or not ready.`)
  }
  return {
    user,
    namespace,
    node,
    rungs,
    circumstances,
    notes,
    ...(pod === undefined ? {} : { pod }),
    ...(chosen ? { chosen } : {}),
  }
}

function judge(rung: Rung, facts: LadderFacts): RungVerdict {
  const inPod = rung.startsWith('ephemeral')
  const reused = facts.reusable?.rung === rung
  const needed = permissionsOf(rung, facts.namespace, facts.debugNamespace).filter(
    // A container that is there needs no patch.
    (permission) => !(reused && permission.subresource === 'ephemeralcontainers'),
  )
  const missing = needed.filter((permission) => facts.allowed.get(permissionKey(permission)) === false)
  const closed = (sentence: string): RungVerdict => ({
    rung,
    passes: false,
    sentence,
    missing,
    ...(missing.length > 0 ? { rbacRule: rbacRule(missing) } : {}),
  })
  if (facts.noMachine) return closed(facts.noMachine)
  if (facts.obstacle && inPod) return closed(facts.obstacle)
  if (missing.length > 0) return closed(`${facts.user} may not ${listText(missing.map(permissionText))}.`)
  if (rung === 'ephemeral-container' && facts.runtime?.startsWith('cri-o')) {
    return closed(
      `The node's runtime is CRI-O, which does not give containers NET_RAW by default: root alone can't capture there.`,
    )
  }
  const dryRun = facts.dryRuns.get(rung)
  if (dryRun && !dryRun.ok) {
    return closed(dryRun.message)
  }
  return { rung, passes: true, sentence: willDo(rung, facts), missing: [] }
}

function willDo(rung: Rung, facts: LadderFacts): string {
  switch (rung) {
    case 'ephemeral-container':
      return `An ephemeral container in ${facts.pod} as root, with no capability added.`
    case 'ephemeral-container-net-raw':
      return `An ephemeral container in ${facts.pod} with no capability but NET_RAW, SETGID and SETUID.`
    case 'node-pod':
      return `A privileged pod in ${facts.debugNamespace} on node ${facts.node} that enters the network of ${facts.pod}.`
    case 'node-network':
      return `A pod in ${facts.debugNamespace} on the network of node ${facts.node}, with no capability but NET_RAW, SETGID and SETUID.`
  }
}

export function permissionText({ verb, resource, subresource, namespace, group }: Permission): string {
  const what = `${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`
  return `${verb} ${what}${namespace ? ` in namespace ${namespace}` : ''}`
}

/** The rules of a Role that would give these; permissions of one resource in one rule. */
export function rbacRule(permissions: readonly Permission[]): string {
  const rules = new Map<string, { group: string; what: string; verbs: string[] }>()
  for (const { group, resource, subresource, verb } of permissions) {
    const what = subresource ? `${resource}/${subresource}` : resource
    const rule = rules.get(`${group} ${what}`) ?? { group, what, verbs: [] }
    rule.verbs.push(verb)
    rules.set(`${group} ${what}`, rule)
  }
  return [...rules.values()]
    .map(({ group, what, verbs }) => {
      const quoted = verbs.map((verb) => `"${verb}"`).join(', ')
      return `- apiGroups: ["${group}"]\n  resources: ["${what}"]\n  verbs: [${quoted}]\n`
    })
    .join('')
}

function listText(words: readonly string[]): string {
  if (words.length <= 1) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
