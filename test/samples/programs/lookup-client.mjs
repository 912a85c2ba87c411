// Looks names up with the C library's resolver, then asks what it found over HTTP, a connection each time.
// { names: [..], everyMs, seconds, path }
import { lookup } from 'node:dns/promises'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { random } from './random.mjs'

const { names, everyMs, seconds, path = '/healthz', port = 80, seed = 4 } = JSON.parse(process.argv[2])
process.on('disconnect', () => process.exit(0))
process.send('ready')

const until = performance.now() + seconds * 1000
async function worker(index) {
  const next = random(seed + index)
  const slow = []
  let lookups = 0
  await sleep((everyMs * index) / names.length)
  while (performance.now() < until) {
    const name = names[index]
    const began = performance.now()
    const found = await lookup(name, { all: true }).catch((error) => error.code)
    const ms = Math.round(performance.now() - began)
    lookups++
    if (ms > 1000 || !Array.isArray(found)) slow.push({ name, ms, found })
    if (Array.isArray(found) && found.length > 0) await ask(found[0].address, name)
    await sleep(everyMs * (0.6 + 0.8 * next()))
  }
  return { lookups, slow }
}

function ask(address, name) {
  return new Promise((resolve) => {
    const call = get({ host: address, port, path, agent: false, headers: { host: name } }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    call.on('error', resolve)
  })
}

const results = await Promise.all(names.map((_, index) => worker(index)))
process.send(
  {
    result: {
      lookups: results.reduce((sum, { lookups }) => sum + lookups, 0),
      slow: results.flatMap(({ slow }) => slow),
    },
  },
  () => process.disconnect(),
)
