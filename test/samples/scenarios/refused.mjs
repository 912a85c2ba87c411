import { startCapture } from '../capture.mjs'

export default {
  file: 'refused.pcapng',
  title: 'Connections refused in three ways',
  description:
    'One port where nobody listens (reset by the pod), one service without endpoints (ICMP port unreachable from the node), one forbidden by policy (ICMP administratively prohibited), beside one that works.',
  command: 'dumpcap -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'gateway', 80)
    const server = cluster.pod('b', 'users', 81)
    await server.program('http-server', { port: 8080, seed: 51, name: 'users' })
    const reject = (to, port, how) =>
      cluster.nodes.a.iptables(
        '-A',
        'FORWARD',
        '-d',
        to,
        '-p',
        'tcp',
        '--dport',
        port,
        '-j',
        'REJECT',
        '--reject-with',
        how,
      )
    reject('10.96.77.1', '80', 'icmp-port-unreachable')
    reject(server.address, '5432', 'icmp-admin-prohibited')
    const capture = await startCapture(client, raw, { tool: 'dumpcap' })
    const load = await client.program('connector', {
      seconds: 16,
      targets: [
        { host: server.address, port: 8080, everyMs: 900 },
        { host: server.address, port: 9999, everyMs: 1300 },
        { host: '10.96.77.1', port: 80, everyMs: 1700 },
        { host: server.address, port: 5432, everyMs: 2300 },
      ],
    })
    const result = await load.result
    await capture.stop()
    return {
      result,
      names: {
        '10.244.1.80': 'gateway-74c5f6-mm2tq.edge',
        '10.244.2.81': 'users-0.users.edge',
        '10.96.77.1': 'sessions.edge.svc.cluster.local',
      },
      interface: 'pod edge/gateway-74c5f6-mm2tq on node-a',
    }
  },

  expect({ result }) {
    const count = (port) => Object.values(Object.entries(result).find(([key]) => key.endsWith(`:${port}`))[1])[0]
    return { refusedByReset: count(9999), portUnreachable: count(80), prohibited: count(5432), connected: count(8080) }
  },
}
