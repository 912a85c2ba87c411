import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, text } from '../query/testing/frames.ts'
import { EXCHANGE } from './exchange-table.ts'
import { Talk } from './testing/talk.ts'

// What OpenSSL, with its certificates and its timing, sends is in test/exchanges.test.ts; here is what it does not do.

const word = (value: number): number[] => [value >> 8, value & 0xff]
const record = (type: number, body: Uint8Array | number[]): Uint8Array => concat([type, 3, 3], word(body.length), body)
const message = (type: number, body: Uint8Array | number[]): Uint8Array => concat([type, 0], word(body.length), body)
const extension = (type: number, body: Uint8Array | number[]): Uint8Array => concat(word(type), word(body.length), body)

function clientHello(name: string, ...more: Uint8Array[]): Uint8Array {
  const sni = extension(0, concat(word(name.length + 3), [0], word(name.length), text(name)))
  const extensions = concat(sni, extension(43, [2, 3, 4]), ...more)
  const random = new Array<number>(32).fill(7)
  return message(1, concat([3, 3], random, [0], [0, 2, 0x13, 0x01], [1, 0], word(extensions.length), extensions))
}

function serverHello(): Uint8Array {
  const extensions = extension(43, [3, 4])
  return message(
    2,
    concat([3, 3], new Array<number>(32).fill(9), [0], [0x13, 0x01], [0], word(extensions.length), extensions),
  )
}

const encrypted = (length: number): Uint8Array => record(23, new Array<number>(length).fill(0xee))
const HELLO = record(22, clientHello('api.shop.example'))
const FLIGHT = concat(record(22, serverHello()), record(20, [1]), encrypted(900))
const connection = (): Talk => new Talk(443).handshake()

describe('a TLS handshake', () => {
  it('lasts from the ClientHello to the end of the flight that the client waits for', () => {
    const talk = connection().client(HELLO).server(FLIGHT.subarray(0, 100)).server(FLIGHT.subarray(100))
    talk.client(concat(record(20, [1]), encrypted(53))).server(encrypted(200))
    expect(talk.told()).toEqual(['tls ClientHello api.shop.example -> TLS 1.3 [4, 6]'])
    expect(talk.exchanges.facts(0)).toEqual([
      { name: 'sni', value: 'api.shop.example', row: 3 },
      { name: 'tls version', value: 'TLS 1.3', row: 4 },
      { name: 'cipher', value: 'TLS_AES_128_GCM_SHA256', row: 4 },
    ])
  })

  it('says the same however its bytes are cut into segments and its hello into records', () => {
    const cut = fc.nat(HELLO.length - 12)
    fc.assert(
      fc.property(cut, fc.nat(FLIGHT.length), fc.nat(60), (inRecord, inFlight, inSegment) => {
        const hello = clientHello('api.shop.example')
        const edge = Math.max(6, Math.min(inRecord, hello.length))
        const records = concat(record(22, hello.slice(0, edge)), record(22, hello.slice(edge)))
        const talk = connection()
        for (const part of [records.subarray(0, inSegment + 6), records.subarray(inSegment + 6)]) talk.client(part)
        for (const part of [FLIGHT.subarray(0, inFlight), FLIGHT.subarray(inFlight)]) talk.server(part)
        talk.client(encrypted(53))
        expect(talk.told().map((line) => line.replace(/ \[.*/, ''))).toEqual([
          'tls ClientHello api.shop.example -> TLS 1.3',
        ])
      }),
    )
  })

  it('stays unanswered when the server says nothing', () => {
    const talk = connection().client(HELLO).client(HELLO, { at: 0 }).close()
    expect(talk.told()).toEqual(['tls ClientHello api.shop.example -> ? [4, 4]'])
  })

  it('failed when the client answers with no more than an alert', () => {
    const talk = connection().client(HELLO).server(FLIGHT).client(encrypted(19))
    expect(talk.told()).toEqual(['tls ClientHello api.shop.example -> encrypted alert [4, 5]'])
    expect(talk.exchanges.flags[0]).toBe(EXCHANGE.failed)
  })

  it('names the alert that refuses it', () => {
    const talk = connection()
      .client(HELLO)
      .server(record(21, [2, 112]))
    expect(talk.told()).toEqual(['tls ClientHello api.shop.example -> alert unrecognized_name [4, 5]'])
  })

  it('has its time also where the snap length cut its bytes', () => {
    const talk = connection()
      .client(HELLO, { cut: HELLO.length - 50 })
      .server(FLIGHT, { cut: FLIGHT.length - 40 })
    talk.client(encrypted(53), { cut: 20 }).server(encrypted(300), { cut: 250 })
    expect(talk.told()).toEqual(['tls ClientHello ->  [4, 5]'])
  })

  it('says that a hidden name was offered', () => {
    const talk = connection().client(record(22, clientHello('cover.example', extension(0xfe0d, [0, 0, 1]))))
    expect(talk.exchanges.facts(0).map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'sni: cover.example',
      'ech: offered',
    ])
  })

  it('leaves what comes after it to be guessed', () => {
    const talk = connection().client(HELLO).server(FLIGHT).client(encrypted(53)).client(encrypted(90))
    expect(talk.applications.undecodedFrom(0)).toBe(6)
  })
})
