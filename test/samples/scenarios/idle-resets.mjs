import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

// Cloud load balancers forget after 60 to 350 s; 20 s keep the sample short.
const IDLE_SECONDS = 20
const LEDGER = { host: '10.96.120.4', port: 443, name: 'ledger.shop' }
const PAUSES = [
  [4000, 9000, 27_000, 3000, 24_000, 2000],
  [12_000, 14_000, 17_000, 10_000, 5000, 9000],
  [6000, 18_000, 33_000, 4000, 5000],
  [1000, 2000, 1500, 23_000, 8000, 26_000, 1500],
]

export default {
  file: 'idle-resets.pcapng.gz',
  title: 'Connections reset after idling',
  description:
    'A pod keeps connections to a load balancer open; those that were silent for more than 20 s are answered with a reset on their next request, those that paused for less live on.',
  command: 'dumpcap -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'billing', 23)
    const ledger = cluster.pod('b', 'ledger', 52)
    await ledger.program('http-server', { port: 8443, seed: 21, name: 'ledger', thinkMs: 6 })
    // node-a is the balancer: it forgets what was silent too long, and resets what belongs to no connection it knows.
    const balancer = cluster.nodes.a
    balancer.sysctl(
      'net.netfilter.nf_conntrack_tcp_loose=0',
      `net.netfilter.nf_conntrack_tcp_timeout_established=${IDLE_SECONDS}`,
    )
    cluster.service('10.96.120.4', 443, [`${ledger.address}:8443`])
    balancer.iptables(
      ...['-A', 'FORWARD', '-p', 'tcp', '-m', 'conntrack', '--ctstate', 'INVALID'],
      ...['-j', 'REJECT', '--reject-with', 'tcp-reset'],
    )
    await cluster.delay(1)

    const capture = await startCapture(client, raw, { tool: 'dumpcap', filter: 'not arp' })
    const load = await client.program('http-client', {
      seed: 9,
      clients: [
        ...PAUSES.map((gapsMs) => ({ ...LEDGER, gapsMs, paths: ['/invoices', '/invoices/open'], items: 12 })),
        // Never silent for long, so never reset.
        { ...LEDGER, gapsMs: Array.from({ length: 58 }, () => 1150), paths: ['/invoices/recent'], items: 20 },
      ],
    })
    const result = await load.result
    await sleep(1000)
    await capture.stop()
    return {
      result,
      names: {
        '10.244.1.23': 'billing-6c8f4b7d5-q9vjt.shop',
        '10.96.120.4': 'ledger.shop.svc.cluster.local',
      },
      interface: 'pod shop/billing-6c8f4b7d5-q9vjt on node-a',
    }
  },

  expect(_made, facts) {
    const reset = facts.rows('tcp.stream', 'tcp.flags.reset == 1').flat()
    return { idleTimeoutSeconds: IDLE_SECONDS, resetStreams: [...new Set(reset.map(Number))].sort((a, b) => a - b) }
  },
}
