import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'dns-5s.pcap',
  title: 'Name lookups that stall for five seconds',
  description:
    'The resolver asks for A and AAAA at once from one socket; now and then the second question is lost on the node (as in the conntrack race), and the lookup waits 5 s before it asks again.',
  command: 'tcpdump -i eth0 --time-stamp-precision=nano in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'web', 40)
    const dns = cluster.pod('b', 'coredns', 3)
    const orders = cluster.pod('b', 'orders', 21)
    await orders.program('http-server', { port: 8080, seed: 31, name: 'orders', thinkMs: 3 })
    await dns.program('dns-server', {
      zone: {
        'orders.shop.svc.cluster.local': '10.96.31.10',
        'cart.shop.svc.cluster.local': '10.96.31.11',
        'prices.shop.svc.cluster.local': '10.96.31.12',
      },
    })
    for (const address of ['10.96.31.10', '10.96.31.11', '10.96.31.12']) {
      cluster.service(address, 80, [`${orders.address}:8080`])
    }
    cluster.service('10.96.0.10', 53, [`${dns.address}:53`], 'udp')
    client.etc(
      'resolv.conf',
      'nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
    )
    // Every ninth question for AAAA (type 28, class IN) vanishes where conntrack would have dropped it.
    cluster.nodes.a.iptables(
      ...['-A', 'FORWARD', '-p', 'udp', '-d', dns.address, '--dport', '53'],
      ...['-m', 'string', '--algo', 'bm', '--hex-string', '|00001c0001|'],
      ...['-m', 'statistic', '--mode', 'nth', '--every', '9', '--packet', '5', '-j', 'DROP'],
    )
    const capture = await startCapture(client, raw, { nanoseconds: true })
    const load = await client.program('lookup-client', {
      names: ['orders', 'cart', 'prices'],
      everyMs: 1800,
      seconds: 38,
    })
    const result = await load.result
    await sleep(500)
    await capture.stop()
    return { result }
  },

  expect({ result }, facts) {
    return {
      lookups: result.lookups,
      stalledLookups: result.slow.length,
      unansweredQueries:
        facts.rows('frame.number', 'dns.flags.response == 0').length -
        facts.rows('frame.number', 'dns.flags.response == 1').length,
    }
  },
}
