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

async function load(client, raw, clients) {
  const capture = await startCapture(client, raw)
  const program = await client.program('http-client', { seed: 41, clients })
  await sleep(14_000)
  program.send('stop')
  const result = await program.result
  await capture.stop()
  return { result }
}
