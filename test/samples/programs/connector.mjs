// Opens connections and closes them at once when they open: { targets: [{ host, port, everyMs, timeoutMs }], seconds }.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const { targets, seconds } = JSON.parse(process.argv[2])
process.on('disconnect', () => process.exit(0))
process.send('ready')

const until = performance.now() + seconds * 1000
async function run({ host, port, everyMs, timeoutMs }) {
  const outcomes = {}
  while (performance.now() < until) {
    const outcome = await new Promise((resolve) => {
      const socket = connect({ host, port })
      const timer = timeoutMs && setTimeout(() => socket.destroy(new Error('timed out')), timeoutMs)
      socket.on('connect', () => socket.end())
      socket.on('error', (error) => resolve(error.code ?? error.message))
      socket.on('close', () => {
        clearTimeout(timer)
        resolve('connected')
      })
      socket.resume()
    })
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    await sleep(everyMs)
  }
  return [`${host}:${port}`, outcomes]
}

const result = Object.fromEntries(await Promise.all(targets.map(run)))
process.send({ result }, () => process.disconnect())
