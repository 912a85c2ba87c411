// Reads a stream but for its pauses: { host, port, pausesMs: [[from, to], ...], seconds, keepAlive, localPort }.
import { connect } from 'node:net'

const { host, port, pausesMs = [], seconds, keepAlive, localPort } = JSON.parse(process.argv[2])
const socket = connect({ host, port, ...(localPort && { localPort }) })
if (keepAlive) socket.setKeepAlive(true, 1000)
let bytes = 0
// 'readable' would read ahead; with 'data' and pause() the kernel's buffer fills as it should.
socket.on('data', (chunk) => (bytes += chunk.length))
socket.on('error', () => {})
for (const [from, to] of pausesMs) {
  setTimeout(() => socket.pause(), from)
  setTimeout(() => socket.resume(), to)
}
setTimeout(() => socket.end(), seconds * 1000)
socket.on('close', () => process.send({ result: { bytes } }, () => process.disconnect()))
process.on('disconnect', () => process.exit(0))
process.send('ready')
