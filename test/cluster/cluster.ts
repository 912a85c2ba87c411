// The cluster that the demo runs in is the one that tests run in.
export { EVERYTHING, type ClusterUser } from '../../main/demo/cluster/authorization.ts'
export type { StreamFault } from '../../main/demo/cluster/faults.ts'
export { LocalCluster as TestCluster } from '../../main/demo/cluster/local-cluster.ts'
export { KINDS } from '../../main/demo/cluster/kinds.ts'
export { CONTAINER_NODE } from '../../main/demo/cluster/machines.ts'
export { whyNoNamespaces } from '../../main/demo/cluster/namespaces.ts'
export type { RunningContainer } from '../../main/demo/cluster/running.ts'
