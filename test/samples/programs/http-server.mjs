// An HTTP service: GET /healthz is small; any other path answers ?items=N rows of JSON after some think time.
// `slow`: every so many answers take so much longer; `fail`: every so many have that status.
import { createServer } from 'node:http'
import { logNormal, random } from './random.mjs'

const {
  port = 8080,
  seed = 1,
  name = 'orders',
  thinkMs = 4,
  keepAliveSeconds = 600,
  host,
  slow,
  fail,
} = JSON.parse(process.argv[2])
const next = random(seed)
const STATES = ['new', 'paid', 'packed', 'shipped', 'returned']

function body(path, items) {
  const rows = Array.from({ length: items }, (_, index) => ({
    id: Math.floor(next() * 1e9).toString(36),
    line: index + 1,
    state: STATES[Math.floor(next() * STATES.length)],
    cents: Math.floor(logNormal(next, 2400, 0.8)),
  }))
  return JSON.stringify({ service: name, path, rows })
}

let answers = 0
const isTurn = (each) => each !== undefined && answers % each.every === 0
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://pod')
  const small = url.pathname === '/healthz'
  const text = small ? '{"status":"ok"}' : body(url.pathname, Number(url.searchParams.get('items') ?? 8))
  if (!small) answers++
  const wait = small ? 0 : logNormal(next, thinkMs, 0.6) + (isTurn(slow) ? slow.ms * (1 + next()) : 0)
  const status = !small && isTurn(fail) ? fail.status : 200
  request.resume()
  request.on('end', () =>
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      response.end(text)
    }, wait),
  )
})
server.keepAliveTimeout = keepAliveSeconds * 1000
server.on('clientError', (_error, socket) => socket.destroy())
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
server.listen(port, host, () => process.send('ready'))
