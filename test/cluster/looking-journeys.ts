import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { DEFAULT_SETTINGS } from '../../main/kubernetes/capture/capture-container.ts'
import { ClusterCapture } from '../../main/kubernetes/capture/cluster-capture.ts'
import { Ledger } from '../../main/kubernetes/capture/ledger.ts'
import { type CaptureTarget, preflight } from '../../main/kubernetes/capture/preflight.ts'
import type { ApiConnection } from '../../main/kubernetes/api-connection.ts'
import { listAll } from '../../main/kubernetes/cluster-access.ts'
import { runCommand } from '../../main/kubernetes/exec-stream.ts'
import type { Pod } from '../../main/kubernetes/objects.ts'
import { podPath } from '../../main/kubernetes/pod-requests.ts'
import { IN_PODS, type JourneyTarget, NARROWING, PODS } from './journey-target.ts'

interface Looker {
  readonly connection: ApiConnection
  readonly pod: Pod
}

/**
 * What somebody meets who may see pods and open nothing in them: the user of KUBECONFIG, with a pod that runs in HOPSCOPE_NAMESPACE, or, where
 * that one may do more, a user of this run's own who is impersonated.
 */
export function lookingJourneys(title: string, open: () => Promise<JourneyTarget>): void {
  describe(title, { timeout: 300_000 }, () => {
    let target: JourneyTarget
    let folder: string
    /** In words why there is none to try it as. */
    let looker: Looker | string

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hopscope-looking-'))
      target = await open()
      looker = await findLooker(target)
    }, 300_000)
    afterAll(async () => {
      await target?.close()
      rmSync(folder, { recursive: true, force: true })
    }, 60_000)

    const asLooker = (context: TestContext): Looker => (typeof looker === 'string' ? context.skip(looker) : looker)
    const targetOf = ({ pod: { metadata } }: Looker): CaptureTarget => ({
      kind: 'pod',
      namespace: metadata.namespace ?? '',
      pod: metadata.name,
    })
    const settings = () => ({ ...DEFAULT_SETTINGS, image: target.image })

    it('the preflight says what is missing, and the rule', async (context) => {
      const one = asLooker(context)
      const namespace = one.pod.metadata.namespace ?? ''
      const { preflight: verdict } = await preflight(one.connection, targetOf(one), settings(), namespace)
      expect(verdict.chosen).toBeUndefined()
      const [first] = verdict.rungs
      expect(first?.missing.map(({ verb, resource, subresource }) => `${verb} ${resource}/${subresource}`)).toEqual(
        expect.arrayContaining(['patch pods/ephemeralcontainers', 'create pods/exec']),
      )
      expect(first?.rbacRule).toContain('resources: ["pods/ephemeralcontainers"]')
    })

    it('a capture is refused before anything is made', async (context) => {
      const one = asLooker(context)
      const { namespace = '', name } = one.pod.metadata
      const file = join(folder, 'refused.pcapng')
      const ledger = new Ledger(join(folder, 'ledger.jsonl'))
      const capture = ClusterCapture.create({
        connection: one.connection,
        context: target.context,
        targets: [targetOf(one)],
        capture: { filter: '', snapLength: 0 },
        container: settings(),
        debugNamespace: namespace,
        ledger,
        file,
      })
      await expect(capture.run()).rejects.toThrow(/no way to capture here/)
      const after: Pod = await one.connection.get(podPath(namespace, name))
      expect(after.spec.ephemeralContainers).toEqual(one.pod.spec.ephemeralContainers)
      expect(await ledger.open()).toEqual([])
      expect(existsSync(file)).toBe(false)
    })

    it('a command in a pod is refused with a reason', async (context) => {
      const { connection, pod } = asLooker(context)
      const { namespace = '', name } = pod.metadata
      const where = { namespace, pod: name, container: pod.spec.containers[0]?.name ?? '' }
      await expect(runCommand(connection, { ...where, command: ['true'] })).rejects.toThrow(/pods\/exec/)
    })
  })
}

async function findLooker(target: JourneyTarget): Promise<Looker | string> {
  const whyNoNamespace = target.whyNoNamespace('any')
  if (whyNoNamespace !== undefined) return whyNoNamespace
  const namespace = await target.namespace('any')
  if ((await target.whyNot(IN_PODS)) !== undefined) {
    const listing = [{ verb: 'list', group: '', resource: 'pods' }]
    const whyNotListed = await target.whyNot(listing)
    if (whyNotListed !== undefined) return whyNotListed
    const { items } = await listAll<Pod>(target.connection, `/api/v1/namespaces/${namespace}/pods`)
    const pod = items.find(({ status }) => status?.phase === 'Running')
    return pod ? { connection: target.connection, pod } : `no pod runs in namespace ${namespace} to look at`
  }
  const why = await target.whyNot([...PODS, ...NARROWING])
  if (why !== undefined) return `the user of context ${target.context} may capture; to try it as another one, ${why}`
  const pod = await target.pod(namespace, 'looked-at', 0)
  const rules = [
    { resources: ['pods'], verbs: ['get', 'list'] },
    { resources: ['pods/exec'], verbs: ['get'] },
  ]
  return { connection: await target.narrow(namespace, rules), pod }
}
