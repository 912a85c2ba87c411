// Carries datagrams between two UDP sockets, each `delayMs` late, in order.
import { createSocket } from 'node:dgram'

const { delayMs, port, left, right } = JSON.parse(process.argv[2])

const sockets = [left, right].map(({ local }) => {
  const socket = createSocket('udp4')
  socket.bind(port, local)
  return socket
})
await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('listening', resolve))))
// Timers of one length fire in the order they were set, so nothing overtakes.
sockets[0].on('message', (bytes) => setTimeout(() => sockets[1].send(bytes, port, right.remote), delayMs))
sockets[1].on('message', (bytes) => setTimeout(() => sockets[0].send(bytes, port, left.remote), delayMs))
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
process.send('ready')
