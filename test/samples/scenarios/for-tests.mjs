// Captures that tests need and nobody wants to open as a sample: one trouble each, small.
import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export const synLoss = {
  file: 'syn-loss.pcap.gz',
  title: 'SYNs lost now and then',
  description: 'Every seventh SYN to a service is lost on the node; the connection then takes a second longer.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    await server.program('http-server', { port: 8080, seed: 91 })
    cluster.nodes.a.iptables(
      ...['-A', 'FORWARD', '-p', 'tcp', '--syn', '-d', server.address],
      ...['-m', 'statistic', '--mode', 'nth', '--every', '7', '--packet', '3', '-j', 'DROP'],
    )
    const capture = await startCapture(client, raw)
    const target = { host: server.address, port: 8080, everyMs: 350 }
    const load = await client.program('connector', { seconds: 14, targets: [target, target] })
    const result = await load.result
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({
    synRetransmissions: facts.rows(
      'frame.number',
      'tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.analysis.retransmission',
    ).length,
  }),
}

export const policyDrop = {
  file: 'policy-drop.pcap.gz',
  title: 'One port forbidden without a word',
  description: 'Every SYN to port 5432 vanishes (a network policy that drops); other ports of the same pod answer.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    await server.program('http-server', { port: 8080, seed: 92 })
    cluster.nodes.b.iptables('-A', 'FORWARD', '-p', 'tcp', '-d', server.address, '--dport', '5432', '-j', 'DROP')
    const capture = await startCapture(client, raw)
    const load = await client.program('connector', {
      seconds: 14,
      targets: [
        { host: server.address, port: 8080, everyMs: 900 },
        { host: server.address, port: 5432, everyMs: 500, timeoutMs: 5000 },
      ],
    })
    const result = await load.result
    await capture.stop()
    return { result }
  },
}

export const acceptQueue = {
  file: 'accept-queue.pcap.gz',
  title: 'A full accept queue',
  description:
    'The server process stands still for six seconds with a backlog of two: further connections are not answered.',
  command: 'tcpdump -i eth0 in the server pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    const program = await server.program('line-server', { port: 6379, backlog: 2 })
    const capture = await startCapture(server, raw)
    const targets = Array.from({ length: 6 }, () => ({ host: server.address, port: 6379, everyMs: 700 }))
    const load = await client.program('connector', { seconds: 13, targets })
    await sleep(3000)
    program.kill('SIGSTOP')
    await sleep(6000)
    program.kill('SIGCONT')
    const result = await load.result
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({
    synRetransmissions: facts.rows('frame.number', 'tcp.flags.syn == 1 && tcp.analysis.retransmission').length,
  }),
}

export const keepAliveRace = {
  file: 'keep-alive-race.pcap.gz',
  title: 'The keep-alive race',
  description:
    'The server closes connections after five idle seconds; requests sent in the moment its FIN is on the way are answered with a reset.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    // Node closes a second after what it is told.
    await server.program('http-server', { port: 8080, seed: 93, keepAliveSeconds: 4 })
    await cluster.delay(40)
    const capture = await startCapture(client, raw)
    const load = await client.program('http-client', {
      seed: 41,
      clients: Array.from({ length: 36 }, (_, index) => ({
        host: server.address,
        port: 8080,
        name: 'api.shop',
        paths: ['/items'],
        gapsMs: [4820 + index * 8, 4820 + index * 8],
        items: 3,
      })),
    })
    const result = await load.result
    await sleep(500)
    await capture.stop()
    return { result }
  },
}

export const ndots = {
  file: 'ndots.pcap.gz',
  title: 'ndots:5 makes five questions of one',
  description: 'Outside names are first asked with each suffix of the search list, and only then as they are.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const dns = cluster.pod('b', 'coredns', 3)
    const server = cluster.pod('b', 'server', 16)
    await server.program('http-server', { port: 8080, seed: 95 })
    await dns.program('dns-server', {
      zone: {
        'api.payments.example.com': server.address,
        'hooks.example.org': server.address,
        'orders.shop.svc.cluster.local': server.address,
      },
    })
    cluster.service('10.96.0.10', 53, [`${dns.address}:53`], 'udp')
    client.etc(
      'resolv.conf',
      'nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
    )
    const capture = await startCapture(client, raw)
    const load = await client.program('lookup-client', {
      names: ['api.payments.example.com', 'hooks.example.org', 'orders'],
      everyMs: 1500,
      seconds: 9,
      port: 8080,
    })
    const result = await load.result
    await capture.stop()
    return { result }
  },
}

export const nagle = {
  file: 'nagle.pcap.gz',
  title: "Nagle's algorithm meets delayed ACKs",
  description: 'Each request is two small writes; the second waits about 40 ms for the ACK of the first.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    await server.program('line-server', { port: 6379 })
    const capture = await startCapture(client, raw)
    const load = await client.program('split-writer', { host: server.address, port: 6379, requests: 80, everyMs: 60 })
    const result = await load.result
    await capture.stop()
    return { result }
  },
}

export const fragNeeded = {
  file: 'frag-needed.pcap.gz',
  title: 'Fragmentation needed, said and ignored',
  description:
    'The path takes 1400 bytes and says so (ICMP fragmentation needed reaches the node), but the pod behind the tunnel goes on sending 1450.',
  command: 'tcpdump -i eth0 on node-b (the tunnel is inside)',
  cluster: { df: true },

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    await server.program('http-server', { port: 8080, seed: 94 })
    cluster.fabric.ip('link', 'set', 'to-a', 'mtu', '1400')
    // What the node learns it must not tell the pod.
    cluster.nodes.b.iptables('-A', 'INPUT', '-p', 'icmp', '-j', 'DROP')
    const capture = await startCapture(cluster.nodes.b, raw)
    const load = await client.program('http-client', {
      seed: 42,
      clients: [
        {
          host: server.address,
          port: 8080,
          name: 'api.shop',
          gapsMs: [500, 500],
          paths: ['/healthz', '/items?items=150'],
          timeoutMs: 8000,
        },
      ],
    })
    const result = await load.result
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({
    fragmentationNeeded: facts.rows('frame.number', 'icmp.type == 3 && icmp.code == 4').length,
  }),
}
