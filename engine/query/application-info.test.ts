import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Packet, TRANSPORT } from '../decode/packet.ts'
import { readWhole } from '../testing/read-whole.ts'
import { applicationInfo } from './application-info.ts'

const ROOT = new URL('../../', import.meta.url)

async function listed(path: string) {
  const file = readFileSync(new URL(path, ROOT))
  const bytes = path.endsWith('.gz') ? gunzipSync(file) : file
  const engine = readWhole(bytes)
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const rows = await engine.packetRows(
    Array.from({ length: engine.packets.rows }, (_, row) => row),
    read,
  )
  return rows.map(({ protocol, info }) => `${protocol} ${info}`)
}

function payload(bytes: Uint8Array, transport: number, port = 80): Packet {
  const packet = new Packet()
  return Object.assign(packet, {
    bytes,
    transport,
    sourcePort: 40_000,
    destinationPort: port,
    payloadAt: 0,
    payloadLength: bytes.length,
    end: bytes.length,
    sourceAt: 0,
  })
}

describe('the protocol inside', () => {
  it('is DNS with its question and what answered it, and HTTP with its first line', async () => {
    const lines = await listed('resources/samples/dns-5s.pcap')
    expect(lines).toContainEqual(
      expect.stringMatching(/^DNS Standard query 0x[0-9a-f]{4} AAAA \w+\.shop\.svc\.cluster\.local$/),
    )
    expect(lines).toContainEqual(expect.stringMatching(/^DNS Standard query response 0x[0-9a-f]{4} A \S+ 1 answer$/))
    expect(lines).toContainEqual(expect.stringMatching(/^HTTP GET \S+ HTTP\/1\.1$/))
    expect(lines).toContainEqual(expect.stringMatching(/^HTTP HTTP\/1\.1 200 OK$/))
  })

  it('says that there is no such name', async () => {
    const lines = await listed('test/fixtures/captures/ndots.pcap.gz')
    expect(lines).toContainEqual(expect.stringMatching(/^DNS Standard query response 0x[0-9a-f]{4} No such name A /))
  })

  it('is TLS with its records and the name that is asked for', async () => {
    const lines = await listed('test/fixtures/captures/handshakes.pcap.gz')
    expect(lines).toContainEqual(expect.stringMatching(/^TLS Client Hello \(SNI=[a-z.-]+\)$/))
    expect(lines).toContainEqual(expect.stringMatching(/^TLS Server Hello/))
    expect(lines).toContainEqual(expect.stringMatching(/^TLS Application Data/))
  })

  it('is HTTP/2 with its frames, and gRPC in them', async () => {
    const lines = await listed('test/fixtures/captures/http2.pcap.gz')
    expect(lines[206]).toBe('HTTP2 HEADERS[3]: GET /slow, HEADERS[5]: GET /refused, HEADERS[7]: GET /items')
    expect(lines[207]).toBe('HTTP2 HEADERS[3]: 200, DATA[3]')
    // Behind the rest of DATA[21].
    expect(lines[145]).toBe('HTTP2 DATA[17]')
    expect(lines[208]).toBe('HTTP2 RST_STREAM[5] REFUSED_STREAM')
    expect(lines[217]).toBe('HTTP2 GOAWAY[0] NO_ERROR')
    expect(lines[72]).toBe('HTTP2 HTTP/1.1 101 Switching Protocols, SETTINGS[0]')
    const calls = await listed('test/fixtures/captures/grpc.pcap.gz')
    expect(calls[128]).toBe('GRPC HEADERS[23]: POST /shop.Orders/Get, DATA[23] (GRPC)')
    expect(calls[133]).toBe('HTTP2 DATA[23]')
  })

  it('is told behind what the labels say', async () => {
    const lines = await listed('resources/samples/loss-episode.pcapng')
    expect(lines).toContainEqual(expect.stringMatching(/^HTTP \[TCP [^\]]+\] (?:GET|POST|HTTP\/1\.1) /))
  })

  it('is not guessed from the middle of a message, and no bytes make it fail', () => {
    const text = (line: string) => payload(new TextEncoder().encode(line), TRANSPORT.tcp)
    expect(applicationInfo(text('GETTING there'))).toBeUndefined()
    expect(applicationInfo(text('HTTP is fine'))).toBeUndefined()
    expect(applicationInfo(text('GET /a/very/long'))?.info).toBe('GET /a/very/long…')
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(TRANSPORT.tcp, TRANSPORT.udp),
        fc.constantFrom(53, 443),
        (bytes, transport, port) => {
          const tlsLike = Uint8Array.of(22, 3, 1, 0, 40, ...bytes)
          for (const each of [bytes, tlsLike]) {
            const found = applicationInfo(payload(each, transport, port))
            if (found) expect(found.info).not.toBe('')
          }
        },
      ),
    )
  })
})
