import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'loss-episode.pcapng',
  title: 'Four seconds of packet loss between two nodes',
  description:
    'One client pod calls three services on another node; from second 14 to 18 the network between the nodes drops one packet in six: retransmissions, stalled requests, then everything is well again.',
  command: 'dumpcap -i eth0 -s 256 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'checkout', 17)
    const orders = [cluster.pod('b', 'orders-1', 21), cluster.pod('b', 'orders-2', 22)]
    const inventory = cluster.pod('b', 'inventory', 31)
    const prices = cluster.pod('b', 'prices', 44)
    await orders[0].program('http-server', { port: 8080, seed: 11, name: 'orders', thinkMs: 9 })
    await orders[1].program('http-server', { port: 8080, seed: 12, name: 'orders', thinkMs: 9 })
    await inventory.program('http-server', { port: 8080, seed: 13, name: 'inventory', thinkMs: 4 })
    await prices.program('http-server', { port: 9090, seed: 14, name: 'prices', thinkMs: 2 })
    cluster.service('10.96.31.10', 80, ['10.244.2.31:8080'])
    await cluster.delay(1)

    const capture = await startCapture(client, raw, { tool: 'dumpcap', snapLength: 256, filter: 'not arp' })
    const began = Date.now()
    const base = { everyMs: 340, items: 10 }
    const load = await client.program('http-client', {
      seed: 5,
      clients: [
        { ...base, host: orders[0].address, port: 8080, name: 'orders-0.orders.shop', paths: ['/orders'] },
        {
          ...base,
          host: orders[1].address,
          port: 8080,
          name: 'orders-1.orders.shop',
          paths: ['/orders', '/orders/open'],
        },
        { ...base, host: '10.96.31.10', port: 80, name: 'inventory.shop', paths: ['/stock'], items: 25 },
        { ...base, host: prices.address, port: 9090, name: 'prices.shop', paths: ['/prices', '/healthz'] },
        {
          ...base,
          host: orders[0].address,
          port: 8080,
          name: 'orders-0.orders.shop',
          paths: ['/orders/recent'],
          items: 25,
        },
        {
          ...base,
          host: orders[1].address,
          port: 8080,
          name: 'orders-1.orders.shop',
          paths: ['/orders/by-user'],
          items: 14,
        },
      ],
    })
    await sleep(began + 14_000 - Date.now())
    const rule = [
      '-p',
      'udp',
      '--dport',
      '8472',
      '-m',
      'statistic',
      '--mode',
      'random',
      '--probability',
      '0.17',
      '-j',
      'DROP',
    ]
    cluster.fabric.iptables('-A', 'INPUT', ...rule)
    const from = Date.now()
    await sleep(4000)
    cluster.fabric.iptables('-D', 'INPUT', ...rule)
    const to = Date.now()
    await sleep(began + 32_000 - Date.now())
    load.send('stop')
    const result = await load.result
    await capture.stop()
    return {
      result,
      names: {
        '10.244.1.17': 'checkout-7d9f6c5b8-xk2lp.shop',
        '10.244.2.21': 'orders-0.orders.shop',
        '10.244.2.22': 'orders-1.orders.shop',
        '10.96.31.10': 'inventory.shop.svc.cluster.local',
        '10.244.2.44': 'prices-5f7c9d4d6f-8wz4n.shop',
      },
      interface: 'pod shop/checkout-7d9f6c5b8-xk2lp on node-a',
      notes: [
        { time: from, text: 'From here on the network between node-a and node-b drops one packet in six.' },
        { time: to, text: 'The network between the nodes is healthy again.' },
      ],
      episode: { from, to },
    }
  },

  expect({ episode }, facts) {
    const [from, to] = [episode.from, episode.to].map((ms) => Number((ms / 1000 - facts.firstTime).toFixed(3)))
    const hurt = facts.rows('tcp.stream', 'tcp.analysis.retransmission || tcp.analysis.out_of_order').flat()
    return { episode: { from, to }, sufferingStreams: [...new Set(hurt.map(Number))].sort((a, b) => a - b) }
  },
}
