import { describe, expect, it } from 'vitest'
import { decodeFrame, decodingIn } from './decode.ts'
import { describePacket } from './details.ts'
import { FieldCollector, FIELDS, type FieldValue } from './fields.ts'
import { decode, FRAMES, hex, IP_REQUEST, MACS, stack } from './frames.fixture.ts'
import { infoText, protocolColumn } from './info.ts'
import { DECODE_ERROR, Packet, TRANSPORT } from './packet.ts'

// What holds for any bytes: nothing throws, nothing outside the frame is read, every position lies inside it.

let told: [string, FieldValue, number, number][] = []
const collector = new FieldCollector(new Set(FIELDS.keys()), (...field) => told.push(field))
const CONTEXT = { number: 1, epochNs: 1_700_000_000_000_000_000n, time: 0 }

/** Everything that is said of a frame, as text. */
function account(bytes: Uint8Array, at: number, captured: number, length: number, linkType: number): string {
  const packet = new Packet()
  decodingIn(bytes, () => decodeFrame(packet, bytes, at, captured, length, linkType))
  for (let i = 0; i < packet.layerCount; i++) {
    check(packet.layerAt[i] >= at && packet.layerAt[i] <= at + Math.max(captured, length), 'a layer lies outside')
  }
  if (packet.sourceAt >= 0) {
    check(Math.min(packet.sourceAt, packet.destinationAt) >= at, 'an address lies before the frame')
    check(Math.max(packet.sourceAt, packet.destinationAt) < at + captured, 'an address lies behind the frame')
  }
  check(packet.payloadLength >= 0, 'a payload of negative length')
  const lines: unknown[] = [
    stack(packet),
    packet.error,
    [
      packet.network,
      packet.transport,
      packet.source,
      packet.destination,
      packet.sourceAt - at,
      packet.vni,
      packet.vlan,
    ],
    [packet.sourcePort, packet.destinationPort, packet.payloadLength, packet.hasPayloadLength, packet.fragment],
    [packet.quoted, packet.quotedSourcePort, packet.quotedDestinationPort, packet.nextHopMtu],
    [protocolColumn(packet), infoText(packet)],
  ]
  if (packet.transport === 6) {
    lines.push([
      packet.seq,
      packet.ack,
      packet.tcpFlags,
      packet.window,
      packet.mss,
      packet.windowShift,
      packet.optionsCut,
    ])
  }
  told = []
  collector.collect(packet)
  for (const [field, value, from, to] of told) {
    if (from < 0 || to > captured || from > to) throw new Error(`${field} lies at ${from}-${to} of ${captured}`)
    lines.push([field, value instanceof Uint8Array ? Array.from(value) : value, from, to])
  }
  return JSON.stringify(lines)
}

/** Called too often for `expect`. */
function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

/** The account must not depend on the bytes around the frame. */
function examine(frame: Uint8Array, captured: number, length: number, linkType: number): void {
  const margin = 64
  const zeros = new Uint8Array(frame.length + 2 * margin)
  const ones = new Uint8Array(frame.length + 2 * margin).fill(0xff)
  zeros.set(frame.subarray(0, captured), margin)
  ones.set(frame.subarray(0, captured), margin)
  const first = account(zeros, margin, captured, length, linkType)
  if (account(ones, margin, captured, length, linkType) !== first) {
    throw new Error(`Bytes outside the frame were read: ${first}`)
  }
  checkTree(describePacket(frame.subarray(0, captured), captured, length, linkType, CONTEXT), captured)
}

function checkTree(nodes: ReturnType<typeof describePacket>, captured: number): void {
  for (const { children, from, text, to } of nodes) {
    if (from < 0 || to > captured || from > to) throw new Error(`"${text}" lies at ${from}-${to} of ${captured}`)
    if (text === '' || /undefined|NaN/.test(text)) throw new Error(`"${text}" is no text for a person`)
    checkTree([...children], captured)
  }
}

/** Numbers that look random and are the same in every run. */
function* random(seed: number): Generator<number, never> {
  let state = seed
  for (;;) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    yield (state ^ (state >>> 13)) >>> 0
  }
}

describe('any bytes', { timeout: 60_000 }, () => {
  it('keeps to the frame wherever the snap length cuts it', () => {
    for (const [, linkType, text] of FRAMES) {
      const frame = hex(text)
      for (let captured = 0; captured <= frame.length; captured++) examine(frame, captured, frame.length, linkType)
    }
  })

  it('keeps to the frame wherever it ends on the wire', () => {
    for (const [, linkType, text] of FRAMES) {
      const frame = hex(text)
      for (let length = 0; length < frame.length; length++) examine(frame, length, length, linkType)
    }
  })

  it('survives every single byte being replaced', () => {
    for (const [, linkType, text] of FRAMES) {
      const frame = hex(text)
      for (let at = 0; at < Math.min(frame.length, 120); at++) {
        for (const value of [0xff, frame[at] ^ 0x01]) {
          const changed = frame.slice()
          changed[at] = value
          examine(changed, changed.length, changed.length, linkType)
        }
      }
    }
  })

  it('survives noise in every link type', () => {
    const numbers = random(20261120)
    const next = () => numbers.next().value
    const linkTypes = [
      0, 1, 7, 8, 9, 10, 12, 50, 51, 101, 104, 105, 107, 108, 113, 119, 127, 129, 163, 192, 226, 228, 229, 239,
    ]
    linkTypes.push(242, 258, 276, 9999)
    for (let round = 0; round < 3000; round++) {
      const frame = Uint8Array.from({ length: next() % 160 }, () => (next() % 4 === 0 ? 0 : next() & 0xff))
      const length = next() % 3 === 0 ? next() % 300 : frame.length
      examine(frame, frame.length, length, linkTypes[next() % linkTypes.length])
    }
  })

  it('survives several changes to real frames at once', () => {
    const numbers = random(7)
    const next = () => numbers.next().value
    for (let round = 0; round < 3000; round++) {
      const [, linkType, text] = FRAMES[next() % FRAMES.length]
      const frame = hex(text)
      for (let changes = 1 + (next() % 4); changes > 0; changes--) frame[next() % frame.length] = next() & 0xff
      examine(frame, frame.length - (next() % 3 === 0 ? next() % frame.length : 0), frame.length, linkType)
    }
  })

  it('takes a length on the wire of 0, as some writers leave it, for the captured one', () => {
    for (const [, linkType, text] of FRAMES)
      expect(stack(decode(linkType, text, 0))).toBe(stack(decode(linkType, text)))
  })

  it('keeps positions small when a length on the wire is nonsense', () => {
    // total length 0: IP takes the frame's
    const packet = decode(1, `${MACS} 0800 ${IP_REQUEST.replace('0046', '0000')}`, 0xffff_fff0)
    expect(packet.payloadLength).toBe(0x1fff_ffff - 66)
    expect(packet.transport).toBe(TRANSPORT.tcp)
  })

  it('decodes every frame of the fixtures without complaint', () => {
    for (const [name, linkType, text] of FRAMES) {
      const whole = name.includes('fragment') ? 1600 : undefined
      expect([name, decode(linkType, text, whole).error]).toEqual([name, DECODE_ERROR.none])
    }
  })
})
