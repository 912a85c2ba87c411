// HTTP clients, one connection each, kept alive. When a request fails, the next one opens a new connection.
// { seed, clients: [{ host, port, name, paths, everyMs, timeoutMs, items, gapsMs }] }; `gapsMs` fixes the pauses instead of everyMs.
// After `stop` each ends its request and closes; the result says how the requests went.
import { setMaxListeners } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { logNormal, random } from './random.mjs'

const { seed = 7, clients } = JSON.parse(process.argv[2])
let running = true
const stopping = new AbortController()
setMaxListeners(0, stopping.signal)
process.on('message', (message) => {
  if (message !== 'stop') return
  running = false
  stopping.abort()
})
process.on('disconnect', () => process.exit(0))

function once(agent, client, path) {
  return new Promise((resolve) => {
    const began = performance.now()
    const done = (status) => resolve({ status, ms: Math.round(performance.now() - began) })
    const call = request({
      agent,
      host: client.host,
      port: client.port,
      path,
      headers: { host: client.name, 'user-agent': 'checkout/2.14', accept: 'application/json' },
    })
    if (client.timeoutMs) call.setTimeout(client.timeoutMs, () => call.destroy(new Error('timed out')))
    call.on('response', (response) => {
      response.resume()
      response.on('end', () => done(String(response.statusCode)))
      response.on('error', (error) => done(error.code ?? error.message))
    })
    call.on('error', (error) => done(error.code ?? error.message))
    call.end()
  })
}

async function run(client, index) {
  const next = random(seed * 1000 + index)
  // Node would send TCP keep-alives after a second; most clients wait the kernel's two hours.
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: 7_200_000, maxSockets: 1 })
  const results = []
  for (let turn = 0; running && (!client.gapsMs || turn <= client.gapsMs.length); turn++) {
    const path = client.paths[turn % client.paths.length]
    const items = Math.min(400, Math.ceil(logNormal(next, client.items ?? 10, 0.7)))
    const { status, ms } = await once(
      agent,
      client,
      path.includes('?') || path === '/healthz' ? path : `${path}?items=${items}`,
    )
    results.push({ status, ms })
    const pause = client.gapsMs ? client.gapsMs[turn] : client.everyMs * (0.4 + 1.2 * next())
    if (pause !== undefined) await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
  }
  agent.destroy()
  return results
}

process.send('ready')
const results = (await Promise.all(clients.map(run))).flat()
const summary = {}
for (const { status } of results) summary[status] = (summary[status] ?? 0) + 1
process.send(
  { result: { requests: results.length, slowestMs: Math.max(...results.map(({ ms }) => ms)), summary } },
  () => process.disconnect(),
)
