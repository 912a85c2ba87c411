// Servers that are to blame themselves, on a network that is well.
import { startCapture } from '../capture.mjs'
import { setTimeout as sleep } from 'node:timers/promises'

export const slowServer = {
  file: 'slow-server.pcap.gz',
  title: 'A server that thinks for long now and then',
  description: 'Every eighth answer of one server takes 1.5 s and more before it begins; another server is quick.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const slow = cluster.pod('b', 'slow', 16)
    const quick = cluster.pod('b', 'quick', 17)
    await slow.program('http-server', { port: 8080, seed: 101, slow: { every: 8, ms: 1500 } })
    await quick.program('http-server', { port: 8080, seed: 102 })
    return load(client, raw, [
      { host: slow.address, port: 8080, name: 'search.shop', paths: ['/search', '/suggest'], everyMs: 120, items: 4 },
      { host: quick.address, port: 8080, name: 'cart.shop', paths: ['/cart'], everyMs: 300, items: 3 },
    ])
  },
  expect: (_made, facts) => ({ httpResponses: facts.rows('frame.number', 'http.response').length }),
}

export const serverErrors = {
  file: 'server-errors.pcap.gz',
  title: 'A server that answers with errors',
  description: 'Every fifth answer of one server is 503; another server answers 404 to what it does not have.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const failing = cluster.pod('b', 'failing', 16)
    const other = cluster.pod('b', 'other', 17)
    await failing.program('http-server', { port: 8080, seed: 103, fail: { every: 5, status: 503 } })
    await other.program('http-server', { port: 8080, seed: 104, fail: { every: 2, status: 404 } })
    return load(client, raw, [
      { host: failing.address, port: 8080, name: 'pay.shop', paths: ['/pay'], everyMs: 250, items: 3 },
      { host: other.address, port: 8080, name: 'cart.shop', paths: ['/cart'], everyMs: 300, items: 3 },
    ])
  },
  expect: (_made, facts) => ({
    unavailable: facts.rows('frame.number', 'http.response.code == 503').length,
    httpResponses: facts.rows('frame.number', 'http.response').length,
  }),
}

export const pausedServer = {
  file: 'paused-server.pcap.gz',
  title: 'A server that is stopped now and then',
  description:
    'The server program gets no processor for 150 to 270 ms, five times, as in a long garbage collection; its kernel goes on. Another server is well.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const paused = cluster.pod('b', 'paused', 16)
    const other = cluster.pod('b', 'other', 17)
    const program = await paused.program('http-server', { port: 8080, seed: 105 })
    await other.program('http-server', { port: 8080, seed: 106 })
    const to = ({ address }, name) => ({ host: address, port: 8080, name, paths: ['/stock'], everyMs: 70, items: 1 })
    const clients = [
      ...Array.from({ length: 6 }, () => to(paused, 'stock.shop')),
      ...Array.from({ length: 2 }, () => to(other, 'cart.shop')),
    ]
    return load(client, raw, clients, async () => {
      for (let times = 0; times < 5; times++) {
        await sleep(550)
        program.kill('SIGSTOP')
        await sleep(150 + 30 * times)
        program.kill('SIGCONT')
      }
      await sleep(500)
    })
  },
  expect: (_made, facts) => ({ httpResponses: facts.rows('frame.number', 'http.response').length }),
}

async function load(client, raw, clients, meanwhile = () => sleep(14_000)) {
  const capture = await startCapture(client, raw)
  const program = await client.program('http-client', { seed: 41, clients })
  await meanwhile()
  program.send('stop')
  const result = await program.result
  await capture.stop()
  return { result }
}
