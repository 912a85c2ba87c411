import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readWhole } from '../../testing/read-whole.ts'
import { checkFilter, compileFilter } from './display-filter.ts'
import { fieldCatalog } from './field-catalog.ts'
import { OUTCOME } from './outcome.ts'

const ROOT = new URL('../../../', import.meta.url)

const capture = (path: string) => {
  const file = readFileSync(new URL(path, ROOT))
  return opened(path.endsWith('.gz') ? gunzipSync(file) : file)
}

function opened(bytes: Uint8Array) {
  const engine = readWhole(bytes)
  let readBytes = 0
  const read = async (offset: number, length: number) => {
    readBytes += length
    return bytes.subarray(offset, offset + length)
  }
  const frames = async (filter: string) => Array.from((await engine.select({ filter }, read)) ?? [], (row) => row + 1)
  return { engine, bytes, frames, readBytes: () => readBytes }
}

const ndots = capture('test/fixtures/captures/ndots.pcap.gz')
const handshakes = capture('test/fixtures/captures/handshakes.pcap.gz')
const grpc = capture('test/fixtures/captures/grpc.pcap.gz')
const upgraded = capture('test/fixtures/captures/http2.pcap.gz')
const slow = capture('resources/samples/dns-5s.pcap')

/** The first connection of the handshakes, its ClientHello sent in two segments, the first with 100 bytes of it. */
function splitHello(): Uint8Array {
  const { bytes, engine } = handshakes
  const { offset, capturedLength } = engine.packets.chunk(0)
  const record = (row: number) => bytes.slice(offset[row] - 16, offset[row] + capturedLength[row])
  const hello = record(5)
  const headers = 16 + 14 + 20 + 32
  const piece = (from: number, to: number): Uint8Array => {
    const packet = Uint8Array.from([...hello.subarray(0, headers), ...hello.subarray(headers + from, headers + to)])
    const view = new DataView(packet.buffer)
    view.setUint32(8, packet.length - 16, true)
    view.setUint32(12, packet.length - 16, true)
    view.setUint16(16 + 16, packet.length - 16 - 14)
    view.setUint32(16 + 38, view.getUint32(16 + 38) + from)
    return packet
  }
  const packets = [record(2), record(3), record(4), piece(0, 100), piece(100, hello.length - headers)]
  return Uint8Array.from([...bytes.subarray(0, 24), ...packets.flatMap((packet) => [...packet])])
}

/** "1-3 7" */
const numbers = (text: string): number[] =>
  text.split(' ').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })

// As tshark 4.0.17 answers: tshark -o tcp.desegment_tcp_streams:FALSE -r FILE -Y FILTER -T fields -e frame.number
const HANDSHAKES = [
  ['http.request', '102 120 128'],
  ['http.request.method == "POST"', '120 128'],
  ['http.request.uri contains "items"', '102 128'],
  ['http.response', '104 106 108 122 127 129 133'],
  ['http.response.code == 200', '104 106 108 127 133'],
  ['http.response.code', '104 106 108 122 127 129 133'],
  ['http.response.phrase == "Continue"', '122 129'],
  ['http.host contains "shop"', '102'],
  ['http.content_length > 100', '106 108 120 127-128 133'],
  ['tls.record.content_type == 22', '6 8 22 24 26-27 36 38 40 50 52 54-55 70 80 82 91 93'],
  ['tls.handshake.type == 1', '6 22 36 50 54 70 80 91'],
  ['tls.handshake.type == "Server Hello"', '8 24 38 52 55 82 93'],
  ['tls.handshake.extensions_server_name', '6 22 36 50 54 70 80 91'],
  ['tls.handshake.extensions_alpn_str == "h2"', '6'],
  ['tls.handshake.ciphersuite == 0x1302', '6 8 50 52 54-55 80 82'],
  ['tls.alert_message.desc', '72 84 95'],
  ['tls.change_cipher_spec', '8 10 26-27 38 40 52 54 82'],
] as const
const NDOTS = [
  ['dns.flags.rcode == 3 && frame.number < 40', '5-6 9-10 13-14 32-33 36-37'],
  ['dns.qry.type == 28 && frame.number < 40', '4 6 8 10 12 14 16 18 31 33 35 37 39'],
  ['dns.a', '17 45 58 84 110 124 138 164 190 216 230 256 282 296 336 346 362 389 415 428'],
  ['dns.time && frame.number < 40', '5-6 9-10 13-14 17-18 32-33 36-37'],
  ['dns.resp.type == 6 && frame.number < 40', '5-6 9-10 13-14 18 32-33 36-37'],
  ['dns contains "shop" && frame.number < 75', '3-6 30-33 56-59 70-73'],
  ['dns.id == 0x060a', '3 5'],
] as const

