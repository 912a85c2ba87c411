import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PullFrame } from './pull-frames.ts'
import { BrokenFrame, countsIn, PullFrames } from './pull-frames.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const data = (segment: number, offset: number, bytes: Buffer, last = 0) =>
  Buffer.concat([Buffer.from(`HS1 D ${segment} ${offset} ${bytes.length} ${sha256(bytes)} ${last}\n`), bytes])

const stream = Buffer.concat([
  Buffer.from('HS1 S 0 5\nhello'),
  Buffer.from('HS1 L 4321\n'),
  data(0, 0, Buffer.from('HS1 D 0 0 9\n\n\0\xff', 'latin1'), 1),
  Buffer.from(`HS1 E 1 12 ${'a'.repeat(64)}\n`),
  Buffer.from('HS1 G 7 100\n'),
  data(7, 0, Buffer.alloc(0)),
  Buffer.from('HS1 F 0 8 3 asked\nbye'),
])
const text = 'HS1 D 0 0 9\n\n\0\xff'
const frame = { segment: 0, offset: 0, length: text.length, last: true }
const empty = { segment: 7, offset: 0, length: 0, last: false }
const expected = [
  { kind: 'idle', words: 'hello' },
  { kind: 'left', bytes: 4321 },
  { kind: 'begin', ...frame },
  { kind: 'bytes', bytes: Buffer.from(text, 'latin1') },
  { kind: 'data', ...frame },
  { kind: 'segment-end', segment: 1, size: 12, sha256: 'a'.repeat(64) },
  { kind: 'gap', segment: 7, lostBytes: 100 },
  { kind: 'begin', ...empty },
  { kind: 'data', ...empty },
  { kind: 'end', exitCode: 0, segments: 8, words: 'bye', why: 'asked' },
]

describe('frames of a pull', () => {
  it('come out whole however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts, stream.length].sort((a, b) => a - b)
        const frames = new PullFrames()
        const out: PullFrame[] = []
        for (const [index, end] of places.slice(1).entries()) {
          for (const one of frames.push(stream.subarray(places[index], end))) {
            const before = out.at(-1)
            if (one.kind !== 'bytes' || before?.kind !== 'bytes') out.push(one)
            else out.splice(-1, 1, { kind: 'bytes', bytes: Buffer.concat([before.bytes, one.bytes]) })
          }
        }
        expect(out).toEqual(expected)
      }),
    )
  })

  it('that are not what was sent are refused: a changed byte, a missing one, an echo of something else', () => {
    const good = data(0, 0, Buffer.from('some bytes of a capture'))
    const changed = Buffer.from(good)
    changed[changed.length - 1] = 0
    expect(() => [...new PullFrames().push(changed)]).toThrow(BrokenFrame)
    const missing = Buffer.concat([good.subarray(0, good.length - 4), good])
    expect(() => [...new PullFrames().push(missing)]).toThrow(BrokenFrame)
    expect(() => [...new PullFrames().push(Buffer.from('sh: sha256sum: not found\n'))]).toThrow(BrokenFrame)
    expect(() => [...new PullFrames().push(Buffer.alloc(10_000, 65))]).toThrow(BrokenFrame)
    expect(() => [...new PullFrames().push(Buffer.from(`HS1 D 0 0 99999999999 ${'a'.repeat(64)} 0\n`))]).toThrow(
      BrokenFrame,
    )
  })

  it('never throw anything else for bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          for (const _frame of new PullFrames().push(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenFrame)
        }
      }),
    )
  })
})

describe("tcpdump's counts", () => {
  it('are its last words, in one line or in several', () => {
    const words =
      'tcpdump: listening on eth0\n1 packet captured, 1 packet received by filter, 0 packets dropped by kernel\n' +
      '12 packets captured\n14 packets received by filter\n3 packets dropped by kernel\n1 packet dropped by interface\n'
    expect(countsIn(words)).toEqual({ captured: 12, received: 14, dropped: 3, interfaceDropped: 1 })
    expect(countsIn('nothing')).toEqual({})
  })
})
