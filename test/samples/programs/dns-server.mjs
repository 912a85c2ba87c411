// A name server as CoreDNS answers in a cluster: { zone: { "orders.shop.svc.cluster.local": "10.96.31.10" } }.
// AAAA of a known name has no data; a name it does not know does not exist, at once in the cluster's domain, later outside it.
import { createSocket } from 'node:dgram'
import { logNormal, random } from './random.mjs'

const { host, port = 53, zone, seed = 3 } = JSON.parse(process.argv[2])
const next = random(seed)
const A = 1
const socket = createSocket('udp4')

function encoded(name) {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.of(0),
  ])
}

const SOA = (() => {
  const numbers = Buffer.alloc(20)
  for (const [index, value] of [1, 7200, 1800, 86_400, 30].entries()) numbers.writeUInt32BE(value, index * 4)
  const data = Buffer.concat([encoded('ns.dns.cluster.local'), encoded('hostmaster.cluster.local'), numbers])
  // Type SOA, class IN, 30 s, then the length of the data.
  const head = Buffer.from('000600010000001e0000', 'hex')
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([encoded('cluster.local'), head, data])
})()

function nameAt(bytes, at) {
  const labels = []
  for (; bytes[at] > 0 && bytes[at] < 64; at += bytes[at] + 1)
    labels.push(bytes.toString('latin1', at + 1, at + 1 + bytes[at]))
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function answer(query) {
  const { name, end } = nameAt(query, 12)
  const type = query.readUInt16BE(end)
  const address = Object.hasOwn(zone, name) ? zone[name] : undefined
  const records = []
  const authority = []
  if (address && type === A) {
    const record = Buffer.from('c00c000100010000001e0004', 'hex')
    records.push(record, Buffer.from(address.split('.').map(Number)))
  } else {
    // Says how long the "no" may be remembered.
    authority.push(SOA)
  }
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8580 | (address ? 0 : 3), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length > 0 ? 1 : 0, 6)
  header.writeUInt16BE(authority.length, 8)
  return {
    message: Buffer.concat([header, query.subarray(12, end + 4), ...records, ...authority]),
    near: name.endsWith('.local'),
  }
}

socket.on('message', (query, { address, port: from }) => {
  const { message, near } = answer(query)
  setTimeout(() => socket.send(message, from, address), logNormal(next, near ? 0.6 : 14, 0.4))
})
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
socket.bind(port, host, () => process.send('ready'))
