// Sends requests in two small writes on one connection, with Nagle's algorithm on, and waits for the answer of each:
// { host, port, requests, everyMs }.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const { host, port, requests, everyMs } = JSON.parse(process.argv[2])
process.on('disconnect', () => process.exit(0))
process.send('ready')

const socket = connect({ host, port, noDelay: false })
const slow = []
for (let n = 0; n < requests; n++) {
  const began = performance.now()
  socket.write(`SET order:${n} 11\r\n`)
  // A turn of the event loop between them, else Node sends both at once.
  await sleep(2)
  socket.write('hello world\r\n')
  await new Promise((resolve) => socket.once('data', resolve))
  slow.push(Math.round(performance.now() - began))
  await sleep(everyMs)
}
socket.end()
socket.on('close', () =>
  process.send({ result: { requests, slowestMs: Math.max(...slow) } }, () => process.disconnect()),
)
