import { ClusterAccess } from '../../main/kubernetes/cluster-access.ts'
import type { OpenContext } from '../../main/kubernetes/cluster-access.ts'
import { loadKubeconfig } from '../../main/kubernetes/kubeconfig.ts'
import { type TestCluster, whyNoNamespaces } from './cluster.ts'

/** Why tests against the cluster can't run here; undefined when they can. */
export const skipReason = whyNoNamespaces()

/** A context of the test cluster as one of its users, opened as the app opens it. */
export async function openAs(cluster: TestCluster, user = 'admin'): Promise<OpenContext> {
  const access = new ClusterAccess(() => Promise.resolve(process.env))
  return access.open(await loadKubeconfig([cluster.kubeconfig([user])]))
}