// With -d tcp.port==50051,http2.
const GRPC = [
  ['http2.headers.method == "POST"', '2 18 44 53 75 89 98 122 129'],
  ['http2.rst_stream.error == "CANCEL"', '52 128'],
  ['http2.goaway.error', '63-65 67 139-140 142-143'],
  ['http2.goaway.last_stream_id > 0', '64 67 142-143'],
  ['http2.headers.path == "/shop.Orders/Get"', '2 18 53 75 89 98 129'],
  ['http2.headers.status == 200', '5 8 19 21 23 47 49 59 77 92 94 99 101 125 135'],
  [
    'http2',
    '2-3 5 7-9 11-12 14-16 18-27 29-32 34-38 40-41 43-45 47-50 52-53 55-57 59-60 62-65 67 73 75 77-80 82-83 85-86 88-90 92-95 97-104 106-107 109-111 113-115 117-119 121-123 125-126 128-129 131-132 134-136 138-140 142-143',
  ],
  ['http2.magic', '75'],
  ['http2.flags.ack.settings == 1', '77-78'],
  ['http2.streamid == 5', '2-3 5 12 14 89-90 92 95 97'],
  ['grpc', '75 79 82-83 85-86 89 95 98-99 102-104 106 109-111 113-115 119 122 129 131-132 136'],
  ['grpc.message_length == 303', '79 95 106 136'],
] as const

describe('a filter by what payloads say', () => {
  it.each(HANDSHAKES)('%s finds what tshark finds', async (filter, expected) => {
    expect(await handshakes.frames(filter)).toEqual(numbers(expected))
  })

  it.each(NDOTS)('%s finds what tshark finds', async (filter, expected) => {
    expect(await ndots.frames(filter)).toEqual(numbers(expected))
  })

  it.each(GRPC)('%s finds what tshark finds', async (filter, expected) => {
    expect(await grpc.frames(filter)).toEqual(numbers(expected))
  })

  it('reads HTTP/2 behind the response that changes to it', async () => {
    // As tshark 4.0.17 answers.
    expect(await upgraded.frames('http && http2')).toEqual([73, 87, 104])
    expect(await upgraded.frames('http.response.code == 101 && http2.type == "SETTINGS"')).toEqual([73, 87, 104])
  })

  it('finds slow answers, from the first try on, and what they answer', async () => {
    const frames = await slow.frames('dns.time > 2')
    expect(frames.length).toBeGreaterThan(0)
    expect(await slow.frames('dns.time > 2 && dns.flags.response == 1')).toEqual(frames)
    const queries = await slow.frames('dns.flags.response == 0')
    for (const frame of frames) {
      const query = queries.find(
        (number) => slow.engine.packets.time(frame - 1) - slow.engine.packets.time(number - 1) > 2e9,
      )
      expect(query, `frame ${frame}`).toBeDefined()
    }
    expect(await slow.frames('dns.response_to')).toEqual(await slow.frames('dns.time'))
  })

  it('tells requests from responses by number also where one has to wait for another', async () => {
    // Three requests in frame 102: two answers are frames of their own, so all name it.
    expect(await handshakes.frames('http.request_in == 102')).toEqual([104, 106, 108])
    expect(await handshakes.frames('http.time > 10ms && tcp.stream == 7')).toContain(104)
  })

  it('knows the server that a hello of several segments asks for', async () => {
    const split = opened(splitHello())
    expect(await split.frames('tls.handshake.type == 1')).toEqual([4])
    expect(await split.frames('tls.handshake.extensions_server_name == "api.shop.example"')).toEqual([4])
    const read = async (offset: number, length: number) => split.bytes.subarray(offset, offset + length)
    expect((await split.engine.packetRows([3], read))[0]?.info).toBe('Client Hello (SNI=api.shop.example)')
    const { tree } = await split.engine.packetDetails(3, read)
    expect(JSON.stringify(tree)).toContain('[Server Name: api.shop.example, in a packet that follows]')
  })

  it('reads no packet that can not have the field', async () => {
    const before = handshakes.readBytes()
    expect(await handshakes.frames('dns')).toEqual([])
    expect(await handshakes.frames('dns.time > 0')).toEqual([])
    expect(await handshakes.frames('http && udp')).toEqual([])
    expect(handshakes.readBytes()).toBe(before)
  })

  it.each([...HANDSHAKES, ...NDOTS, ...GRPC, ['not http2', ''], ['not tls', ''], ['count(dns.a) == 0', '']] as const)(
    '%s is never answered otherwise by the columns than by the bytes',
    (filter) => {
      for (const { engine, bytes } of [ndots, handshakes, grpc]) {
        const compiled = compileFilter(filter, fieldCatalog(), engine)
        const { rows } = engine.packets
        const chunk = engine.packets.chunk(0)
        const out = new Uint8Array(rows + 8)
        compiled?.columns({ chunk, firstRow: 0, from: 0, to: rows }, out)
        for (const [row, outcome] of out.subarray(0, rows).entries()) {
          if (outcome === OUTCOME.unknown) continue
          const matches = compiled?.matches(row, bytes.subarray(chunk.offset[row]), 0, chunk.capturedLength[row])
          expect([row, outcome === OUTCOME.true]).toEqual([row, matches])
        }
      }
    },
  )

  it('asks for a request without being told that this says nothing', () => {
    const check = checkFilter('http.request', fieldCatalog())
    expect(check).toEqual({ ok: true, needsBytes: true })
    const response = checkFilter('dns.flags.response', fieldCatalog())
    expect(response.ok && response.note?.message).toContain('dns.flags.response == 1')
  })
})
