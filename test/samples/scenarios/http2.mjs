// HTTP/2 without TLS: chosen beforehand, asked for by an upgrade, refused; and gRPC on it. By Node, nginx, nghttp2 and curl.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'

const nginxConfig = (folder) => `
daemon off; pid ${folder}/pid; error_log /dev/null; worker_processes 1; user root;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 8081 http2; location / { root ${folder}; } location /moved { return 302 /items; } }
}
`

const field = (facts, name, filter = name) =>
  facts.rows(name, filter).flatMap(([value]) => value.split(',').filter(Boolean))

export const http2 = {
  file: 'http2.pcap.gz',
  title: 'HTTP/2 by every way in',
  description:
    'HTTP/2 by prior knowledge (nginx, Node), by an upgrade from HTTP/1.1 that is taken (nghttpx) and one that is not (Node), many streams at once, streams that are reset and a GOAWAY; one connection is older than the capture.',
  command: 'tcpdump -i eth0 in the client pod',
  decodeAs: ['tcp.port==8080,http2'],

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    const folder = mkdtempSync(join(tmpdir(), 'hopscope-h2-'))
    const curl = (...args) =>
      client.run('curl', '-s', '-o', '/dev/null', '-H', 'Authorization: Bearer top-secret', ...args)
    try {
      writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder))
      writeFileSync(join(folder, 'items'), '{"id":12},'.repeat(300))
      const service = await server.program('h2c-server', { port: 8080 })
      await server.program('http-server', { port: 8083, seed: 95 })
      server.spawn('nginx', ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
      server.spawn(
        'nghttpx',
        [
          ...['--conf=/dev/null', '--frontend=*,8082;no-tls', '--backend=127.0.0.1,8080;;proto=h2', '--workers=1'],
          ...['--errorlog-file=/dev/null', '--accesslog-file=/dev/null'],
        ],
        { stdio: 'ignore' },
      )
      await sleep(700)
      const old = await client.program('h2c-client', {
        host: server.address,
        port: 8080,
        rounds: [
          [{ path: '/items' }, { path: '/healthz' }],
          [{ path: '/items' }, { path: '/orders/7' }, { path: '/missing' }],
          [{ path: '/items?items=900' }],
        ],
      })
      const capture = await startCapture(client, raw, { snapLength: 16_384 })
      old.send('go')
      await old.result
      const at = (port, path) => `http://${server.address}:${port}${path}`
      curl('--http2-prior-knowledge', at(8081, '/items'))
      client.run('nghttp', '-n', at(8081, '/items'), at(8081, '/moved'), at(8081, '/missing?token=top-secret'))
      // Taken: the request that asks for it is stream 1.
      curl('--http2', at(8082, '/items?items=40'))
      client.run('nghttp', '-u', '-n', at(8082, '/upgraded'), at(8082, '/items?items=10'))
      curl('--http2', '--data-binary', 'x'.repeat(2000), at(8082, '/orders'))
      // Not taken: it stays HTTP/1.1.
      curl('--http2', at(8083, '/items?items=5'), at(8083, '/healthz'))
      client.run('h2load', '-n', '24', '-c', '1', '-m', '8', at(8080, '/items?items=50'))
      const last = await client.program('h2c-client', {
        host: server.address,
        port: 8080,
        rounds: [
          [{ path: '/orders', method: 'POST', body: 20_000 }],
          [{ path: '/slow', cancelMs: 120 }, { path: '/refused' }, { path: '/items' }],
          [{ path: '/items' }],
        ],
      })
      last.send('go')
      const result = await last.result
      service.send('go away')
      await capture.stop()
      return { result }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },

  expect: (_made, facts) => ({
    requestsInHttp2: field(facts, 'http2.headers.method').length,
    statusesInHttp2: field(facts, 'http2.headers.status').length,
    resetStreams: facts.rows('frame.number', 'http2.rst_stream.error').length,
    requestsInHttp1: field(facts, 'http.request.method').length,
  }),
}

export const grpc = {
  file: 'grpc.pcap.gz',
  title: 'gRPC calls of every kind',
  description:
    'Single calls, streams of messages in either direction and both, failures, a method that is not there and a call that its caller cancels; one connection is older than the capture.',
  command: 'tcpdump -i eth0 in the client pod',
  decodeAs: ['tcp.port==50051,http2'],

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    await server.program('h2c-server', { port: 50_051, thinkMs: 6 })
    const call = (method, more = {}) => ({ path: `/shop.Orders/${method}`, grpc: true, ...more })
    const rounds = [
      [call('Get'), call('List')],
      [call('Get'), call('Get'), call('Get')],
      [call('List'), call('Chat', { messages: 4 }), call('Get')],
      [call('Fail'), call('NoSuch'), call('Wait', { cancelMs: 150 })],
      [call('Get', { messages: 3 })],
    ]
    const start = () => client.program('h2c-client', { host: server.address, port: 50_051, rounds })
    const old = await start()
    const capture = await startCapture(client, raw, { snapLength: 16_384 })
    old.send('go')
    await old.result
    const young = await start()
    young.send('go')
    const result = await young.result
    await capture.stop()
    return { result }
  },

  expect: (_made, facts) => ({
    messages: field(facts, 'grpc.message_length').length,
    statuses: field(facts, 'http2.header.value', 'http2.header.name == "grpc-status"').length,
  }),
}
