import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BINARY, CLOSE, clientFrame, closeReason, FrameReader, PING, PONG, ProtocolError } from './websocket-frames.ts'

/** A frame as a server writes it. */
function serverFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8
  const head = Buffer.alloc(2 + extended)
  head[0] = first
  head[1] = extended === 0 ? length : extended === 2 ? 126 : 127
  if (extended === 2) head.writeUInt16BE(length, 2)
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

type Heard = { readonly message: Buffer } | { readonly control: number; readonly payload: Buffer }

/** Messages put together, and control frames, in their order. */
function read(pieces: readonly Buffer[]): Heard[] {
  const heard: Heard[] = []
  let parts: Buffer[] | undefined
  const reader = new FrameReader({
    data(bytes, begins, ends) {
      if (begins !== (parts === undefined)) throw new Error('a message begins where none should')
      parts ??= []
      parts.push(Buffer.from(bytes))
      if (!ends) return
      heard.push({ message: Buffer.concat(parts) })
      parts = undefined
    },
    control: (control, payload) => heard.push({ control, payload }),
  })
  for (const piece of pieces) reader.push(piece)
  return heard
}

/** Cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

const payload = fc
  .oneof(fc.nat(3), fc.constantFrom(125, 126, 127, 0xffff, 0x10000), fc.nat(300))
  .chain((length) => fc.nat(255).map((value) => Buffer.alloc(length, value)))
const control = fc.record({
  control: fc.constantFrom(PING, PONG),
  payload: fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes)),
})
/** A message in one or more frames, with control frames between them (RFC 6455, section 5.4). */
const message = fc
  .array(fc.record({ part: payload, controls: fc.array(control, { maxLength: 2 }) }), { minLength: 1, maxLength: 4 })
  .map((frames) => ({
    bytes: Buffer.concat(
      frames.map(({ part, controls }, index) => {
        const final = index === frames.length - 1 ? 0x80 : 0
        const between = controls.map((one) => serverFrame(0x80 | one.control, one.payload))
        return Buffer.concat([...between, serverFrame(final | (index === 0 ? BINARY : 0), part)])
      }),
    ),
    heard: [...frames.flatMap(({ controls }) => controls), { message: Buffer.concat(frames.map(({ part }) => part)) }],
  }))

describe('frames from a server', () => {
  it('are read whatever the pieces they come in', () => {
    const messages = fc.array(message, { maxLength: 4 })
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
        const bytes = Buffer.concat(sent.map((one) => one.bytes))
        expect(read(cut(bytes, places))).toEqual(sent.flatMap(({ heard }) => heard))
      }),
      { numRuns: 100 },
    )
  })

  it('are read byte by byte', () => {
    const parts = [serverFrame(BINARY, Buffer.alloc(0)), serverFrame(0x80 | PING, Buffer.from('?'))]
    parts.push(serverFrame(0x80, Buffer.alloc(70_000, 7)), serverFrame(0x80 | BINARY, Buffer.alloc(0)))
    expect(read([...Buffer.concat(parts)].map((byte) => Buffer.of(byte)))).toEqual([
      { control: PING, payload: Buffer.from('?') },
      { message: Buffer.alloc(70_000, 7) },
      { message: Buffer.alloc(0) },
    ])
  })

  it('are handed on as they come, without waiting for their end or believing their length', () => {
    const pieces: Buffer[] = []
    const reader = new FrameReader({ data: (bytes) => pieces.push(bytes), control: () => undefined })
    const arrived = Buffer.of(0x82, 127, 0, 0, 0, 0, 0x01, 0, 0, 0, 1, 2, 3)
    reader.push(arrived)
    expect(pieces).toEqual([Buffer.of(1, 2, 3)])
    expect(pieces[0]?.buffer).toBe(arrived.buffer)
  })

  it('end with a close frame, whatever is behind it', () => {
    const behind = serverFrame(0x80 | BINARY, Buffer.from('too late'))
    expect(read([Buffer.concat([serverFrame(0x80 | CLOSE, Buffer.of(3, 232)), behind])])).toHaveLength(1)
  })

  it.each([
    ['bits of an extension', [0xc2, 0], 1002],
    ['a mask', [0x82, 0x80], 1002],
    ['text', [0x81, 0], 1003],
    ['an unknown data frame', [0x83, 0], 1002],
    ['an unknown control frame', [0x8b, 0], 1002],
    ['a control frame in parts', [0x09, 0], 1002],
    ['a long control frame', [0x89, 126], 1002],
    ['a continuation of nothing', [0x80, 0], 1002],
    ['a message within a message', [0x02, 0, 0x82, 0], 1002],
    ['a frame of 16 MB and a byte', [0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1], 1009],
    ['a frame of 2^63 bytes', [0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0], 1009],
  ])('with %s are refused', (_what, bytes, code) => {
    expect(() => read([Buffer.from(bytes)])).toThrow(expect.objectContaining({ code }))
    expect(() => read(bytes.map((byte) => Buffer.of(byte)))).toThrow(expect.objectContaining({ code }))
  })

  it('that are anything else never do worse than that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          read([Buffer.from(bytes)])
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })
})

describe('frames to a server', () => {
  it.each([0, 1, 125, 126, 0xffff, 0x10000])('of %i bytes are masked, each with another key', (length) => {
    const bytes = Buffer.alloc(length, 'abc')
    const frames = [clientFrame(BINARY, bytes.subarray(0, 1), bytes.subarray(1)), clientFrame(BINARY, bytes)]
    const keys = frames.map((frame) => {
      const [first, second = 0] = frame
      expect([first, second & 0x80]).toEqual([0x82, 0x80])
      const header = length < 126 ? 2 : length < 0x10000 ? 4 : 10
      const claimed = header === 2 ? second & 0x7f : frame.readUIntBE(header === 4 ? 2 : 4, header === 4 ? 2 : 6)
      const key = frame.subarray(header, header + 4)
      const unmasked = frame.subarray(header + 4).map((byte, index) => byte ^ (key[index & 3] ?? 0))
      expect(claimed).toBe(length)
      expect(Buffer.compare(unmasked, bytes)).toBe(0)
      return key.toString('hex')
    })
    expect(keys[0]).not.toBe(keys[1])
  })
})

describe('the reason of a close', () => {
  it('is a code and words, or neither', () => {
    expect(closeReason(Buffer.from([3, 233, 0x62, 0x79, 0x65]))).toEqual({ code: 1001, reason: 'bye' })
    expect(closeReason(Buffer.alloc(0))).toEqual({ code: 1005, reason: '' })
  })

  it.each([
    [[3], 1002],
    [[0, 1], 1002],
    [[3, 238], 1002],
    [[3, 247], 1002],
    [[0x13, 0x88], 1002],
    [[3, 232, 0xff], 1007],
  ])('%j is refused', (bytes, code) => {
    expect(() => closeReason(Buffer.from(bytes))).toThrow(expect.objectContaining({ code }))
  })
})
