import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'mtu-blackhole.pcap.gz',
  title: 'Full-size packets vanish, small ones pass',
  description:
    'The path between the nodes takes 1400 bytes, the tunnel sends 1500 and never learns (ICMP is filtered): health checks and handshakes are fine, every large answer stalls and is sent again until the client gives up.',
  command: 'tcpdump -i eth0 in the server pod',
  cluster: { df: true },

  async make(cluster, raw) {
    const client = cluster.pod('a', 'dashboard', 61)
    const server = cluster.pod('b', 'reports', 62)
    await server.program('http-server', { port: 8080, seed: 41, name: 'reports', thinkMs: 15 })
    cluster.fabric.ip('link', 'set', 'to-a', 'mtu', '1400')
    cluster.fabric.iptables('-A', 'OUTPUT', '-p', 'icmp', '-j', 'DROP')
    const capture = await startCapture(server, raw)
    const host = { host: server.address, port: 8080, name: 'reports.shop' }
    const load = await client.program('http-client', {
      seed: 12,
      clients: [
        { ...host, gapsMs: Array.from({ length: 29 }, () => 1000), paths: ['/healthz'] },
        {
          ...host,
          gapsMs: [1500, 1500, 1500],
          paths: ['/reports/today', '/reports/week?items=150', '/reports/today'],
          items: 6,
          timeoutMs: 11_000,
        },
        { ...host, gapsMs: [4000, 1000], paths: ['/reports?items=3', '/reports/month?items=300'], timeoutMs: 20_000 },
      ],
    })
    const result = await load.result
    await sleep(500)
    await capture.stop()
    return { result, server: server.address }
  },

  expect({ server }, facts) {
    const again = facts.rows('tcp.stream,ip.len', `ip.src == ${server} && tcp.analysis.retransmission`)
    const stalled = [...new Set(again.map(([stream]) => Number(stream)))]
    return {
      stalled: stalled.map((stream) => ({ stream, ...facts.ends(stream) })),
      smallestLostIpLength: Math.min(...again.map(([, length]) => Number(length))),
    }
  },
}
