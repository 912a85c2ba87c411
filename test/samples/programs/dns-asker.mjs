// Asks a DNS server for A records, from source ports of its own: { server, seconds, sockets: [{ port, everyMs, names }] }.
// A socket without `port` takes a new one for each question.
import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'

const { server, seconds, sockets } = JSON.parse(process.argv[2])
process.on('disconnect', () => process.exit(0))
let id = 1

function question(name) {
  const header = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  id++
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]))
  return Buffer.concat([header, ...labels, Buffer.of(0, 0, 1, 0, 1)])
}

function open(port) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    // What comes back by ICMP is not its business.
    socket.on('error', () => {})
    socket.bind(port, () => resolve(socket))
  })
}

async function ask({ port, everyMs, names }) {
  const until = performance.now() + seconds * 1000
  const counts = { asked: 0, answered: 0 }
  const kept = port === undefined ? undefined : await open(port)
  kept?.on('message', () => counts.answered++)
  for (let turn = 0; performance.now() < until; turn++) {
    const socket = kept ?? (await open(0))
    if (!kept) socket.once('message', () => counts.answered++)
    socket.send(question(names[turn % names.length]), 53, server)
    counts.asked++
    await sleep(everyMs)
    if (!kept) socket.close()
  }
  kept?.close()
  return counts
}

process.send('ready')
const results = await Promise.all(sockets.map(ask))
process.send({ result: { results } }, () => process.disconnect())
