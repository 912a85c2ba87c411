// An HTTP/2 client without TLS, one connection: { host, port, rounds: [[request, ...], ...] }, the requests of a round at once.
// A request: { path, method, body, grpc, messages, cancelMs }. The first round is done before it is ready, the others when told "go".
import { connect, constants } from 'node:http2'

const { host, port, rounds } = JSON.parse(process.argv[2])
const session = connect(`http://${host}:${port}`)
session.on('error', () => {})

/** A gRPC message: not compressed, its length, and of that one field of Protocol Buffers, a text of `size` bytes below 16,384. */
function message(size) {
  const field = Buffer.concat([Buffer.of(0x0a, (size & 0x7f) | 0x80, size >> 7), Buffer.alloc(size, 'a')])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(field.length, 1)
  return Buffer.concat([head, field])
}

function ask({ path, method = 'GET', body, grpc = false, messages = 1, cancelMs }) {
  return new Promise((resolve) => {
    const stream = session.request(
      {
        ':method': grpc ? 'POST' : method,
        ':path': path,
        authorization: 'Bearer top-secret',
        ...(grpc && { 'content-type': 'application/grpc+proto', te: 'trailers' }),
      },
      { endStream: !grpc && body === undefined },
    )
    let status = 'reset'
    stream.on('response', (headers) => (status = headers['grpc-status'] ?? headers[':status']))
    stream.on('trailers', (headers) => (status = headers['grpc-status']))
    stream.on('error', () => {})
    stream.on('close', () => resolve(status))
    stream.resume()
    if (cancelMs) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), cancelMs)
    if (!grpc && body !== undefined) stream.end('x'.repeat(body))
    if (!grpc) return
    let left = messages
    const more = () => {
      if (left-- === 0) return stream.end()
      stream.write(message(60))
      setTimeout(more, left > 0 ? 8 : 0)
    }
    more()
  })
}

const statuses = []
async function round(requests) {
  for (const status of await Promise.all(requests.map(ask))) statuses.push(String(status))
}

await round(rounds[0])
process.on('message', async (text) => {
  if (text !== 'go') return
  for (const requests of rounds.slice(1)) await round(requests)
  session.close(() => process.send({ result: { statuses } }, () => process.disconnect()))
})
process.on('disconnect', () => process.exit(0))
process.send('ready')
