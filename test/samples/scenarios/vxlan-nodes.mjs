import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'vxlan-nodes.pcap.zst',
  title: "A node's interface, with the pods' traffic inside VXLAN",
  description:
    'Seen on eth0 of a node: connections of four pods inside the tunnel (UDP 8472) and one between the nodes themselves; for a while the network loses 8 % of the packets.',
  command: 'tcpdump -i eth0 -s 220 on node-a',

  async make(cluster, raw) {
    const web = cluster.pod('a', 'web', 11)
    const jobs = cluster.pod('a', 'jobs', 12)
    const api = cluster.pod('b', 'api', 13)
    const cache = cluster.pod('b', 'cache', 14)
    await api.program('http-server', { port: 8080, seed: 71, name: 'api', thinkMs: 6 })
    await cache.program('http-server', { port: 6380, seed: 72, name: 'cache', thinkMs: 1 })
    await jobs.program('http-server', { port: 9091, seed: 73, name: 'metrics', thinkMs: 2 })
    await cluster.nodes.b.program('http-server', { port: 10_250, seed: 74, name: 'kubelet', thinkMs: 3 })
    cluster.service('10.96.13.13', 80, [`${api.address}:8080`])

    const capture = await startCapture(cluster.nodes.a, raw, { snapLength: 220 })
    const began = Date.now()
    const loads = [
      await web.program('http-client', {
        seed: 21,
        clients: [
          { host: '10.96.13.13', port: 80, name: 'api.shop', paths: ['/api/v1/items'], everyMs: 350, items: 20 },
          { host: cache.address, port: 6380, name: 'cache-0.cache.shop', paths: ['/cache'], everyMs: 250, items: 4 },
        ],
      }),
      await jobs.program('http-client', {
        seed: 22,
        clients: [
          { host: '10.96.13.13', port: 80, name: 'api.shop', paths: ['/api/v1/export'], everyMs: 800, items: 90 },
        ],
      }),
      await cache.program('http-client', {
        seed: 23,
        clients: [
          { host: jobs.address, port: 9091, name: 'jobs-0.jobs.shop', paths: ['/metrics'], everyMs: 900, items: 30 },
        ],
      }),
      await cluster.nodes.a.program('http-client', {
        seed: 24,
        clients: [
          {
            host: cluster.nodes.b.address,
            port: 10_250,
            name: 'node-b',
            paths: ['/metrics/cadvisor'],
            everyMs: 1500,
            items: 60,
          },
        ],
      }),
    ]
    await sleep(began + 6000 - Date.now())
    const rule = ['-m', 'statistic', '--mode', 'random', '--probability', '0.08', '-j', 'DROP']
    cluster.fabric.iptables('-A', 'FORWARD', ...rule)
    await sleep(8000)
    cluster.fabric.iptables('-D', 'FORWARD', ...rule)
    await sleep(began + 20_000 - Date.now())
    for (const load of loads) load.send('stop')
    const result = await Promise.all(loads.map((load) => load.result))
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({
    tunnelPackets: facts.rows('frame.number', 'vxlan').length,
    retransmissionsOrOutOfOrder: facts.rows('frame.number', 'tcp.analysis.retransmission || tcp.analysis.out_of_order')
      .length,
  }),
}
