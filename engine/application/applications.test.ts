import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Talk } from './testing/talk.ts'

const GET = 'GET /a HTTP/1.1\r\nHost: shop\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

describe('a connection whose protocol is recognised', () => {
  it('is decoded from its first payload on', () => {
    const talk = new Talk().handshake().client(GET).server(OK).client(GET).server(OK)
    expect(talk.told()).toEqual(['http GET /a -> 200 [4, 5]', 'http GET /a -> 200 [6, 7]'])
  })

  it('may have any port', () => {
    expect(new Talk(61_234).handshake().client(GET).server(OK).told()).toEqual(['http GET /a -> 200 [4, 5]'])
  })

  it('is fed once what was sent again, captured twice, or sent again with more behind it', () => {
    const talk = new Talk().handshake().client(GET).client(GET, { at: 0 })
    talk.server(OK.slice(0, 30)).server(OK.slice(0, 30), { at: 0 }).server(OK.slice(10), { at: 10 })
    expect(talk.client(GET).server(OK).told()).toEqual(['http GET /a -> 200 [4, 8]', 'http GET /a -> 200 [9, 10]'])
  })

  it('is put in order, however its segments were overtaken', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (order) => {
        const talk = new Talk().handshake().client(GET)
        const size = Math.ceil(OK.length / order.length)
        for (const n of order) talk.server(OK.slice(n * size, (n + 1) * size), { at: n * size })
        expect(talk.told()).toEqual(['http GET /a -> 200 [4, 10]'])
      }),
    )
  })

  it('is put in order across the wrap of sequence numbers', () => {
    const talk = new Talk(80, [0xffff_fff0, 0xffff_ffe0]).handshake().client(GET)
    talk.server(OK.slice(20), { at: 20 }).server(OK.slice(0, 20), { at: 0 })
    expect(talk.client(GET).server(OK).told()).toEqual(['http GET /a -> 200 [4, 6]', 'http GET /a -> 200 [7, 8]'])
  })

  it('goes on behind a hole as soon as the receiver has acknowledged it', () => {
    const talk = new Talk().handshake().client(GET)
    const long = `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(3000)}`
    talk.server(long.slice(0, 1000)).server(long.slice(1000, 2000), { lost: true }).server(long.slice(2000))
    talk.client(GET).server(OK)
    expect(talk.told()).toEqual(['http GET /a -> 200 [4, 6]', 'http GET /a -> 200 [7, 8]'])
  })

  it('waits for a retransmission that fills the hole', () => {
    const talk = new Talk().handshake().client(GET)
    talk
      .server(OK.slice(0, 17), { lost: true })
      .server(OK.slice(17))
      .client('', { ack: 0 })
      .server(OK.slice(0, 17), { at: 0 })
    expect(talk.told()).toEqual(['http GET /a -> 200 [4, 7]'])
  })

  it('goes on behind a hole nobody speaks of, once too much waits', () => {
    const talk = new Talk().handshake().client(GET)
    talk.server('HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n').server('x'.repeat(1000), { lost: true })
    const body = 'x'.repeat(60_000)
    for (let i = 0; i < 3; i++) talk.server(body)
    expect(talk.told()).toEqual(['http GET /a -> 200 [4, 5]'])
    for (let i = 0; i < 3; i++) talk.server(body)
    expect(talk.told()).not.toEqual(['http GET /a -> 200 [4, 5]'])
  })

  it('is handed what still waits at the end of the capture', () => {
    const talk = new Talk().handshake().client(GET).server('', { at: 0 })
    talk
      .server('HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n')
      .server('x'.repeat(1000), { lost: true })
      .server('x'.repeat(2000))
    expect(talk.told()).toEqual(['http GET /a -> 200 [4, 6]'])
    expect(talk.finish().told()).toEqual(['http GET /a -> 200 [4, 7]'])
  })

  it('is understood as far as the snap length let it', () => {
    const talk = new Talk().handshake()
    const long = `HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`
    for (let i = 0; i < 3; i++) talk.client(GET, { cut: GET.length - 20 }).server(long, { cut: 1000 })
    expect(talk.told()).toEqual([4, 6, 8].map((row) => `http GET /a -> 200 [${row}, ${row + 1}]`))
  })

  it('is understood from the middle on', () => {
    const talk = new Talk().client('the end of a body').server('x'.repeat(100)).client(GET).server(OK)
    expect(talk.told()).toEqual(['http GET /a -> 200 [3, 4]'])
  })

  it('keeps a request that was reset unanswered', () => {
    const talk = new Talk().handshake().client(GET).reset()
    expect(talk.told()).toEqual(['http GET /a -> ? [4, 4]'])
    expect(talk.exchanges.flags[0]).toBe(0)
  })

  it('does not mistake what a reset carries for a response', () => {
    const talk = new Talk().handshake().client(GET).server(OK, { flags: 0x14 })
    expect(talk.told()).toEqual(['http GET /a -> ? [4, 4]'])
  })

  it('is another one when its ports are used again', () => {
    const talk = new Talk().handshake().client(GET).reset()
    talk.again([900_000, 700_000]).client(GET).server(OK)
    expect(talk.told()).toEqual(['http GET /a -> ? [4, 4]', 'http GET /a -> 200 [9, 10]'])
    expect(Array.from(talk.exchanges.conversation.subarray(0, 2))).toEqual([0, 1])
  })
})

