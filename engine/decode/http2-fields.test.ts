import { describe, expect, it } from 'vitest'
import type { DetailNode } from '../answers.ts'
import { describePacket } from './details.ts'
import { ETHERNET, hex } from './frames.fixture.ts'
import type { PacketContext } from './packet-context.ts'

/** test/fixtures/captures/grpc.pcap.gz, frame 75: the preface and two calls of a client in Node. */
const CALLS = `
  ee05119c0f40ee8b55e2f2c008004500016ef9fa4000400626890af4010f0af40210bc2ec383455016ab07620aa6801800401a67
  00000101080a3d7ff60551af374d505249202a20485454502f322e300d0a0d0a534d0d0a0d0a00000004000000000000004a0104
  0000000183048c61139eb5f559216c43188a9f418c0817134d2e25c2e5c6c006c3861f088cba51d85b1449eb590525854f5f901d
  75d0620d263d4c4d6564ff75d8749f40027465864d833505b11f00002301040000000383048d61139eb5f559216c4319cc84ffc0
  861f088cba51d85b1449eb590525854fbfbe000044000100000001000000003f0abc006161616161616161616161616161616161
  61616161616161616161616161616161616161616161616161616161616161616161616161616161616161000044000100000003
  000000003f0abc006161616161616161616161616161616161616161616161616161616161616161616161616161616161616161
  61616161616161616161616161616161`
/** test/fixtures/captures/http2.pcap.gz, frame 213: a client that gives up. */
const CANCEL = `
  f69867e99cbe5e2b75cd7f2d080045000041674540004006ba6b0af4010f0af4021094281f9075380f62f34c409180180040193a
  00000101080a073b1c45b8bc8c2f00000403000000000300000008`

const CONTEXT: PacketContext = { number: 1, epochNs: 0n, time: 0, carried: 'grpc' }
const PAYLOAD_AT = 66

function tree(bytes: Uint8Array, length = bytes.length, context = CONTEXT): DetailNode[] {
  const nodes = describePacket(bytes, bytes.length, length, ETHERNET, context)
  return nodes.filter(({ field }) => field === 'http2' || field === 'grpc')
}

const all = (nodes: readonly DetailNode[]): DetailNode[] => nodes.flatMap((node) => [node, ...all(node.children)])
const texts = (nodes: readonly DetailNode[]): string[] => all(nodes).map(({ text }) => text)

/** The packet of the calls with other frames in it: "length type flags stream payload". */
function withFrames(frames: string): Uint8Array {
  const payload = hex(frames)
  const bytes = Uint8Array.from([...hex(CALLS).subarray(0, PAYLOAD_AT), ...payload])
  new DataView(bytes.buffer).setUint16(16, bytes.length - 14)
  return bytes
}

