import { describe, expect, it } from 'vitest'
import { APPLICATION_PROTOCOLS } from './protocols.ts'
import type { ExchangeSink, Side, StreamDecoder } from './stream-decoder.ts'

type Step = readonly [Side, Uint8Array]

const text = (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0))
const join = (...parts: (Uint8Array | string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => Array.from(typeof part === 'string' ? text(part) : part)))
const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]

/** What a decoder told, an exchange a line. */
function tell(protocol: string, feed: (decoder: StreamDecoder) => void): string[] {
  const exchanges: { ask: string; answer: string; notes: string }[] = []
  const facts: string[] = []
  const sink: ExchangeSink = {
    begin: () => exchanges.push({ ask: '', answer: '', notes: '' }) - 1,
    requestEnd: () => undefined,
    responseBegin: () => undefined,
    responseEnd: () => undefined,
    ask: (id, ask) => (exchanges[id].ask = ask),
    answer: (id, answer, failed) => (exchanges[id].answer = answer + (failed ? ' !' : '')),
    oneWay: (id) => (exchanges[id].notes += ' one way'),
    carries: () => undefined,
    cannotTell: (id) => (exchanges[id].notes += ' cannot tell'),
    protocol: (id, name) => (exchanges[id].notes += ` ${name}`),
    fact: (name, value) => facts.push(`${name}=${value}`),
  }
  const decoder = APPLICATION_PROTOCOLS.find(({ name }) => name === protocol)?.decoder(sink)
  if (!decoder) throw new Error(`No decoder of ${protocol}`)
  feed(decoder)
  return [...exchanges.map(({ ask, answer, notes }) => `${ask} -> ${answer}${notes}`), ...facts]
}

const play = (protocol: string, steps: readonly Step[], piece = Infinity) =>
  tell(protocol, (decoder) => {
    for (const [side, bytes] of steps) {
      for (let at = 0; at < bytes.length; at += piece) {
        decoder.data(side, bytes, at, Math.min(bytes.length, at + piece), 0, 0)
      }
    }
  })

const frame = (type: number, flags: number, stream: number, payload: Uint8Array | number[]) =>
  join([0, payload.length >>> 8, payload.length & 255, type, flags], u32(stream), Array.from(payload))
const literal = (index: number, value: string) => join([0x40 | index, value.length], value)
const named = (name: string, value: string) => join([0x40, name.length], name, [value.length], value)
const settings = frame(4, 0, 0, [])
const post = (path: string, ...more: Uint8Array[]) => join([0x83, 0x86], literal(4, path), ...more)
const grpc = literal(31, 'application/grpc')

const http2: readonly Step[] = [
  ['client', join('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', settings)],
  ['server', settings],
  ['client', join(frame(1, 4, 1, post('/shop.Orders/Get', grpc)), frame(0, 1, 1, [0, 0, 0, 0, 0]))],
  ['client', join(frame(1, 1, 3, [0x82]), frame(9, 4, 3, join([0x86], literal(4, '/a?token=secret'))))],
  // Indexed: the newest entries of the table are /a?..., application/grpc, /shop.Orders/Get
  ['client', join(frame(1, 5, 5, [0x83, 0xc0, 0xbf]), frame(3, 0, 5, u32(8)))],
  ['server', join(frame(1, 4, 1, [0x88]), frame(0, 0, 1, [0, 0, 0, 0, 0]))],
  ['server', join(frame(1, 5, 3, [0x8d]), frame(1, 5, 1, named('grpc-status', '14')))],
]

const message = (type: string, ...body: (string | number[])[]) => {
  const bytes = join(...body)
  return join(type, u32(bytes.length + 4), bytes)
}
const ready = message('Z', 'I')
const pgsql: readonly Step[] = [
  ['client', join(u32(8), u32(80_877_103))],
  ['server', text('N')],
  ['client', message('', u32(196_608), 'user\0me\0database\0shop\0\0')],
  ['server', join(message('R', u32(0)), message('S', 'a\0b\0'), ready)],
  ['client', message('Q', "select 'secret' from orders\0")],
  ['server', join(message('T', [0, 0]), message('D', [0, 0]), message('C', 'SELECT 1\0'), ready)],
  [
    'client',
    join(
      message('P', 's1\0insert into t values ($1)\0', [0, 0]),
      message('B', '\0s1\0', [0, 0, 0, 0, 0, 0]),
      message('E', '\0', u32(0)),
      message('S'),
    ),
  ],
  ['client', join(message('B', '\0s1\0', [0, 0, 0, 0, 0, 0]), message('E', '\0', u32(0)), message('S'))],
  ['server', join(message('1'), message('2'), message('C', 'INSERT 0 1\0'), ready)],
  ['server', join(message('2'), message('E', 'SERROR\0C23505\0Msecret\0\0'), ready)],
  ['client', message('X')],
]

