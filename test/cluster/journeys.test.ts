import { afterAll, describe } from 'vitest'
import { TestCluster } from './cluster.ts'
import { JourneyTarget } from './journey-target.ts'
import { journeys } from './journeys.ts'
import { lookingJourneys } from './looking-journeys.ts'
import { skipReason } from './start.ts'

/** As a Role gives it that was made after what the preflight says is missing, in one namespace. */
const TEAM = {
  name: 'team',
  token: 'team-token',
  rules: [
    { resources: ['namespaces'], verbs: ['get'], names: ['team'] },
    { namespaces: ['team'], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
    { namespaces: ['team'], resources: ['pods/ephemeralcontainers'], verbs: ['patch'] },
    { namespaces: ['team'], resources: ['pods/exec'], verbs: ['get', 'create'] },
  ],
}

/** As many are in production: may see pods, and open nothing in them. */
const VIEWER = {
  name: 'viewer',
  token: 'viewer-token',
  rules: [
    { namespaces: ['team'], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { namespaces: ['team'], resources: ['pods/exec'], verbs: ['get'] },
  ],
}

describe.skipIf(skipReason !== undefined)(`in the double${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  const clusters: TestCluster[] = []
  afterAll(() => Promise.all(clusters.map((cluster) => cluster.close())))
  const open = async (user: string, environment: Readonly<Record<string, string>> = {}) => {
    const cluster = await TestCluster.start({ users: [TEAM, VIEWER] })
    clusters.push(cluster)
    cluster.namespace('team', 'baseline')
    if (user === 'viewer') await cluster.pod('team', 'web', {})
    const double = { KUBECONFIG: cluster.kubeconfig([user]), HOPSCOPE_IMAGE: undefined, HOPSCOPE_NAMESPACE: undefined }
    return JourneyTarget.open({ ...process.env, ...double, ...environment })
  }
  journeys('journeys', () => open('admin'))
  journeys('journeys of somebody who may work in one namespace', () => open('team', { HOPSCOPE_NAMESPACE: 'team' }))
  lookingJourneys('looking only', () => open('viewer', { HOPSCOPE_NAMESPACE: 'team' }))
  lookingJourneys('looking only, by impersonation', () => open('admin'))
})
