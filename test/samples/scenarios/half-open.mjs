import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'half-open.pcap',
  title: 'A peer that vanished',
  description:
    'A node dies without a word: the open connections to its pod send the same segment again and again at doubling intervals, new connections get no answer, and those to the neighbour on the own node go on.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'worker', 33)
    const near = cluster.pod('a', 'cache', 34)
    const far = cluster.pod('b', 'queue', 35)
    await near.program('http-server', { port: 6380, seed: 81, name: 'cache', thinkMs: 1 })
    await far.program('http-server', { port: 5672, seed: 82, name: 'queue', thinkMs: 3 })
    const capture = await startCapture(client, raw)
    const began = Date.now()
    const queue = { host: far.address, port: 5672, name: 'queue-0.queue.shop' }
    const load = await client.program('http-client', {
      seed: 31,
      clients: [
        { ...queue, paths: ['/jobs/next'], everyMs: 600, items: 5 },
        { ...queue, paths: ['/jobs/ack'], everyMs: 900, items: 2, timeoutMs: 9000 },
        { host: near.address, port: 6380, name: 'cache-0.cache.shop', paths: ['/cache'], everyMs: 800, items: 6 },
      ],
    })
    await sleep(began + 7000 - Date.now())
    // The node's cable is pulled; nothing is left to send an ICMP error.
    cluster.fabric.iptables('-I', 'FORWARD', '-o', 'to-b', '-j', 'DROP')
    cluster.fabric.iptables('-I', 'FORWARD', '-i', 'to-b', '-j', 'DROP')
    const gone = Date.now()
    await sleep(began + 42_000 - Date.now())
    await capture.stop()
    load.kill('SIGKILL')
    return { gone }
  },

  expect({ gone }, facts) {
    const again = facts.rows('tcp.stream', 'tcp.analysis.retransmission && tcp.len > 0').flat().map(Number)
    const worst = [...new Set(again)].sort(
      (a, b) => again.filter((s) => s === b).length - again.filter((s) => s === a).length,
    )[0]
    return {
      goneAt: Number((gone / 1000 - facts.firstTime).toFixed(3)),
      worst: { stream: worst, ...facts.ends(worst) },
    }
  },
}
