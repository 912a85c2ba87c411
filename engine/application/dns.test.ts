import { describe, expect, it } from 'vitest'
import { concat, text } from '../query/testing/frames.ts'
import { readDnsMessage } from './dns-message.ts'
import { EXCHANGE } from './exchange-table.ts'
import { Talk } from './testing/talk.ts'

const A = 1
const AAAA = 28
const RESPONSE = 0x8180
const [NXDOMAIN, SERVFAIL] = [3, 2]

function message(id: number, name: string, type: number, bits = 0x0100, answers = 0): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...text(label)])
  const word = (value: number) => [value >> 8, value & 0xff]
  return concat(word(id), word(bits), [0, 1], word(answers), [0, 0, 0, 0], labels, [0], word(type), [0, 1])
}

describe('DNS', () => {
  it('pairs queries and responses that cross, by id and name', () => {
    const talk = new Talk().dns(true, message(7, 'api.shop', A)).dns(true, message(8, 'api.shop', AAAA))
    talk.dns(false, message(8, 'API.shop', AAAA, RESPONSE)).dns(false, message(7, 'api.shop', A, RESPONSE, 1))
    expect(talk.told()).toEqual(['dns A api.shop -> NOERROR [1, 4]', 'dns AAAA api.shop -> NODATA [2, 3]'])
  })

  it('tells A from AAAA when both have the same id', () => {
    const talk = new Talk().dns(true, message(7, 'api.shop', A)).dns(true, message(7, 'api.shop', AAAA))
    expect(talk.dns(false, message(7, 'api.shop', AAAA, RESPONSE)).told()).toEqual([
      'dns A api.shop -> ? [1, 1]',
      'dns AAAA api.shop -> NODATA [2, 3]',
    ])
  })

  it('takes the same query again for a retry of the same exchange', () => {
    const talk = new Talk().dns(true, message(7, 'api.shop', A)).dns(true, message(7, 'api.shop', A), 5000)
    talk.dns(false, message(7, 'api.shop', A, RESPONSE, 1)).dns(false, message(7, 'api.shop', A, RESPONSE, 1))
    expect(talk.told()).toEqual(['dns A api.shop -> NOERROR [1, 3]'])
    expect(talk.exchanges.requestEndRow[0]).toBe(1)
  })

  it('takes what a further point sees of a query for no retry, also where its clock is ahead', () => {
    const talk = new Talk()
    const ask = (point: number, ms: number) => talk.dns(true, message(7, 'api.shop', A), ms, [50_000, 53], point)
    const answer = (point: number, ms: number) =>
      talk.dns(false, message(7, 'api.shop', A, RESPONSE, 1), ms, [50_000, 53], point)
    ask(0, 1)
    ask(1, 3)
    ask(0, 5000)
    ask(1, 3)
    expect(talk.exchanges.requestEndRow[0]).toBe(2)
    answer(1, 1)
    answer(0, 3)
    ask(2, 100)
    answer(2, 4)
    expect(talk.told()).toEqual(['dns A api.shop -> NOERROR [1, 5]'])
    ask(0, 100)
    expect(talk.told()).toHaveLength(2)
  })

  it('takes a query that a capture of all interfaces shows several times for one', () => {
    const talk = new Talk().dns(true, message(7, 'api.shop', A)).dns(true, message(7, 'api.shop', A), 0.05)
    talk.dns(true, message(7, 'api.shop', A), 0.05)
    expect(talk.exchanges.requestEndRow[0]).toBe(0)
    talk.dns(true, message(7, 'api.shop', A), 5000).dns(true, message(7, 'api.shop', A), 0.05)
    expect(talk.exchanges.requestEndRow[0]).toBe(3)
    expect(talk.exchanges.count).toBe(1)
  })

  it('takes the same query, soon after its answer, for another one', () => {
    const talk = new Talk()
    for (let i = 0; i < 2; i++) {
      talk.dns(true, message(7, 'api.shop', A), 0.1).dns(false, message(7, 'api.shop', A, RESPONSE, 1), 0.1)
    }
    expect(talk.told()).toEqual(['dns A api.shop -> NOERROR [1, 2]', 'dns A api.shop -> NOERROR [3, 4]'])
  })

  it('takes it for another one after a minute', () => {
    const talk = new Talk().dns(true, message(7, 'api.shop', A)).dns(true, message(7, 'api.shop', A), 61_000)
    expect(talk.told()).toHaveLength(2)
  })

  it('counts SERVFAIL as failed, and that there is no such name as an answer', () => {
    const talk = new Talk().dns(true, message(1, 'a', A)).dns(false, message(1, 'a', A, RESPONSE | NXDOMAIN))
    talk.dns(true, message(2, 'b', A)).dns(false, message(2, 'b', A, RESPONSE | SERVFAIL))
    talk.dns(true, message(3, 'c', A)).dns(false, message(3, 'c', A, RESPONSE | 0x0200))
    expect(talk.told().map((line) => line.replace(/ \[.*/, ''))).toEqual([
      'dns A a -> NXDOMAIN',
      'dns A b -> SERVFAIL',
      'dns A c -> NOERROR, truncated',
    ])
    expect(Array.from(talk.exchanges.flags.subarray(0, 3))).toEqual([0, EXCHANGE.failed, 0])
  })

  it('expects no answer to a multicast query', () => {
    const talk = new Talk().dns(true, message(0, 'printer.local', A), 1, [5353, 5353])
    expect(talk.told()).toEqual(['mdns A printer.local -> ? [1, 1]'])
    expect(talk.exchanges.flags[0]).toBe(EXCHANGE.oneWay)
  })

  it('is plain DNS on the multicast port when it is asked from another one', () => {
    const talk = new Talk().dns(true, message(7, 'api.shop', A), 1, [50_000, 5353])
    talk.dns(false, message(7, 'api.shop', A, RESPONSE, 1), 1, [50_000, 5353])
    expect(talk.told()).toEqual(['dns A api.shop -> NOERROR [1, 2]'])
  })

  it('is read over TCP, in pieces and several at once', () => {
    const framed = (bytes: Uint8Array) => concat([bytes.length >> 8, bytes.length & 0xff], bytes)
    const ask = concat(framed(message(1, 'one.shop', A)), framed(message(2, 'two.shop', AAAA)))
    const answer = concat(
      framed(message(2, 'two.shop', AAAA, RESPONSE)),
      framed(message(1, 'one.shop', A, RESPONSE, 1)),
    )
    const talk = new Talk(53).handshake().client(ask)
    for (const byte of answer) talk.server(Uint8Array.of(byte))
    const first = framed(message(2, 'two.shop', AAAA, RESPONSE)).length
    expect(talk.told()).toEqual([
      `dns A one.shop -> NOERROR [4, ${4 + answer.length}]`,
      `dns AAAA two.shop -> NODATA [4, ${4 + first}]`,
    ])
  })

  it('finds back to the next message over TCP behind a hole', () => {
    const framed = (bytes: Uint8Array) => concat([bytes.length >> 8, bytes.length & 0xff], bytes)
    const talk = new Talk(53).handshake()
    for (const id of [1, 2, 3]) {
      talk.client(framed(message(id, 'api.shop', A)), { lost: id === 2 })
      talk.server(framed(message(id, 'api.shop', A, RESPONSE, 1)), { lost: id === 2 })
    }
    expect(talk.told()).toEqual(['dns A api.shop -> NOERROR [4, 5]', 'dns A api.shop -> NOERROR [6, 7]'])
  })

  it('survives a message cut at any byte', () => {
    const whole = message(7, 'api.shop.svc.cluster.local', A)
    for (let length = 0; length < whole.length; length++) {
      const read = readDnsMessage(whole, 0, length)
      expect(read?.id).toBe(length < 12 ? undefined : 7)
      expect(read?.question).toBeUndefined()
    }
    expect(readDnsMessage(whole, 0, whole.length)?.question?.name).toBe('api.shop.svc.cluster.local')
  })

  it('shows bytes that are no text as zone files do', () => {
    const bytes = concat([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [4], [0x1b, 0x2e, 0x61, 0xff], [0, 0, 1, 0, 1])
    expect(readDnsMessage(bytes, 0, bytes.length)?.question?.name).toBe('\\027\\.a\\255')
  })
})
