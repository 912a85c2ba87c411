// An HTTP/2 service without TLS that speaks gRPC as well: { port, thinkMs }.
// GET /items?items=N answers N rows, /missing 404, /refused a reset, /slow begins and never ends; POST answers 201.
// Told to "go away", it says so to every client.
// /shop.Orders/Get answers one message, List one every few milliseconds, Chat one for each; Fail ends with a status.
import { createServer, constants } from 'node:http2'
import { logNormal, random } from './random.mjs'

const { port = 8080, thinkMs = 3, seed = 5 } = JSON.parse(process.argv[2])
const next = random(seed)

/** A gRPC message: not compressed, its length, and of that one field of Protocol Buffers, a text of `size` bytes below 16,384. */
function message(size) {
  const field = Buffer.concat([Buffer.of(0x0a, (size & 0x7f) | 0x80, size >> 7), Buffer.alloc(size, 'a')])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(field.length, 1)
  return Buffer.concat([head, field])
}

function grpc(stream, path) {
  const ends = (status, text) => () =>
    stream.sendTrailers({ 'grpc-status': status, ...(text && { 'grpc-message': text }) })
  const begin = (status, text) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', ends(status, text))
  }
  if (path === '/shop.Orders/Chat') {
    begin('0')
    stream.on('data', () => stream.write(message(40)))
    stream.on('end', () => stream.end())
    return
  }
  stream.resume()
  stream.on('end', () => {
    if (path === '/shop.Orders/Get') {
      begin('0')
      setTimeout(() => stream.end(message(300)), logNormal(next, thinkMs, 0.5))
    } else if (path === '/shop.Orders/List') {
      begin('0')
      let left = 5
      const more = () => {
        if (left-- > 0) stream.write(message(900))
        else return stream.end()
        setTimeout(more, 5)
      }
      setTimeout(more, 10)
    } else if (path === '/shop.Orders/Fail') {
      begin('9', 'out of stock')
      setTimeout(() => stream.end(), 5)
    } else if (path === '/shop.Orders/Wait') {
      // Until its caller has had enough.
    } else {
      // As servers of gRPC do: the trailers alone.
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true })
    }
  })
}

const server = createServer()
server.on('stream', (stream, headers) => {
  stream.on('error', () => {})
  const url = new URL(headers[':path'], 'http://pod')
  if (headers['content-type']?.startsWith('application/grpc')) return grpc(stream, url.pathname)
  stream.resume()
  stream.on('end', () => {
    const wait = logNormal(next, thinkMs, 0.5)
    if (url.pathname === '/missing') stream.respond({ ':status': 404 }, { endStream: true })
    else if (url.pathname === '/refused') stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else if (url.pathname === '/slow') {
      stream.respond({ ':status': 200 })
      stream.write('{"rows":[')
    } else {
      setTimeout(() => {
        if (stream.destroyed) return
        stream.respond({ ':status': headers[':method'] === 'POST' ? 201 : 200, 'content-type': 'application/json' })
        stream.end('{"id":12},'.repeat(Number(url.searchParams.get('items') ?? 20)))
      }, wait)
    }
  })
})
server.on('sessionError', () => {})
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
const sessions = new Set()
server.on('session', (session) => {
  sessions.add(session)
  session.on('close', () => sessions.delete(session))
})
process.on('message', (text) => {
  if (text === 'go away') for (const session of sessions) session.goaway(constants.NGHTTP2_NO_ERROR)
})
server.listen(port, () => process.send('ready'))
