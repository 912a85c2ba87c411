import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ApiConnection } from '../../../main/kubernetes/api-connection.ts'
import { ClusterAccess } from '../../../main/kubernetes/cluster-access.ts'
import { loadKubeconfig } from '../../../main/kubernetes/kubeconfig.ts'
import type { Pod } from '../../../main/kubernetes/objects.ts'

export interface BenchCluster extends AsyncDisposable {
  readonly kubeconfig: string
  readonly connection: ApiConnection
  /** Address of the pod db; web is the other. */
  readonly db: string
}

/** The double in a process of its own: what it costs is not the host's. */
export async function startCluster(): Promise<BenchCluster> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cluster-process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [kubeconfig] = await once(createInterface(child.stdout), 'line')
  const access = new ClusterAccess(() => Promise.resolve({}))
  const { connection } = await access.open(await loadKubeconfig([String(kubeconfig)]))
  const { status }: Pod = await connection.get('/api/v1/namespaces/default/pods/db')
  return {
    kubeconfig: String(kubeconfig),
    connection,
    db: status?.podIP ?? '',
    async [Symbol.asyncDispose]() {
      connection.close()
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
