import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'clean.pcapng.gz',
  title: 'Nothing wrong',
  description:
    'A healthy pod: HTTP over IPv4 and IPv6, name lookups, kept-alive and orderly closed connections, large answers sent as super-segments by segmentation offload; on two interfaces. There is nothing to find here.',
  command: 'dumpcap -i eth0 -i lo -s 400 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'frontend', 90, { offload: true, ipv6: 'fd00:10:244:1::5a/64' })
    const near = cluster.pod('a', 'assets', 91, { offload: true, ipv6: 'fd00:10:244:1::5b/64' })
    const far = cluster.pod('b', 'catalog', 92, { offload: true })
    const dns = cluster.pod('b', 'coredns', 3)
    await near.program('http-server', { port: 8080, seed: 61, name: 'assets', host: '::', thinkMs: 2 })
    await far.program('http-server', { port: 8080, seed: 62, name: 'catalog', thinkMs: 5 })
    await client.program('http-server', { port: 15_020, seed: 63, name: 'sidecar', thinkMs: 1, host: '127.0.0.1' })
    await dns.program('dns-server', { zone: { 'catalog.shop.svc.cluster.local': '10.96.90.1' } })
    cluster.service('10.96.90.1', 80, [`${far.address}:8080`])
    cluster.service('10.96.0.10', 53, [`${dns.address}:53`], 'udp')
    client.etc('resolv.conf', 'nameserver 10.96.0.10\nsearch shop.svc.cluster.local\noptions ndots:5\n')
    await sleep(2500)

    const capture = await startCapture(client, raw, { tool: 'dumpcap', devices: ['eth0', 'lo'], snapLength: 400 })
    const began = Date.now()
    const load = await client.program('http-client', {
      seed: 17,
      clients: [
        { host: '10.96.90.1', port: 80, name: 'catalog.shop', paths: ['/items', '/items?items=260'], everyMs: 500 },
        { host: far.address, port: 8080, name: 'catalog-0.catalog.shop', paths: ['/items?items=40'], everyMs: 700 },
        { host: 'fd00:10:244:1::5b', port: 8080, name: 'assets.shop', paths: ['/assets', '/healthz'], everyMs: 600 },
        { host: '127.0.0.1', port: 15_020, name: 'localhost', paths: ['/healthz'], everyMs: 1000 },
      ],
    })
    const lookups = await client.program('lookup-client', { names: ['catalog'], everyMs: 1600, seconds: 15 })
    await lookups.result
    await sleep(began + 17_000 - Date.now())
    load.send('stop')
    const result = await load.result
    await sleep(300)
    await capture.stop()
    return {
      result,
      names: {
        '10.244.1.90': 'frontend-5d8f7c9b4-x2vwp.shop',
        '10.96.90.1': 'catalog.shop.svc.cluster.local',
        '10.244.2.92': 'catalog-0.catalog.shop',
      },
      interface: 'pod shop/frontend-5d8f7c9b4-x2vwp on node-a',
    }
  },

  expect: (_made, facts) => ({
    retransmissions: facts.rows('frame.number', 'tcp.analysis.retransmission').length,
    superSegments: facts.rows('frame.number', 'frame.len > 1464').length,
  }),
}