const packet = (sequence: number, ...body: (string | number[])[]) => {
  const bytes = join(...body)
  return join([bytes.length & 255, bytes.length >>> 8, 0, sequence], bytes)
}
const eof = (sequence: number, status = 2) => packet(sequence, [0xfe, 0, 0, status, 0])
const ok = (sequence: number, status = 2) => packet(sequence, [0, 0, 0, status, 0, 0, 0])
const mysql: readonly Step[] = [
  ['server', packet(0, [10], '8.0.1\0', new Array<number>(12).fill(7), [0], new Array<number>(18).fill(0))],
  ['client', packet(1, [0, 2, 0, 0], new Array<number>(28).fill(0), 'me\0')],
  ['server', ok(2)],
  ['client', packet(0, [3], "select 'secret' from orders; select 2")],
  ['server', join(packet(1, [1]), packet(2, 'def'), eof(3), packet(4, 'x'), eof(5, 8))],
  ['server', join(packet(6, [1]), packet(7, 'def'), eof(8), packet(9, 'x'), eof(10))],
  ['client', packet(0, [0x16], 'delete from t where id = ?')],
  ['server', join(packet(1, [0, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), packet(2, 'def'), eof(3))],
  ['client', packet(0, [0x17, 9, 0, 0, 0, 0])],
  ['server', packet(1, [0xff, 0x7a, 4], '#42S02no such table')],
  ['client', packet(0, [1])],
]

const command = (...words: string[]) =>
  text(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
const redis: readonly Step[] = [
  ['client', join(command('AUTH', 'secret'), command('SET', 'k', 'v'.repeat(200)), command('GET', 'k'))],
  ['server', text(`+OK\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n-MOVED 1 10.0.0.1:1\r\n$200\r\n${'v'.repeat(200)}\r\n`)],
  ['client', join('PING\r\n', command('LPUSH', 'k', 'x'), command('EXEC'))],
  ['server', text('+PONG\r\n-WRONGTYPE secret\r\n*2\r\n*1\r\n:1\r\n$-1\r\n')],
  ['client', join(command('CLIENT', 'REPLY', 'SKIP'), command('INCR', 'n'), command('SUBSCRIBE', 'a', 'b'))],
  ['server', text('*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n')],
  ['server', text('*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n')],
  ['client', command('UNSUBSCRIBE', 'a')],
  ['server', text('*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n')],
]

const talks: readonly (readonly [string, readonly Step[], readonly string[]])[] = [
  [
    'http2',
    http2,
    ['/shop.Orders/Get -> 14 UNAVAILABLE ! grpc', 'GET /a -> 404 !', '/shop.Orders/Get -> RST_STREAM CANCEL ! grpc'],
  ],
  [
    'pgsql',
    pgsql,
    [
      'SSLRequest -> refused',
      'StartupMessage -> AuthenticationOk',
      'SELECT orders -> SELECT 1',
      'INSERT t -> INSERT 0 1',
      'INSERT t -> 23505 !',
      'Terminate ->  one way',
      'database=shop',
    ],
  ],
  [
    'mysql',
    mysql,
    [
      'login -> OK',
      'SELECT orders -> OK',
      'PREPARE DELETE t -> OK',
      'DELETE t -> 1146 (42S02) !',
      'COM_QUIT ->  one way',
      'server=8.0.1',
    ],
  ],
  [
    'redis',
    redis,
    [
      'AUTH -> OK',
      'SET k -> MOVED',
      'GET k -> string',
      'PING -> PONG',
      'LPUSH k -> WRONGTYPE !',
      'EXEC -> array',
      'CLIENT REPLY ->  one way',
      'INCR n ->  one way',
      'SUBSCRIBE a -> array',
      'UNSUBSCRIBE a -> array',
    ],
  ],
]

describe.each(talks)('the decoder of %s', (protocol, steps, expected) => {
  it('tells what was asked and how it was answered, and nothing secret', () => {
    expect(play(protocol, steps)).toEqual(expected)
  })

  it('tells the same however the bytes are cut', () => {
    for (const piece of [1, 2, 3, 5, 7, 11, 64]) expect(play(protocol, steps, piece), `${piece}`).toEqual(expected)
  })

  it('outlives damage and holes anywhere', () => {
    let seed = 1
    const random = (below: number) => (seed = (Math.imul(seed, 48_271) >>> 0) % 2_147_483_647) % below
    for (let round = 0; round < 500; round++) {
      tell(protocol, (decoder) => {
        for (const [side, bytes] of steps) {
          const damaged = bytes.slice()
          if (damaged.length > 0) damaged[random(damaged.length)] = random(256)
          const cut = random(damaged.length + 1)
          decoder.data(side, damaged, 0, cut, 0, 0)
          if (random(3) === 0) decoder.gap(side, random(4) === 0 ? NaN : 1 + random(100), 0, 0)
          else decoder.data(side, damaged, cut, damaged.length, 0, 0)
        }
        decoder.end(false, 0, 0)
      })
    }
  })
})

describe('HTTP/2 from the middle of a connection', () => {
  it('shows what is not known as such', () => {
    const told = tell('http2', (decoder) => {
      decoder.gap('client', NaN, 0, 0)
      decoder.gap('server', NaN, 0, 0)
      for (const [side, bytes] of [
        ['client', frame(1, 5, 101, [0x82, 0x86, 0xbf])],
        ['server', frame(1, 5, 101, [0x88])],
      ] as const) {
        decoder.data(side, bytes, 0, bytes.length, 0, 0)
      }
    })
    expect(told).toEqual(['GET ? -> 200'])
  })
})
