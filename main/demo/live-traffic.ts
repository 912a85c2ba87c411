import type { LocalCluster } from './cluster/local-cluster.ts'
import { CONTAINER_NODE } from './cluster/machines.ts'
import { DEMO_PODS, type DemoPod } from './world.ts'

// What runs in the pods where the demo has real ones: small HTTP servers, clients that call them, and a network that fails now and then.

const SERVER = `
const { createServer } = require('node:http')
createServer((request, response) => {
  const text = JSON.stringify(Array.from({ length: 12 }, (_, id) => ({ id, name: 'item ' + id, price: id * 1.5 })))
  setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(text), 3 + Math.random() * 9)
}).listen(8080)`

// By pod: an address is known only when the pod is there.
const CLIENT = `
const { Agent, get } = require('node:http')
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
let hosts = []
process.stdin.on('data', (bytes) => (hosts = String(bytes).trim().split(' '))).resume()
setInterval(() => {
  for (const host of hosts)
    get({ host, port: 8080, path: '/items', agent, timeout: 8000 }, (response) => response.resume())
      .on('timeout', function () { this.destroy() })
      .on('error', () => undefined)
}, 250)`

/** Whom a client calls, by workload. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  checkout: ['orders', 'inventory', 'prices'],
  frontend: ['catalog'],
  billing: ['ledger'],
  gateway: ['users'],
}

const QUIET_MS = 14_000
const OUTAGES = 10
const OUTAGE_MS = 100

/** What the container of a pod runs. */
export function liveProgram(_pod: DemoPod): readonly string[] {
  return [CONTAINER_NODE, '-e', SERVER]
}

/** Starts the clients, and an episode of 4 s with short outages between the nodes every 18 s; the returned function ends both. */
export function startFaults(cluster: LocalCluster): () => void {
  const clients = DEMO_PODS.flatMap((pod) => {
    const wanted = CALLS[pod.app]
    if (!wanted) return []
    const hosts = DEMO_PODS.filter(({ app }) => wanted.includes(app)).map(
      ({ namespace, name }) => cluster.sandbox(namespace, name).address,
    )
    const client = cluster.container(pod.namespace, pod.name, pod.app).exec([CONTAINER_NODE, '-e', CLIENT])
    client.stdin?.write(`${hosts.join(' ')}\n`)
    client.stdout?.resume()
    client.stderr?.resume()
    return [client]
  })
  const machine = cluster.kubelet('node-b').machine
  let timer: NodeJS.Timeout
  const later = (ms: number, run: () => void) => {
    timer = setTimeout(() => {
      try {
        run()
      } catch {
        // A kernel without queues: then this network never fails.
      }
    }, ms)
  }
  /** One of `left` times in which nothing leaves the node: a queue of a byte, which every kernel has; netem is a module that many lack. */
  const outage = (left: number) => {
    machine.run('tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', 'bfifo', 'limit', '1')
    later(OUTAGE_MS, () => {
      machine.run('tc', 'qdisc', 'del', 'dev', 'eth0', 'root')
      later(left > 1 ? 100 + Math.random() * 400 : QUIET_MS, () => outage(left > 1 ? left - 1 : OUTAGES))
    })
  }
  later(QUIET_MS, () => outage(OUTAGES))
  return () => {
    clearTimeout(timer)
    for (const client of clients) client.stdin?.end()
  }
}
