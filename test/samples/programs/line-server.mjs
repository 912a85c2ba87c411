// Answers "+OK" to every second line; its backlog and whether it says so at once are configured: { port, backlog }.
import { createServer } from 'node:net'

const { host, port, backlog } = JSON.parse(process.argv[2])
const server = createServer((socket) => {
  let lines = 0
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      text = text.slice(end + 1)
      if (++lines % 2 === 0) socket.write('+OK\r\n')
    }
  })
  socket.on('error', () => {})
})
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
server.listen({ host, port, backlog }, () => process.send('ready'))
