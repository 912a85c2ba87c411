// Carries datagrams between two UDP sockets, each `delayMs` late, in order but for the faults asked for:
// { loss, duplicate, reorder } are shares of the packets; a reordered one is `lateMs` later than the rest.
import { createSocket } from 'node:dgram'
import { random } from './random.mjs'

const { delayMs, port, left, right, faults = {}, seed = 1 } = JSON.parse(process.argv[2])
const { loss = 0, duplicate = 0, reorder = 0, lateMs = 4 } = faults
const next = random(seed)

const sockets = [left, right].map(({ local }) => {
  const socket = createSocket('udp4')
  socket.bind(port, local)
  return socket
})
await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('listening', resolve))))

/** Timers of one length fire in the order they were set, so nothing overtakes by chance. */
function carry(bytes, socket, remote) {
  if (next() < loss) return
  const late = next() < reorder ? lateMs : 0
  setTimeout(() => socket.send(bytes, port, remote), delayMs + late)
  if (next() < duplicate) setTimeout(() => socket.send(bytes, port, remote), delayMs + late)
}
sockets[0].on('message', (bytes) => carry(bytes, sockets[1], right.remote))
sockets[1].on('message', (bytes) => carry(bytes, sockets[0], left.remote))
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
process.send('ready')
