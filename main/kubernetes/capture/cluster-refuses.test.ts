import { describe, expect, it, onTestFinished } from 'vitest'
import { capturingCluster } from '../../../test/cluster/capturing-cluster.ts'
import { openAs, skipReason } from '../../../test/cluster/start.ts'
import type { SeenRequest } from '../../demo/cluster/api-server.ts'
import { ApiFailure } from '../../demo/cluster/failure.ts'
import { podKind } from '../../demo/cluster/kubelet.ts'
import { deletePod } from './capture-place.ts'
import { DEFAULT_SETTINGS } from './capture-container.ts'
import { preflight } from './preflight.ts'

const title = `what a cluster refuses${skipReason ? ` (skipped: ${skipReason})` : ''}`
const BUSY = new ApiFailure(503, 'ServiceUnavailable', 'etcd has no leader')

describe.skipIf(skipReason !== undefined)(title, { timeout: 60_000 }, () => {
  const on = capturingCluster()
  const { make, pod, started } = on
  const node = { kind: 'node', node: 'node-a' } as const

  /** Answers so to what matches, until the test has ended or the returned function is called. */
  function refuse(matches: (request: SeenRequest) => boolean, failure: ApiFailure): () => void {
    const end = () => (on.cluster.api.onRequest = undefined)
    on.cluster.api.onRequest = (request) => (matches(request) ? failure : undefined)
    onTestFinished(end)
    return end
  }
  const ours = () =>
    on.cluster.listPods('default').filter(({ metadata }) => metadata.labels?.['hopscope/capture'] !== undefined)
  const nothingLeft = () => expect.poll(ours).toEqual([])

  it('to say what somebody may do, or who that is: then trying tells, and a capture is made', async () => {
    const denied = new ApiFailure(403, 'Forbidden', 'selfsubjectaccessreviews.authorization.k8s.io is forbidden')
    refuse(({ url }) => /selfsubject(access)?reviews/.test(url), denied)
    const { preflight: result } = await preflight(on.admin, pod('web'), DEFAULT_SETTINGS, 'default')
    expect(result).toMatchObject({ chosen: 'ephemeral-container', user: 'An unnamed user' })
    expect(result.notes).toContain('The cluster does not say what An unnamed user may do: only trying tells.')
    const capture = make([pod('web')])
    const done = capture.run()
    await started(capture)
    await capture.stop()
    expect(await done).toMatchObject({ state: 'complete' })
  })

  it('to read a pod: which right that takes, and what goes without', async () => {
    const { connection } = await openAs(on.cluster, 'dev')
    await expect(preflight(connection, pod('x', 'guarded'), DEFAULT_SETTINGS, 'default')).rejects.toThrow(
      /^You may not get pods in namespace guarded, .* a whole node can be captured without.*\n- apiGroups: \[""\]\n {2}resources: \["pods"\]\n {2}verbs: \["get"\]\nIt says: pods "x" is forbidden/,
    )
  })

  it('to answer now whether a container may be added: that leads to no way of more rights', async () => {
    refuse(({ method, url }) => method === 'PATCH' && url.includes('dryRun'), BUSY)
    await expect(preflight(on.admin, pod('db'), DEFAULT_SETTINGS, 'default')).rejects.toThrow(/not available \(503\)/)
  })

  it('a dry run, for an admission webhook that has side effects: then doing it tells', async () => {
    const words = 'admission webhook "audit.example.com" does not support dry run'
    refuse(({ url }) => url.includes('dryRun'), new ApiFailure(400, 'BadRequest', words))
    const { preflight: result } = await preflight(on.admin, pod('db'), DEFAULT_SETTINGS, 'default')
    expect(result.chosen).toBe('ephemeral-container')
  })

  it('to delete our pod when all is in the file: the capture is whole, and says which pod is left and what to do', async () => {
    const capture = make([node])
    const done = capture.run()
    await started(capture)
    const end = refuse(
      ({ method }) => method === 'DELETE',
      new ApiFailure(403, 'Forbidden', 'pods "x" is forbidden: User "admin" cannot delete resource "pods"'),
    )
    await capture.stop()
    const { state, message } = await done
    const [left] = ours()
    const name = left?.metadata.name
    expect([state, message]).toEqual([
      'complete',
      expect.stringMatching(
        new RegExp(
          `^The pod that was made for it, default/${name}, could not be removed: pods "x" is forbidden: .*cannot delete.*within ten minutes.*kubectl -n default delete pod ${name}\\.$`,
        ),
      ),
    ])
    const entries = await on.ledger.open()
    expect(entries.map(({ pod: one }) => one)).toContain(name)
    end()
    for (const entry of entries.filter(({ pod: one }) => one === name)) {
      await deletePod(on.admin, 'default', entry.pod)
      await on.ledger.gone(entry)
    }
    await nothingLeft()
  })

  it('to delete our pod for some seconds, while it restarts: it is asked again, and nothing is left', async () => {
    const capture = make([node])
    const done = capture.run()
    await started(capture)
    const end = refuse(({ method }) => method === 'DELETE', BUSY)
    const back = setTimeout(end, 5000)
    onTestFinished(() => clearTimeout(back))
    await capture.stop()
    const status = await done
    expect(status.state).toBe('complete')
    expect(status.message).toBeUndefined()
    await nothingLeft()
  })

  it('to keep our pod while it is being started: that somebody deleted it', async () => {
    on.cluster.api.onRequest = ({ method, url }) => {
      if (method === 'GET' && url.includes('/pods/hopscope-')) for (const one of ours()) on.cluster.deletePod(one, 0)
      return undefined
    }
    onTestFinished(() => (on.cluster.api.onRequest = undefined))
    await expect(make([node]).run()).rejects.toThrow(
      /^Pod hopscope-\w+ was deleted while its capture container was being started: by somebody else, or by the cluster\.$/,
    )
  })

  it('our name for a pod, which an admission webhook changes, with its labels, and puts a proxy beside: it is found, used and removed', async () => {
    on.cluster.api.mutatePod = (one) => ({
      ...one,
      metadata: { ...one.metadata, name: `team-a-${one.metadata.name}`, labels: { 'hopscope/capture': 'changed' } },
      spec: { ...one.spec, containers: [{ name: 'proxy', image: 'example.com/app:1' }, ...one.spec.containers] },
    })
    onTestFinished(() => (on.cluster.api.mutatePod = undefined))
    const capture = make([node])
    const done = capture.run()
    await started(capture)
    expect(ours().map(({ metadata }) => metadata.name)).toEqual([expect.stringMatching(/^team-a-hopscope-/)])
    await capture.stop()
    const status = await done
    expect(status.state).toBe('complete')
    expect(status.message).toBeUndefined()
    await nothingLeft()
    expect((await on.ledger.open()).filter(({ kind }) => kind === 'pod')).toEqual([])
  })

  it('our container the memory that it takes: that it was killed for that', async () => {
    const capture = make([node])
    const done = capture.run()
    await started(capture)
    const [made] = ours()
    if (!made) throw new Error('there is no pod of ours')
    const { resourceVersion: _old, ...metadata } = made.metadata
    const terminated = { exitCode: 137, reason: 'OOMKilled' }
    const containerStatuses = [{ name: 'capture', state: { terminated } }]
    on.cluster.store.replace(podKind(), { ...made, metadata, status: { ...made.status, containerStatuses } })
    on.cluster.fail({ kind: 'cut' }, { pod: made.metadata.name })
    expect(await done).toMatchObject({
      state: 'incomplete',
      message: 'The capture container ended (OOMKilled, exit code 137): what was fetched before is here.',
    })
  })
})
