import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAllYaml } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECKS } from '../../common/model/check.ts'
import type { HostContract } from '../../common/contract.ts'
import type { ExplorerKind } from '../../common/model/explorer.ts'
import type { TerminalTarget } from '../../common/model/terminal.ts'
import { attributes, verbOf } from '../../main/demo/cluster/api-requests.ts'
import type { Rule } from '../../main/demo/cluster/authorization.ts'
import { targetOf } from '../../main/demo/cluster/kinds.ts'
import type { Host } from '../../main/host.ts'
import { Mailbox } from '../../main/streams.ts'
import { startHost } from '../support/host.ts'
import { TestCluster } from './cluster.ts'
import { until } from './contract-cluster.ts'
import { skipReason } from './start.ts'

// resources/roles.yaml is what people give each other: it is to be enough, and no more.

interface Role {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules: readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[]
}

/** One verb on one resource. */
interface Right {
  readonly namespace: string | undefined
  readonly group: string
  readonly resource: string
  readonly verb: string
}

const text = readFileSync(join(import.meta.dirname, '../../resources/roles.yaml'), 'utf8')
const NAMESPACES: Readonly<Record<string, string>> = { SHOP: 'shop', DEBUG: 'debug', default: 'default' }
const DOCUMENTS: readonly Role[] = loadAllYaml(text)
const RIGHTS: readonly Right[] = DOCUMENTS.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole').flatMap(
  ({ metadata, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => ({ namespace: NAMESPACES[metadata.namespace ?? ''], group, resource, verb })),
        ),
      ),
    ),
)
const ruleOf = ({ namespace, group, resource, verb }: Right): Rule => ({
  ...(namespace === undefined ? {} : { namespaces: [namespace] }),
  groups: [group],
  resources: [resource],
  verbs: [verb],
})
const nameOf = ({ namespace = '', group, resource, verb }: Right) =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === '' ? '' : ` in namespace ${namespace}`}`

const pod = { kind: 'pod', namespace: 'shop', pod: 'web-1' } as const
const node = { kind: 'node', node: 'node-a' } as const
const inPod = { context: 'sre', namespace: 'shop', pod: 'web-1', container: 'app' } as const
const onNode = { kind: 'node', context: 'sre', node: 'node-a' } as const
const title = `the roles that are proposed${skipReason ? ` (skipped: ${skipReason})` : ''}`

describe.skipIf(skipReason !== undefined)(title, { timeout: 120_000 }, () => {
  const rules: Rule[] = []
  let cluster: TestCluster
  let host: Host
  let folder: string
  let contract: HostContract

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hopscope-roles-'))
    cluster = await TestCluster.start({ users: [{ name: 'sre', token: 'sre-token', rules }] })
    cluster.namespace('shop', 'baseline')
    cluster.namespace('debug')
    await cluster.pod('shop', 'web-1', { nodeName: 'node-a' }, { app: 'web' })
    ;({ host } = await startHost(folder, cluster.kubeconfig(['sre'])))
    contract = host.contract({ door: 'pipe', commands: new Mailbox() })
    await contract.clusters.changeCaptureSettings('sre', { debugNamespace: 'debug' })
  })
  afterAll(async () => {
    await host?.close()
    await cluster?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const give = (rights: readonly Right[]) => rules.splice(0, rules.length, ...rights.map(ruleOf))
  const without = (...names: readonly string[]) => give(RIGHTS.filter((right) => !names.includes(nameOf(right))))

  async function anew(): Promise<void> {
    const old = cluster.findPod('shop', 'web-1')
    if (old) cluster.deletePod(old, 0)
    await expect.poll(() => cluster.findPod('shop', 'web-1')).toBeUndefined()
    await cluster.pod('shop', 'web-1', { nodeName: 'node-a' }, { app: 'web' })
  }

  /** How it ended: 'complete', or what is said. */
  async function capture(target: typeof pod | typeof node): Promise<string> {
    const order = { context: 'sre', title: 'x', targets: [target], filter: '', snapLength: 128 }
    const id = await contract.capturing.start(order)
    const live = (states: readonly string[]) =>
      until(contract.capturing.watchLive(), (all) => all.find((one) => one.id === id && states.includes(one.state)))
    const over = ['complete', 'incomplete', 'failed']
    const { state } = await live(['capturing', ...over])
    if (state === 'capturing') await contract.capturing.stop(id)
    const { state: end, message } = await live(over)
    return message ?? end
  }

  /** 'running', or why not. */
  async function shell(target: TerminalTarget): Promise<string> {
    const id = await contract.terminals.open(target, 80, 24)
    const isIt = (one: { readonly id: string; readonly state: string }) => one.id === id && one.state !== 'starting'
    const { state, end } = await until(contract.terminals.watch(), (all) => all.find(isIt))
    // Its watch has begun.
    if (state === 'running' && target.kind === 'node') await asked('watch pods in namespace debug')
    await contract.terminals.close(id)
    return end?.reason ?? state
  }

  /** Problems of a list that is looked at until it is live. */
  async function list(kind: ExplorerKind, namespace: string, resource: string): Promise<readonly string[]> {
    const reader = (await contract.explorer.watchRows('sre', kind, namespace)).getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return ['it ended']
        if (value.problems.length > 0) return value.problems.map(({ message }) => message)
        if (!value.synced) continue
        await asked(`watch ${resource}${namespace === '' ? '' : ` in namespace ${namespace}`}`)
        return []
      }
    } finally {
      await reader.cancel()
    }
  }

  const check = async (target: Parameters<HostContract['checks']['run']>[0]) => {
    const [result] = await contract.checks.run(target, [CHECKS[0]])
    return result?.problem ?? 'well'
  }

  function requests(): Set<string> {
    const all = new Set<string>()
    for (const { method, url } of cluster.api.seen) {
      const { pathname, searchParams } = new URL(url, 'http://cluster')
      const target = targetOf(pathname)
      if (!target || target.kind.review) continue
      const verbs =
        method === 'UPGRADE' ? ['get', 'create'] : [verbOf(method, target.name, searchParams.get('watch') === 'true')]
      for (const verb of verbs) {
        const { group = '', resource, subresource, namespace } = attributes(target, verb)
        const what = subresource ? `${resource}/${subresource}` : resource
        all.add(nameOf({ namespace: namespace || undefined, group, resource: what, verb }))
      }
    }
    return all
  }
  const asked = (name: string) => expect.poll(() => [...requests()], { timeout: 10_000 }).toContain(name)

  it('are enough for all there is, and each right is used', async () => {
    give(RIGHTS)
    expect(await list('namespaces', '', 'namespaces')).toEqual([])
    expect(await list('nodes', '', 'nodes')).toEqual([])
    expect(await list('pods', 'shop', 'pods')).toEqual([])
    expect(await list('workloads', 'shop', 'jobs.batch')).toEqual([])
    expect(await list('services', 'shop', 'endpointslices.discovery.k8s.io')).toEqual([])
    const details = await contract.explorer.watchPod('sre', 'shop', 'web-1')
    const reader = details.getReader()
    expect(await reader.read()).toMatchObject({ value: { problems: [] } })
    await asked('watch events in namespace shop')
    await reader.cancel()
    expect(await capture(pod)).toBe('complete')
    expect(await capture(node)).toBe('complete')
    expect(await shell({ kind: 'container', ...inPod })).toBe('running')
    expect(await shell({ kind: 'debug-container', ...inPod })).toBe('running')
    expect(await shell(onNode)).toBe('running')
    expect(await check({ kind: 'container', ...inPod })).toBe('well')
    expect(await check(onNode)).toBe('well')
    expect(await contract.clusters.removeLeftovers('sre')).toMatchObject({ state: 'done', notes: [], kept: [] })
    const used = requests()
    expect([...used].sort()).toEqual([...new Set(RIGHTS.map(nameOf))].sort())
  })

  const POD = 'namespace shop'
  const DEBUG = 'namespace debug'
  it.each([
    ['get', 'pods', POD, 'You may not get pods in namespace shop'],
    ['get', 'pods/exec', POD, 'sre may not get pods/exec in namespace shop'],
    ['create', 'pods/exec', POD, 'sre may not create pods/exec in namespace shop'],
  ])(
    'without %s %s in %s no pod is captured where no pod may be made on nodes, and that is said',
    async (verb, resource, where, words) => {
      await anew()
      without(`${verb} ${resource} in ${where}`, `create pods in ${DEBUG}`)
      expect(await capture(pod)).toContain(words)
      expect(cluster.findPod('shop', 'web-1')?.spec.ephemeralContainers ?? []).toEqual([])
    },
  )

  it('without patch pods/ephemeralcontainers pods are captured from their node', async () => {
    await anew()
    without(`patch pods/ephemeralcontainers in ${POD}`)
    expect(await capture(pod)).toBe('complete')
    expect(cluster.findPod('shop', 'web-1')?.spec.ephemeralContainers ?? []).toEqual([])
    expect(await shell({ kind: 'debug-container', ...inPod })).toMatch(
      /^You may not patch pods\/ephemeralcontainers in namespace shop\. A Role with these rules/,
    )
  })

  it.each(['get pods', 'create pods', 'delete pods', 'get pods/exec', 'create pods/exec'])(
    'without %s in namespace debug nothing is made on a node, and that is said',
    async (right) => {
      without(`${right} in ${DEBUG}`)
      const words = `may not ${right} in ${DEBUG}`
      const [verb = '', resource = ''] = right.split(' ')
      const before = cluster.api.seen.length
      expect(await capture(node)).toMatch(
        new RegExp(
          `${words}\\.\\nA Role in ${DEBUG} with these rules would help:\\n.*\\n.*"${resource}"\\]\\n.*"${verb}"\\]$`,
        ),
      )
      expect(await shell(onNode)).toContain(words)
      await expect(check(onNode)).rejects.toThrow(words)
      const made = cluster.api.seen
        .slice(before)
        .filter(({ method, url }) => method === 'POST' && /\/pods(\?|$)/.test(url) && !url.includes('dryRun'))
      expect(made).toEqual([])
    },
  )

  const OPTIONAL = RIGHTS.map(nameOf).filter(
    (name) =>
      name.startsWith('watch ') ||
      /^(list|get) (namespaces|nodes|events|services|endpointslices|deployments|statefulsets|daemonsets|jobs)\b/.test(
        name,
      ) ||
      name === 'list pods',
  )
  it('are optional where they say so: without all of that captures are made and shells are opened', async () => {
    await anew()
    without(...OPTIONAL, `list pods in ${DEBUG}`)
    expect(await capture(pod)).toBe('complete')
    expect(await capture(node)).toBe('complete')
    expect(await shell({ kind: 'debug-container', ...inPod })).toBe('running')
    const [plan] = await contract.capturing.plan('sre', [pod])
    expect(plan?.preflight?.notes.join()).toContain('sre may not watch pods in namespace shop or watch nodes')
    const { notes } = await contract.clusters.findLeftovers('sre')
    expect(notes).toEqual([
      'You may not list pods in all namespaces of sre: only what was made from this machine is known.',
    ])
  })
})
