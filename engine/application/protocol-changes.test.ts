import { describe, expect, it } from 'vitest'
import { text } from '../query/testing/frames.ts'
import { EXCHANGE } from './exchange-table.ts'
import { Talk } from './testing/talk.ts'

const join = (...parts: (Uint8Array | string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => Array.from(typeof part === 'string' ? text(part) : part)))
const frame = (type: number, flags: number, stream: number, payload: readonly number[]): Uint8Array =>
  join([0, 0, payload.length, type, flags, 0, 0, 0, stream], payload)

const UPGRADE = 'GET /a HTTP/1.1\r\nHost: shop\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n'
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
const PREFACE = join('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', frame(4, 0, 0, []))
/** Settings; then 404 on stream 1, in two frames. */
const ANSWER = join(frame(4, 0, 0, []), frame(1, 4, 1, [0x8d]), frame(0, 1, 1, [1, 2, 3]))
/** GET on stream 3, and 200. */
const MORE = [frame(1, 5, 3, [0x82, 0x86, 0x84]), frame(1, 5, 3, [0x88])] as const
const UPGRADED = ['http2 GET /a -> 404', 'http2 GET / -> 200']

const hello = (type: number): Uint8Array => {
  const body = join(
    [3, 3],
    new Array<number>(32).fill(7),
    type === 1 ? [0, 0, 2, 0x13, 1, 1, 0] : [0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4],
  )
  return join([22, 3, 1, 0, body.length + 4, type, 0, 0, body.length], body)
}
const ENCRYPTED = join([23, 3, 3, 0, 60], new Array<number>(60).fill(9))

/** What is told, without frames. */
const said = (talk: Talk): readonly string[] => talk.told().map((line) => line.replace(/ \[.*/, ''))

type Step = readonly ['client' | 'server', Uint8Array]

/** The talk, cut into segments of `size` bytes. */
function played(port: number, steps: readonly Step[], size = Infinity): Talk {
  const talk = new Talk(port).handshake()
  for (const [side, bytes] of steps) {
    for (let at = 0; at < bytes.length; at += size) talk[side](bytes.subarray(at, at + size))
  }
  return talk
}

describe('an upgrade from HTTP/1.1 to HTTP/2', () => {
  const steps: readonly Step[] = [
    ['client', text(UPGRADE)],
    ['server', join(SWITCHING, ANSWER)],
    ['client', join(PREFACE, MORE[0])],
    ['server', MORE[1]],
  ]

  it('makes the request stream 1, however the bytes are cut', () => {
    for (const size of [Infinity, 1, 7, 50]) expect(said(played(80, steps, size)), `${size}`).toEqual(UPGRADED)
  })

  it('is timed from the request to the response of HTTP/2', () => {
    expect(played(80, steps).told()).toEqual(['http2 GET /a -> 404 [4, 5]', 'http2 GET / -> 200 [6, 7]'])
  })

  it('is seen where "101 Switching Protocols" was not captured', () => {
    const talk = new Talk().handshake()
    talk.client(UPGRADE).server(SWITCHING, { lost: true }).client(PREFACE).server(ANSWER)
    talk.client(MORE[0]).server(MORE[1])
    expect(said(talk)).toEqual(['http2 GET /a -> ?', 'http2 GET / -> 200'])
    // The answer may be in the hole: nobody can tell.
    expect(talk.exchanges.flags[0]).toBe(EXCHANGE.unknown)
  })

  it('leaves the request unanswered where nothing of the server was captured', () => {
    const talk = new Talk().handshake().client(UPGRADE).client(PREFACE).finish()
    expect(said(talk)).toEqual(['http2 GET /a -> ?'])
  })

  it('is HTTP/1.1 as before when it is not granted', () => {
    const talk = new Talk().handshake()
    talk.client(UPGRADE).server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    talk.client('GET /b HTTP/1.1\r\n\r\n').server('HTTP/1.1 204 No Content\r\n\r\n')
    expect(said(talk)).toEqual(['http GET /a -> 200', 'http GET /b -> 204'])
  })

  it('is none when the connection changes to something else', () => {
    const talk = new Talk().handshake()
    talk.client(UPGRADE.replace('h2c', 'websocket')).server(SWITCHING.replace('h2c', 'websocket'))
    talk.client(join([0x81, 0x05], 'hello')).server(ANSWER)
    expect(said(talk).filter((line) => line.startsWith('http'))).toEqual(['http GET /a -> 101'])
  })
})

describe('a tunnel through a proxy', () => {
  const connect: readonly Step[] = [
    ['client', text('CONNECT api.example:443 HTTP/1.1\r\n\r\n')],
    ['server', text('HTTP/1.1 200 Connection established\r\n\r\n')],
  ]

  it('shows the TLS handshake in it', () => {
    const talk = played(3128, [...connect, ['client', hello(1)], ['server', join(hello(2), ENCRYPTED)]])
    talk.client(ENCRYPTED)
    expect(said(talk)).toEqual(['http CONNECT api.example:443 -> 200', 'tls ClientHello -> TLS 1.3'])
  })

  it('is left alone when it holds something else', () => {
    const talk = played(3128, [...connect, ['client', text('SSH-2.0-x\r\n')], ['server', text('SSH-2.0-y\r\n')]])
    expect(said(talk).filter((line) => !line.startsWith('tcp'))).toEqual(['http CONNECT api.example:443 -> 200'])
  })
})

describe('a change to TLS within a database protocol', () => {
  const ssl = Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f)
  const handshake: readonly Step[] = [
    ['client', hello(1)],
    ['server', join(hello(2), ENCRYPTED)],
    ['client', ENCRYPTED],
  ]
  const greeting = join([74, 0, 0, 0, 10], '8.0.1\0', new Array<number>(12).fill(7), [0], new Array<number>(54).fill(0))
  // CLIENT_PROTOCOL_41 and CLIENT_SSL.
  const sslRequest = join([32, 0, 0, 1, 0, 0x0a, 0, 0], new Array<number>(28).fill(0))

  it.each([Infinity, 1, 5])('is followed in PostgreSQL (segments of %d bytes)', (size) => {
    const talk = played(5432, [['client', ssl], ['server', text('S')], ...handshake], size)
    expect(said(talk)).toEqual(['pgsql SSLRequest -> accepted', 'tls ClientHello -> TLS 1.3'])
  })

  it('is not when the server wants to go on with GSSAPI, or fails', () => {
    const gss = Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x30)
    expect(
      said(
        played(5432, [
          ['client', gss],
          ['server', text('G')],
        ]),
      ),
    ).toEqual(['pgsql GSSENCRequest -> accepted'])
    const failed = join('E', [0, 0, 0, 12], 'SFATAL\0\0')
    expect(
      said(
        played(5432, [
          ['client', ssl],
          ['server', failed],
        ]),
      ),
    ).toEqual(['pgsql SSLRequest -> ERROR'])
  })

  it('is followed in MySQL, also when the ClientHello is in the packet that asks for it', () => {
    const told = ['mysql SSLRequest -> ?', 'tls ClientHello -> TLS 1.3']
    expect(said(played(3306, [['server', greeting], ['client', sslRequest], ...handshake]))).toEqual(told)
    const atOnce: readonly Step[] = [['client', join(sslRequest, hello(1))], ...handshake.slice(1)]
    expect(said(played(3306, [['server', greeting], ...atOnce]))).toEqual(told)
  })
})
