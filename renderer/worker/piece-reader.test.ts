import { describe, expect, it } from 'vitest'
import { pieceReader } from './piece-reader.ts'

const BYTES = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff)

/** A stream as a response's body is one, in chunks of `size`; it breaks off at `fails`. */
function bytes(size: number, fails = Infinity): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (at >= fails) return controller.error(new Error('the line is gone'))
      const chunk = BYTES.slice(at, Math.min(at + size, fails))
      at += chunk.length
      if (chunk.length > 0) return controller.enqueue(chunk)
      controller.close()
      controller.byobRequest?.respond(0)
    },
  })
}

/** A stream that can't fill memory it is given. */
function plain(): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= BYTES.length) return controller.close()
      controller.enqueue(BYTES.slice(at, (at += 70_001)))
    },
  })
}

describe('reading piece by piece', () => {
  it.each([
    ['small chunks', () => bytes(999)],
    ['chunks larger than a piece', () => bytes(700_000)],
    ['a body', () => new Response(BYTES).body ?? bytes(1)],
    ['a file', () => new Blob([BYTES]).stream()],
    ['a stream without memory of ours', plain],
  ])('gives all bytes of %s in order', async (_, open) => {
    const reader = pieceReader(open())
    const all = new Uint8Array(BYTES.length)
    let at = 0
    for (let piece = await reader.next(); piece; piece = await reader.next()) {
      all.set(piece, at)
      at += piece.length
    }
    expect(at).toBe(BYTES.length)
    expect(Buffer.compare(all, BYTES)).toBe(0)
    expect(await reader.next()).toBeUndefined()
  })

  it('takes the same memory for each piece', async () => {
    const reader = pieceReader(bytes(999))
    const first = await reader.next()
    expect(first?.length).toBe(999)
    await reader.next()
    // It went on to the next piece.
    expect(first?.length).toBe(0)
  })

  it('throws where the stream breaks off', async () => {
    const reader = pieceReader(bytes(1000, 1500))
    expect((await reader.next())?.length).toBe(1000)
    expect((await reader.next())?.length).toBe(500)
    await expect(reader.next()).rejects.toThrow('the line is gone')
  })

  it('lets go of the stream when it is cancelled, also while a piece is waited for', async () => {
    let left = false
    const reader = pieceReader(new ReadableStream({ type: 'bytes', cancel: () => void (left = true) }))
    const waiting = reader.next()
    reader.cancel()
    expect(await waiting).toBeUndefined()
    expect(left).toBe(true)
  })
})
