import { describe, expect, it } from 'vitest'
import type { Rung } from '../../../common/model/preflight.ts'
import type { DryRun, LadderFacts } from './ladder.ts'
import { decideLadder, permissionKey, permissionsOf, rbacRule, rungsFor } from './ladder.ts'

function facts(more: Partial<LadderFacts> = {}, denied: readonly string[] = []): LadderFacts {
  const allowed = new Map<string, boolean>()
  const dryRuns = new Map<Rung, DryRun>()
  for (const rung of rungsFor('web')) {
    for (const permission of permissionsOf(rung, 'pay', 'debug')) {
      const key = permissionKey(permission)
      allowed.set(key, !denied.includes(key))
    }
    dryRuns.set(rung, { ok: true })
  }
  const who = { user: 'dev', namespace: 'pay', pod: 'web', node: 'n1', debugNamespace: 'debug' }
  return { ...who, circumstances: [], allowed, dryRuns, ...more }
}

const refused = (message: string) => ({ ok: false, message }) as const

describe('the ladder', () => {
  it('takes root that adds nothing where everything is allowed', () => {
    const { chosen, rungs } = decideLadder(facts({ runtime: 'containerd://2.1.9' }))
    expect(chosen).toBe('ephemeral-container')
    expect(rungs.map(({ passes }) => passes)).toEqual([true, true, true])
  })

  it('adds NET_RAW on CRI-O, whose default capabilities lack it', () => {
    const { chosen, rungs } = decideLadder(facts({ runtime: 'cri-o://1.34' }))
    expect(chosen).toBe('ephemeral-container-net-raw')
    expect(rungs[0]?.sentence).toMatch(/CRI-O, which does not give containers NET_RAW/)
  })

  it('goes to the node when the pod is closed, and says what would open the pod', () => {
    const { chosen, rungs } = decideLadder(facts({}, ['patch  pods ephemeralcontainers pay']))
    expect(chosen).toBe('node-pod')
    expect(rungs[0]).toMatchObject({
      passes: false,
      sentence: 'dev may not patch pods/ephemeralcontainers in namespace pay.',
    })
    expect(rungs[0]?.rbacRule).toBe(
      '- apiGroups: [""]\n  resources: ["pods/ephemeralcontainers"]\n  verbs: ["patch"]\n',
    )
  })

  it('needs get and create on exec, and asks for both in one rule', () => {
    const { chosen, rungs } = decideLadder(
      facts({}, ['create  pods exec pay', 'get  pods exec pay', 'create  pods  debug']),
    )
    expect(chosen).toBeUndefined()
    expect(rungs[0]?.sentence).toBe('dev may not get pods/exec in namespace pay or create pods/exec in namespace pay.')
    expect(rungs[0]?.rbacRule).toContain('verbs: ["get", "create"]')
    expect(rungs[2]?.sentence).toBe('dev may not create pods in namespace debug.')
  })

  it("quotes what the cluster's own admission says", () => {
    const words = 'pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsUser=0'
    const dryRuns = new Map<Rung, DryRun>([
      ['ephemeral-container', refused(words)],
      ['ephemeral-container-net-raw', refused(words)],
      ['node-pod', refused('quota')],
    ])
    const { chosen, rungs } = decideLadder(facts({ dryRuns }))
    expect(chosen).toBeUndefined()
    expect(rungs.map(({ sentence }) => sentence)).toEqual([words, words, 'quota'])
    expect(rungs[0]?.rbacRule).toBeUndefined()
  })

  it('uses a container that is there, without the right to add one', () => {
    for (const rung of ['ephemeral-container', 'ephemeral-container-net-raw'] as const) {
      const reusable = { container: 'hopscope-1', rung }
      const { chosen, notes } = decideLadder(facts({ reusable }, ['patch  pods ephemeralcontainers pay']))
      expect(chosen).toBe(rung)
      expect(notes.join()).toMatch(/hopscope-1 of an earlier capture runs in the pod and is used again/)
    }
  })

  it('uses no container of a rung that is closed', () => {
    const reusable = { container: 'hopscope-1', rung: 'ephemeral-container' } as const
    const { chosen, notes } = decideLadder(facts({ reusable, runtime: 'cri-o://1.34' }))
    expect(chosen).toBe('ephemeral-container-net-raw')
    expect(notes.join()).not.toMatch(/hopscope-1/)
  })

  it('does not enter a pod that does not run, and says so', () => {
    const { rungs } = decideLadder(facts({ obstacle: 'Pod web is Pending, not Running.' }))
    expect(rungs.slice(0, 2).map(({ sentence }) => sentence)).toEqual(Array(2).fill('Pod web is Pending, not Running.'))
  })

  it('makes nothing on a node that is no Linux machine', () => {
    const { chosen, rungs } = decideLadder(facts({ noMachine: 'Node n1 runs windows.' }))
    expect(chosen).toBeUndefined()
    expect(rungs.map(({ sentence }) => sentence)).toEqual(Array(3).fill('Node n1 runs windows.'))
  })

  it('says what a capture will not tell to one who may not watch, and captures all the same', () => {
    const denied = (...keys: string[]) => new Map([...facts().allowed, ...keys.map((key) => [key, false] as const)])
    const { chosen, notes } = decideLadder(facts({ allowed: denied('watch  nodes  ') }))
    expect(chosen).toBe('ephemeral-container')
    expect(notes.at(-1)).toMatch(/^dev may not watch nodes.*: the capture will not tell when they are deleted/)
    const both = decideLadder(facts({ allowed: denied('watch  nodes  ', 'watch  pods  pay') })).notes
    expect(both.at(-1)).toMatch(/^dev may not watch pods in namespace pay or watch nodes/)
    expect(decideLadder(facts()).notes.join()).not.toMatch(/watch/)
  })

  it('has one way for a node', () => expect(rungsFor(undefined)).toEqual(['node-network']))

  it('names each resource once in a rule', () => {
    const rule = rbacRule(permissionsOf('node-pod', 'pay', 'debug'))
    expect(rule.match(/resources: \["pods"\]/g)).toHaveLength(1)
    expect(rule).toContain('verbs: ["create", "get", "delete"]')
  })
})
