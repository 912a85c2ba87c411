import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

export default {
  file: 'zero-window.pcapng',
  title: 'A reader that stops reading',
  description:
    'Two pods read a stream of log lines; one of them stops reading for seven seconds, twice: its window closes, the sender probes, and the network is not to blame.',
  command: 'dumpcap -i eth0 -s 112 in the sending pod',

  async make(cluster, raw) {
    const server = cluster.pod('b', 'log-shipper', 71)
    const stalls = cluster.pod('a', 'indexer', 72)
    const reads = cluster.pod('a', 'archiver', 73)
    // Small buffers, as a pod with many connections has: they fill within a second.
    for (const pod of [stalls, reads]) pod.sysctl('net.ipv4.tcp_rmem=4096 16384 49152')
    await server.program('stream-server', { port: 5170, bytes: 3600, everyMs: 60 })
    const capture = await startCapture(server, raw, { tool: 'dumpcap', snapLength: 112, filter: 'tcp' })
    const target = { host: server.address, port: 5170, seconds: 28 }
    const readers = [
      await stalls.program('stream-reader', {
        ...target,
        pausesMs: [
          [4000, 11_000],
          [16_000, 23_000],
        ],
      }),
      await reads.program('stream-reader', target),
    ]
    const result = await Promise.all(readers.map((reader) => reader.result))
    await sleep(500)
    await capture.stop()
    return {
      result,
      names: {
        '10.244.2.71': 'log-shipper-9k2fd.logging',
        '10.244.1.72': 'indexer-0.logging',
        '10.244.1.73': 'archiver-0.logging',
      },
      interface: 'pod logging/log-shipper-9k2fd on node-b',
      stalls: stalls.address,
    }
  },

  expect({ stalls }, facts) {
    const stream = Number(facts.rows('tcp.stream', `ip.src == ${stalls} && tcp.flags.syn == 1`)[0][0])
    const closed = facts.rows('tcp.stream', 'tcp.window_size_value == 0 && tcp.flags.reset == 0').flat()
    return {
      worst: { stream, ...facts.ends(stream) },
      zeroWindowFrames: closed.length,
      zeroWindowStreams: [...new Set(closed.map(Number))],
    }
  },
}