describe('the frames of HTTP/2 in a packet', () => {
  it('are the preface, each frame with what it says, and the messages of gRPC', () => {
    const nodes = tree(hex(CALLS))
    expect(nodes.map(({ field, from, to, children }) => [field, from, to, children[0].text])).toEqual([
      ['http2', 66, 90, 'Magic: PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'],
      ['http2', 90, 99, 'Stream: SETTINGS[0]'],
      ['http2', 99, 182, 'Stream: HEADERS[1]: POST /shop.Orders/Get'],
      ['http2', 182, 226, 'Stream: HEADERS[3]: POST /shop.Orders/List'],
      ['http2', 226, 303, 'Stream: DATA[1]'],
      ['grpc', 235, 303, 'Compressed Flag: Not Compressed (0)'],
      ['http2', 303, 380, 'Stream: DATA[3]'],
      ['grpc', 312, 380, 'Compressed Flag: Not Compressed (0)'],
    ])
    expect(texts(nodes.slice(3, 4)).slice(2)).toEqual([
      'Length: 35',
      'Type: HEADERS (1)',
      'Flags: 0x04',
      '..0. .... = Priority: False',
      '.... 0... = Padded: False',
      '.... .1.. = End Headers: True',
      '.... ...0 = End Stream: False',
      '.000 0000 0000 0000 0000 0000 0000 0011 = Stream Identifier: 3',
      ':method: POST',
      ':path: /shop.Orders/List',
      ':authority: 10.244.2.16:50051',
      'content-type: application/grpc+proto',
      'Other header fields: :scheme, authorization, te',
    ])
    expect(texts(nodes.slice(5, 6))).toContain('Message Length: 63')
    expect(texts(tree(hex(CANCEL)))).toContain('Error: CANCEL (8)')
  })

  it('are only there where the conversation was found to carry them', () => {
    const { carried, ...alone } = CONTEXT
    expect(carried).toBe('grpc')
    expect(tree(hex(CALLS), undefined, alone)).toEqual([])
    const fields = tree(hex(CALLS), undefined, { ...CONTEXT, carried: 'http2' }).map(({ field }) => field)
    expect(fields).toEqual(Array(6).fill('http2'))
  })

  it('say what depends on packets before', () => {
    const list = hex(CALLS).subarray(182, 226)
    const without = withFrames(Array.from(list, (byte) => byte.toString(16).padStart(2, '0')).join(''))
    expect(texts(tree(without)).slice(10)).toEqual([
      ':method: POST',
      ':path: /shop.Orders/List',
      'Other header fields: :scheme, authorization',
      "3 header fields depend on the connection's table, which earlier packets made",
    ])
  })

  it('never show what can be a secret', () => {
    // :path: /a?token=x, :authority: me:pw@b, authorization: secret, cookie: secret, as literals without Huffman code
    const block = `82 04 0a ${ascii('/a?token=x')} 01 07 ${ascii('me:pw@b')} 0f08 06 ${ascii('secret')} 0f11 06 ${ascii('secret')}`
    const length = hex(block).length.toString(16).padStart(6, '0')
    const nodes = tree(withFrames(`${length} 01 05 00000001 ${block}`))
    expect(texts(nodes)).toEqual(
      expect.arrayContaining([':path: /a', ':authority: b', 'Other header fields: authorization, cookie']),
    )
    expect(JSON.stringify(nodes)).not.toMatch(/token|secret|pw/)
  })

  it('show every kind of control frame', () => {
    const frames = `
      00000c 04 00 00000000 0003 00000064 0099 00000007
      000005 02 00 00000003 80000001 0f
      000008 06 00 00000000 0102030405060708
      000008 06 01 00000000 0102030405060708
      000004 08 00 00000000 00010000
      000016 07 00 00000000 00000005 0000000b ${ascii('too_many_pings')}`
    const found = all(tree(withFrames(frames)))
    const value = (field: string) => found.filter((node) => node.field === field).map(({ text }) => text)
    expect(value('http2.settings')).toEqual(['Settings - Max concurrent streams: 100', 'Settings - Unknown (153): 7'])
    expect(value('http2.settings.max_concurrent_streams')).toEqual(['Max concurrent streams: 100'])
    expect(value('http2.settings.unknown')).toEqual(['Unknown Settings: 7'])
    expect(value('http2.exclusive')).toEqual(['1... .... .... .... .... .... .... .... = Exclusive: True'])
    expect(value('http2.headers.weight')).toEqual(['Weight: 15'])
    expect(value('http2.ping')).toEqual(['Ping: 0102030405060708'])
    expect(value('http2.pong')).toEqual(['Pong: 0102030405060708'])
    expect(value('http2.window_update.window_size_increment')[0]).toMatch(/Window Size Increment: 65536$/)
    expect(value('http2.goaway.last_stream_id')[0]).toMatch(/Last-Stream-ID: 5$/)
    expect(value('http2.goaway.error')).toEqual(['Error: ENHANCE_YOUR_CALM (11)'])
    expect(value('http2.goaway.addata')).toEqual(['Additional Debug Data: too_many_pings'])
  })

  it('are read as far as the packet was captured', () => {
    const whole = hex(CALLS)
    const known = new Set(texts(tree(whole)))
    const missing = /^(?:\d+ of the frame's|Data: \d+ bytes|Header fields: their block|Stream: HEADERS\[\d\]$)/
    for (let captured = PAYLOAD_AT; captured < whole.length; captured++) {
      const nodes = all(tree(whole.subarray(0, captured), whole.length))
      for (const { from, to, text } of nodes) {
        expect(from <= to && to <= captured, text).toBe(true)
        expect(known.has(text) || missing.test(text), text).toBe(true)
      }
    }
  })

  it('are found behind the rest of an earlier frame, where that is sure', () => {
    const rest = ascii('"price":21},{"id":7}]}')
    const titles = (frames: string) => tree(withFrames(frames)).map(({ children }) => children[0].text)
    expect(titles(`${rest} 000003 00 01 00000011 7b7d0a`)).toEqual(['Stream: DATA[17]'])
    expect(titles(`${rest} 000000 00 01 00000011 000400 00 00 00000013 7b`)).toEqual([
      'Stream: DATA[17]',
      'Stream: DATA[19]',
    ])
    expect(titles(`${rest} 000400 00 00 00000011 7b7d0a`)).toEqual([])
    expect(titles('00'.repeat(64))).toEqual([])
  })

  it.each([
    [
      'a frame longer than the packet',
      '000100 00 00 00000001 0000000000',
      ["251 of the frame's 256 bytes are not in this packet"],
    ],
    [
      'padding longer than its frame',
      '000004 00 08 00000001 ff000000',
      ['Pad Length: 0xff', 'Data: 3 bytes in this packet'],
    ],
    ['a padded frame without its length', '000000 00 08 00000001', ['Stream: DATA[1]']],
    [
      'a header block that is cut short',
      '000002 01 04 00000001 0405',
      ['Header fields: their block is not whole in this frame and packet'],
    ],
    ['a promise too short for its stream', '000002 05 04 00000001 0000', ['Stream: PUSH_PROMISE[1]']],
    ['a priority too short', '000002 01 24 00000001 0000', ['Stream: HEADERS[1]']],
    ['a message longer than its frame', '000006 00 00 00000001 00 00000009 61', ['Data: 6 bytes in this packet']],
  ])('survive %s', (_, frames, expected) => {
    const nodes = tree(withFrames(frames))
    expect(texts(nodes)).toEqual(expect.arrayContaining(expected))
    expect(nodes.map(({ field }) => field)).toEqual(['http2'])
  })

  it.each([
    ['a reset of another length than four', '000002 03 00 00000001 0000'],
    ['settings that are no multiple of six', '000007 04 00 00000000 00030000006400'],
    ['a type that does not exist', '000004 60 00 00000001 00000000'],
    ['text', ascii('{"items":[1,2,3,4,5]}')],
  ])('are not made of %s', (_, frames) => {
    expect(tree(withFrames(frames))).toEqual([])
  })
})

function ascii(text: string): string {
  return Array.from(text, (character) => character.charCodeAt(0).toString(16)).join('')
}
