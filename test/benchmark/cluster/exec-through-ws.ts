import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { ExecRequest } from '../../../main/kubernetes/exec-stream.ts'
import { loadKubeconfig, resolveContext } from '../../../main/kubernetes/kubeconfig.ts'

const decoded = (data: string | undefined) => Buffer.from(data ?? '', 'base64')

/** A command's stdout as other clients of Kubernetes get it: by npm's ws, a message at a time. */
export async function execThroughWs(
  kubeconfig: string,
  { namespace, pod, container, command = [] }: ExecRequest,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  const { cluster, user } = resolveContext(await loadKubeconfig([kubeconfig]), undefined)
  const url = new URL(`${cluster.server}/api/v1/namespaces/${namespace}/pods/${pod}/exec`)
  const query = [['container', container], ['stdout', 'true'], ...command.map((word) => ['command', word])]
  for (const [name = '', value = ''] of query) url.searchParams.append(name, value)
  const socket = new WebSocket(url, 'v5.channel.k8s.io', {
    ca: decoded(cluster.authorityData),
    cert: decoded(user.certificateData),
    key: decoded(user.keyData),
    perMessageDeflate: false,
  })
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data) => {
    if (Buffer.isBuffer(data) && data[0] === 1 && data.length > 1) write(data.subarray(1))
  })
  await once(socket, 'close')
}
