import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXCHANGE } from './exchange-table.ts'
import { Talk } from './testing/talk.ts'

const get = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`
const ok = (body = '', status = 200): string => `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'

/** What is told without the frames. */
const said = (talk: Talk): readonly string[] => talk.told().map((line) => line.replace(/^http | \[.*/g, ''))
const connection = (): Talk => new Talk().handshake()

describe('HTTP/1', () => {
  it('pairs pipelined requests with responses in order', () => {
    const talk = connection()
      .client(get('/1') + get('/2') + get('/3'))
      .server(ok('a') + ok('', 404) + ok('c'))
    expect(said(talk)).toEqual(['GET /1 -> 200', 'GET /2 -> 404', 'GET /3 -> 200'])
    expect(Array.from(talk.exchanges.flags.subarray(0, 3))).toEqual([0, EXCHANGE.failed, 0])
  })

  it('says the same however the bytes are cut into segments', () => {
    const asked =
      get('/1') + `POST /2 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n` + get('/3', 'HEAD')
    const answered =
      ok('GET /no HTTP/1.1\r\n\r\n') +
      `${CHUNKED}5;x=y\r\nHTTP/\r\n0\r\nTrailer: 1\r\n\r\n` +
      ok('').replace(': 0', ': 99')
    const cuts = fc.array(fc.nat(200), { maxLength: 30 })
    const pieces = (text: string, at: readonly number[]): string[] => {
      const edges = [0, ...[...new Set(at)].filter((edge) => edge < text.length).sort((a, b) => a - b), text.length]
      return edges.slice(1).map((edge, i) => text.slice(edges[i], edge))
    }
    fc.assert(
      fc.property(cuts, cuts, (some, others) => {
        const talk = connection()
        for (const piece of pieces(asked, some)) talk.client(piece)
        for (const piece of pieces(answered, others)) talk.server(piece)
        talk.client(get('/4')).server(ok())
        expect(said(talk)).toEqual(['GET /1 -> 200', 'POST /2 -> 200', 'HEAD /3 -> 200', 'GET /4 -> 200'])
      }),
    )
  })

  it('ends a response at its last byte', () => {
    const talk = connection()
      .client(get('/'))
      .server(CHUNKED + '5\r\nhello\r\n')
      .server('1\r\n!\r\n')
      .server('0\r\n\r\n')
    expect(talk.told()).toEqual(['http GET / -> 200 [4, 7]'])
  })

  it('knows which responses have no body whatever they say', () => {
    const talk = connection().client(get('/1', 'HEAD') + get('/2') + get('/3') + get('/4'))
    const header = 'Content-Length: 50\r\n\r\n'
    talk.server(
      `HTTP/1.1 200 OK\r\n${header}HTTP/1.1 304 Not Modified\r\n${header}HTTP/1.1 204 No Content\r\n\r\n${ok('x')}`,
    )
    expect(said(talk)).toEqual(['HEAD /1 -> 200', 'GET /2 -> 304', 'GET /3 -> 204', 'GET /4 -> 200'])
  })

  it('waits for the final response after an interim one', () => {
    const talk = connection().client('PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    talk.server('HTTP/1.1 100 Continue\r\n\r\n').client('hello').server(ok('', 201))
    expect(talk.told()).toEqual(['http PUT /a -> 201 [4, 7]'])
  })

  it('reads a body of no stated length up to the end of the connection', () => {
    const talk = connection()
      .client(get('/'))
      .server('HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 500 X\r\n\r\n')
      .server('more')
      .close()
    expect(talk.told()).toEqual(['http GET / -> 200 [4, 6]'])
  })

  it('leaves what comes after an upgrade alone', () => {
    const talk = connection().client(get('/socket')).server('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    talk.client(get('/not-http')).server(ok())
    expect(said(talk)).toEqual(['GET /socket -> 101'])
    expect(talk.applications.undecodedFrom(0)).toBe(5)
    const tunnel = connection()
      .client('CONNECT shop:443 HTTP/1.1\r\n\r\n')
      .server('HTTP/1.1 200 OK\r\n\r\n')
      .client(get('/'))
    expect(said(tunnel)).toEqual(['CONNECT shop:443 -> 200'])
  })

  it('keeps no secret: neither queries, nor users, nor the value of any field', () => {
    const talk = connection().client(
      'GET http://admin:hunter2@shop/a/b?token=hunter2#hunter2 HTTP/1.1\r\nHost: shop\r\nAuthorization: hunter2\r\nCookie: hunter2\r\n\r\n',
    )
    expect(said(talk)).toEqual(['GET /a/b -> ?'])
    const { exchanges } = talk
    const texts = Array.from({ length: exchanges.texts.count }, (_, number) => exchanges.texts.text(number))
    expect(texts.join('\n')).not.toContain('hunter2')
    expect(exchanges.facts(0)).toEqual([{ name: 'host', value: 'shop', row: 3 }])
  })

  it('finds back to the next message behind a hole in a header', () => {
    const talk = connection().client(get('/1')).server(ok('a'))
    talk.client('GET /lost HTTP/1.1\r\nX: ').client('y'.repeat(100), { lost: true }).client('\r\n\r\n')
    talk.server(ok('b')).client(get('/3')).server(ok('c'))
    expect(said(talk)).toEqual(['GET /1 -> 200', 'GET /lost -> 200', 'GET /3 -> 200'])
  })

  it('does not call unanswered what was answered in a hole', () => {
    const talk = connection().client(get('/1')).server(ok('a'), { lost: true })
    talk.client(get('/2')).server(ok('b'))
    expect(talk.exchanges.flags[0]).toBe(EXCHANGE.unknown)
    expect(said(talk)).toEqual(['GET /1 -> ?', 'GET /2 -> 200'])
  })

  it('is not led astray by a body that looks like a message', () => {
    const body = `${get('/evil')}${ok('evil')}`
    const talk = connection()
      .client(`POST /1 HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      .server(ok(body))
    expect(said(talk.client(get('/2')).server(ok()))).toEqual(['POST /1 -> 200', 'GET /2 -> 200'])
  })

  it('shows no bytes that could steer a terminal', () => {
    expect(said(connection().client('GET /\u001b[2J\u0007 HTTP/1.1\r\n\r\n'))).toEqual([
      'GET /\u{fffd}[2J\u{fffd} -> ?',
    ])
  })

  it('keeps a bounded part of a line without end', () => {
    const talk = connection().client('GET /')
    for (let i = 0; i < 20; i++) talk.client('a'.repeat(1000))
    talk.client(' HTTP/1.1\r\n\r\n').server(ok())
    expect(talk.told()).toHaveLength(1)
    expect(talk.exchanges.ask(0).length).toBeLessThanOrEqual(200)
  })
})
