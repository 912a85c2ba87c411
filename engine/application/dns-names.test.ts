import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../capture-file/utf8.ts'
import { readDnsMessage } from './dns-message.ts'
import { DnsNames } from './dns-names.ts'

const u16 = (value: number) => [value >> 8, value & 0xff]
const named = (name: string) => [...name.split('.').flatMap((label) => [label.length, ...encodeUtf8(label)]), 0]

/** A response to one question, with answers whose names point to it. */
function response(
  name: string,
  answers: readonly { readonly type: number; readonly data: readonly number[] }[],
  flags = 0x8180,
) {
  return Uint8Array.from([
    ...[0x12, 0x34, ...u16(flags), ...u16(1), ...u16(answers.length), 0, 0, 0, 0],
    ...[...named(name), 0, 1, 0, 1],
    ...answers.flatMap(({ type, data }) => [0xc0, 12, ...u16(type), 0, 1, 0, 0, 0, 30, ...u16(data.length), ...data]),
  ])
}

function namesOf(...messages: readonly Uint8Array[]): Record<string, readonly string[]> {
  const names = new DnsNames()
  for (const bytes of messages) {
    const message = readDnsMessage(bytes, 0, bytes.length)
    if (message) names.add(message, bytes, 0, bytes.length)
  }
  return Object.fromEntries(Array.from(names.names, ([address, found]) => [address, [...found]]))
}

const QUESTION = { name: 'a', type: 1 }

describe('names from DNS answers', () => {
  it('are those that were asked for, whatever alias the address came by', () => {
    const alias = { type: 5, data: named('edge-7.example.net') }
    const v4 = { type: 1, data: [203, 0, 113, 9] }
    const v6 = { type: 28, data: [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 7] }
    expect(namesOf(response('Shop.Example.com', [alias, v4]), response('shop.example.com', [v6]))).toEqual({
      '203.0.113.9': ['shop.example.com'],
      '2001:db8::7': ['shop.example.com'],
    })
  })

  it('may be several for an address', () => {
    const data = [10, 96, 0, 20]
    expect(namesOf(response('a.shop.svc', [{ type: 1, data }]), response('b.shop.svc', [{ type: 1, data }]))).toEqual({
      '10.96.0.20': ['a.shop.svc', 'b.shop.svc'],
    })
  })

  it('come from no query, no failure and no damaged answer', () => {
    const answers = [{ type: 1, data: [10, 0, 0, 1] }]
    const whole = response('a.b', answers)
    expect(namesOf(response('a.b', answers, 0x0100))).toEqual({})
    expect(namesOf(response('a.b', answers, 0x8183))).toEqual({})
    expect(namesOf(response('a.b', [{ type: 1, data: [10, 0, 0] }]))).toEqual({})
    for (let length = 0; length < whole.length; length++) expect(namesOf(whole.subarray(0, length))).toEqual({})
  })

  it('survive any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const message = {
          id: 0,
          isResponse: true,
          opcode: 0,
          truncated: false,
          rcode: 0,
          answers: 9,
          question: QUESTION,
        }
        new DnsNames().add(message, bytes, 0, bytes.length)
      }),
    )
  })
})
