import { afterAll, describe } from 'vitest'
import { TestCluster } from './cluster.ts'
import { JourneyTarget } from './journey-target.ts'
import { skipReason } from './start.ts'
import { terminalJourneys } from './terminal-journeys.ts'

describe.skipIf(skipReason !== undefined)(`in the double${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let cluster: TestCluster | undefined
  afterAll(() => cluster?.close())
  terminalJourneys('journeys in terminals', async () => {
    cluster = await TestCluster.start()
    return JourneyTarget.open({
      ...process.env,
      KUBECONFIG: cluster.kubeconfig(),
      HOPSCOPE_IMAGE: undefined,
      HOPSCOPE_NAMESPACE: undefined,
    })
  })
})
