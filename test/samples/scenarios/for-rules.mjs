// Captures for the rules of findings whose trouble is made by what a node remembers, or by two who claim the same.
import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export const duplicateAddress = {
  file: 'duplicate-address.pcap.gz',
  title: 'Two pods with one address',
  description:
    'A pod was given the address of another on the same bridge: both answer whoever asks for it, and connections reach now one and now the other.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('a', 'server', 21)
    const twin = cluster.pod('a', 'twin', 22)
    await server.program('http-server', { port: 8080, seed: 97 })
    await twin.program('http-server', { port: 8080, seed: 98 })
    twin.ip('address', 'add', `${server.address}/24`, 'dev', 'eth0')
    const capture = await startCapture(client, raw)
    const load = await client.program('connector', {
      seconds: 9,
      targets: [{ host: server.address, port: 8080, everyMs: 600 }],
    })
    for (let times = 0; times < 8; times++) {
      await sleep(1100)
      client.ip('neighbour', 'flush', 'dev', 'eth0')
    }
    const result = await load.result
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({ arpReplies: facts.rows('frame.number', 'arp.opcode == 2').length }),
}

export const standingQueue = {
  file: 'standing-queue.pcap.gz',
  title: 'A queue that does not empty',
  description:
    'Between the nodes 4 Mbit/s pass, and what is too much waits in a queue of 400 kB: a download fills it, and each round trip takes the longer the more of it is on its way.',
  command: 'tcpdump -i eth0 -s 120 in the server pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    cluster.fabric.tc('qdisc', 'add', 'dev', 'to-a', 'root', 'tbf', 'rate', '4mbit', 'burst', '5000', 'limit', '400000')
    // CUBIC leaves slow start where delays grow; this one fills the queue.
    server.ip('route', 'replace', 'default', 'via', '10.244.2.1', 'congctl', 'reno')
    await server.program('stream-server', { port: 5180, bytes: 380_000, everyMs: 1000, closeAfter: 1 })
    const capture = await startCapture(server, raw, { snapLength: 120 })
    const reader = await client.program('stream-reader', { host: server.address, port: 5180, seconds: 3 })
    const result = await reader.result
    await capture.stop()
    return { result }
  },
  expect: (_made, facts) => ({ retransmissions: facts.rows('frame.number', 'tcp.analysis.retransmission').length }),
}

export const conntrackInvalid = {
  file: 'conntrack-invalid.pcap.gz',
  title: 'Answers of a connection that connection tracking forgot',
  description:
    'The node’s conntrack forgets connections that are idle for three seconds and takes what belongs to none as INVALID: when the server speaks again its packet passes with the pod’s own address, the client resets what it does not know, and that ends the server’s side.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    await server.program('stream-server', { port: 5170, bytes: 700, everyMs: 1200 })
    await server.program('stream-server', { port: 5171, bytes: 700, everyMs: 5500 })
    cluster.service('10.96.31.10', 80, [`${server.address}:5170`])
    cluster.service('10.96.31.11', 80, [`${server.address}:5171`])
    cluster.nodes.a.sysctl(
      ...['net.netfilter.nf_conntrack_tcp_timeout_established=3', 'net.netfilter.nf_conntrack_tcp_loose=0'],
      'net.netfilter.nf_conntrack_tcp_be_liberal=0',
    )
    const capture = await startCapture(client, raw)
    const read = (host) => client.program('stream-reader', { host, port: 80, seconds: 60 })
    await read('10.96.31.10')
    for (let more = 0; more < 3; more++) await read('10.96.31.11')
    // The readers never hear that it is over.
    await sleep(8000)
    await capture.stop()
    return {}
  },

  expect: (_made, facts) => ({
    untranslated: facts.rows('frame.number', 'ip.src == 10.244.2.16').length,
    resetsToThePod: facts.rows('frame.number', 'ip.dst == 10.244.2.16 && tcp.flags.reset == 1').length,
  }),
}

export const dnsBlackHole = {
  file: 'dns-black-hole.pcap.gz',
  title: 'A source port whose questions go to a DNS pod that is gone',
  description:
    'The DNS pod was replaced. A client that asks from one port all the time keeps the old conntrack entry alive, and its questions go where nobody is; those from new ports are answered.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const old = cluster.pod('b', 'coredns-old', 3)
    const young = cluster.pod('b', 'coredns-new', 4)
    const zone = { 'orders.shop.svc.cluster.local': '10.96.31.10', 'cart.shop.svc.cluster.local': '10.96.31.11' }
    const names = Object.keys(zone)
    const program = await old.program('dns-server', { zone })
    await young.program('dns-server', { zone })
    cluster.service('10.96.0.10', 53, [`${old.address}:53`], 'udp')
    const ask = (seconds, ...sockets) =>
      client.program('dns-asker', {
        server: '10.96.0.10',
        seconds,
        sockets: sockets.map((each) => ({ names, ...each })),
      })
    const steady = { port: 40_053, everyMs: 1700 }
    await (
      await ask(1, steady)
    ).result
    // The service's endpoint changes; what flows already stays where it was. A CNI answers for an address that is gone with silence.
    await program.stop()
    for (const node of Object.values(cluster.nodes)) node.iptables('-t', 'nat', '-F', 'PREROUTING')
    cluster.service('10.96.0.10', 53, [`${young.address}:53`], 'udp')
    cluster.nodes.b.ip('route', 'add', 'blackhole', `${old.address}/32`)
    const capture = await startCapture(client, raw)
    const result = await (await ask(15, steady, { everyMs: 800 })).result
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({
    fromTheHole: facts.rows('frame.number', 'udp.srcport == 40053').length,
    toTheHole: facts.rows('frame.number', 'udp.dstport == 40053').length,
  }),
}
