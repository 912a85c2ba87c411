// A process of its own for the cluster, as a cluster has: what it costs is not the host's. Says its kubeconfig; ends with its stdin.
import { TestCluster } from '../../cluster/cluster.ts'

const cluster = await TestCluster.start()
await cluster.pod('default', 'web', { nodeName: 'node-a' })
await cluster.pod('default', 'db', { nodeName: 'node-b' })
process.stdout.write(`${cluster.kubeconfig()}\n`)
process.stdin.resume().on('end', () => void cluster.close().then(() => process.exit()))
