// Sends `bytes` of log lines every `everyMs` to whoever connects, and waits while the reader does not read.
// `closeAfter`: closes the connection after so many pieces.
import { createServer } from 'node:net'
import { random } from './random.mjs'

const { host, port, bytes, everyMs, closeAfter = Infinity, seed = 6 } = JSON.parse(process.argv[2])
const next = random(seed)
const LEVELS = ['info', 'info', 'info', 'warn', 'debug']

function lines() {
  let text = ''
  while (text.length < bytes) {
    text += `${new Date().toISOString()} ${LEVELS[Math.floor(next() * LEVELS.length)]} order=${Math.floor(next() * 1e9)} ms=${Math.floor(next() * 90)}\n`
  }
  return text
}

const server = createServer({ noDelay: true }, (socket) => {
  let pieces = 0
  const timer = setInterval(() => {
    if (++pieces > closeAfter) return socket.end()
    // A producer with a bounded queue: what does not fit now is not made.
    if (socket.writableLength < 65_536) socket.write(lines())
  }, everyMs)
  socket.on('close', () => clearInterval(timer))
  socket.on('error', () => {})
  socket.resume()
})
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
server.listen(port, host, () => process.send('ready'))