describe('a connection whose protocol nobody knows', () => {
  it('is not looked at any more after a few payloads', () => {
    const talk = new Talk(9000).handshake()
    for (let i = 0; i < 3; i++) talk.client('\u0001 what may this be?').server('\u0002 who knows such things')
    expect(talk.client(GET).server(OK).told()).toEqual([])
  })

  it('is still looked at after one payload less', () => {
    const talk = new Talk(9000).handshake()
    for (let i = 0; i < 2; i++) talk.client('\u0001 what may this be?').server('\u0002 who knows such things')
    expect(talk.client(GET).server(OK).told()).toEqual(['http GET /a -> 200 [8, 9]'])
  })

  it('is not looked at any more after a few payloads that began as those of a known one', () => {
    const talk = new Talk(9000).handshake()
    for (let i = 0; i < 3; i++) talk.client('GETTING what there is').server('HTTPS, which it is not')
    expect(talk.client(GET).server(OK).told()).toEqual([])
  })

  it('is not looked at any more when the snap length left no payload', () => {
    const talk = new Talk(9000).handshake()
    for (let i = 0; i < 3; i++) talk.client(GET, { cut: GET.length }).server(OK, { cut: OK.length })
    expect(talk.client(GET).server(OK).told()).toEqual([])
  })

  it('is not looked at any more in the one direction that says anything', () => {
    const talk = new Talk(9000).handshake()
    for (let i = 0; i < 3; i++) talk.client('\u0001 what may this be?')
    expect(talk.client(GET).told()).toEqual([])
    expect(talk.server(OK).client(GET).server(OK).told()).toEqual(['http GET /a -> 200 [9, 10]'])
  })

  it('is recognised though its first bytes come one by one', () => {
    const talk = new Talk(9000).handshake()
    for (const letter of GET) talk.client(letter)
    expect(talk.server(OK).told()).toEqual([`http GET /a -> 200 [4, ${4 + GET.length}]`])
  })

  it('is recognised so after thousands of connections that said one short word', () => {
    const talk = new Talk(9000)
    for (let n = 0; n < 5000; n++) talk.again([n * 1000, n * 3000]).client('ping')
    talk.again([7, 9]).client(GET.slice(0, 2)).client(GET.slice(2)).server(OK)
    expect(talk.told()).toHaveLength(1)
  })

  it('is still asked about in the direction that was silent', () => {
    const talk = new Talk(9000)
    for (let i = 0; i < 9; i++) talk.server('\u0002 a download of many bytes')
    expect(talk.client(GET).server(OK).told()).toEqual(['http GET /a -> 200 [10, 11]'])
  })

  it('has no exchange that a decoder made', () => {
    const talk = new Talk(9000).handshake().client('x').server('y')
    expect(talk.exchanges.count).toBe(0)
  })
})
