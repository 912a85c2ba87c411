// TLS handshakes of every course, and HTTP requests that do not wait for each other, by OpenSSL, curl and Node.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'
import { run } from '../network.mjs'

const SERVERS = [
  // Any version; what the client knows beforehand is wrong for the group, so that it has to say hello again.
  { port: 4433, args: [] },
  { port: 4434, args: ['-groups', 'P-384'] },
  { port: 4435, args: ['-tls1_3'] },
]

/** Port, what else the client is told, and whether it is meant to fail. */
const CLIENTS = [
  { port: 4433, args: ['-tls1_3', '-servername', 'api.shop.example', '-alpn', 'h2,http/1.1'] },
  { port: 4433, args: ['-tls1_2', '-servername', 'old.shop.example', '-sess_out', 'session'] },
  { port: 4433, args: ['-tls1_2', '-servername', 'old.shop.example', '-sess_in', 'session'] },
  { port: 4434, args: ['-tls1_3', '-servername', 'again.shop.example', '-groups', 'X25519:P-384'] },
  { port: 4435, args: ['-tls1_2', '-servername', 'refused.shop.example'], fails: true },
  { port: 4433, args: ['-tls1_3', '-servername', 'distrusted.shop.example', '-verify_return_error'], fails: true },
  { port: 4433, args: ['-tls1_2', '-servername', 'distrusted.shop.example', '-verify_return_error'], fails: true },
]

const PIPELINED = `
const socket = require('node:net').connect(8080, process.argv[1])
const ask = (method, path) => method + ' ' + path + ' HTTP/1.1\\r\\nHost: api.shop\\r\\nAuthorization: Bearer top-secret\\r\\n\\r\\n'
socket.write(ask('GET', '/healthz') + ask('HEAD', '/items') + ask('GET', '/items?items=60&token=top-secret'))
let text = ''
socket.on('data', (data) => {
  text += data
  if (text.split('HTTP/1.1 200').length > 3 && text.endsWith(']}')) socket.end()
})
`

export const handshakes = {
  file: 'handshakes.pcap.gz',
  title: 'TLS handshakes, and HTTP requests in a row',
  description:
    'Handshakes of TLS 1.3 and 1.2: plain, resumed, with a second hello, refused for the version, refused for the certificate; three HTTP requests sent at once, and one with a body that waits for "100 Continue".',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    const folder = mkdtempSync(join(tmpdir(), 'hopscope-tls-'))
    const at = (name) => join(folder, name)
    try {
      run('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=shop.example'],
        ...['-keyout', at('key'), '-out', at('certificate')],
      ])
      for (const { port, args } of SERVERS) {
        const common = ['-accept', String(port), '-key', at('key'), '-cert', at('certificate'), '-alpn', 'h2,http/1.1']
        server.spawn('openssl', ['s_server', ...common, '-www', '-quiet', ...args], { stdio: 'ignore' })
      }
      await server.program('http-server', { port: 8080, seed: 95 })
      await sleep(500)
      const capture = await startCapture(client, raw)
      for (const { port, args, fails } of CLIENTS) {
        const paths = args.map((arg) => (arg === 'session' ? at(arg) : arg))
        try {
          client.run('openssl', 's_client', '-connect', `${server.address}:${port}`, ...paths)
        } catch (error) {
          if (!fails) throw error
        }
        await sleep(100)
      }
      client.run(process.execPath, '-e', PIPELINED, server.address)
      client.run(
        ...['curl', '-s', '-o', '/dev/null', '-H', 'Expect: 100-continue', '--data-binary', `@${at('key')}`],
        ...[`http://${server.address}:8080/orders`, `http://${server.address}:8080/items?items=200`],
      )
      await capture.stop()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return {}
  },

  expect: (_made, facts) => ({
    clientHellos: facts.rows('frame.number', 'tls.handshake.type == 1').length,
    httpResponses: facts.rows('frame.number', 'http.response').length,
  }),
}
