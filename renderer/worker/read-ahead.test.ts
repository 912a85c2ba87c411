import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReadAhead } from './read-ahead.ts'

const FILE = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)

/** `piece`: how many bytes a stream gives at a time; it breaks off at `breaks`. */
function reader(piece = 64, breaks = Infinity) {
  const requests: [number, number][] = []
  const streams: { from: number; given: number; left: boolean }[] = []
  const ahead = new ReadAhead(
    (offset, length) => {
      requests.push([offset, length])
      return Promise.resolve(FILE.slice(offset, offset + length))
    },
    async (from) => {
      const stream = { from, given: 0, left: false }
      streams.push(stream)
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const at = from + stream.given
          if (at >= breaks) return controller.error(new Error('the line is gone'))
          if (at >= FILE.length) return controller.close()
          const bytes = FILE.slice(at, Math.min(at + piece, breaks))
          stream.given += bytes.length
          controller.enqueue(bytes)
        },
        cancel: () => void (stream.left = true),
      })
    },
  )
  return { ahead, requests, streams }
}

describe('reading ahead', () => {
  it('puts the bytes of a pass where they are wanted, if there is room', async () => {
    const { ahead, requests } = reader()
    const memory = new ArrayBuffer(150)
    for (let offset = 0; offset < 600; offset += 100) {
      const bytes = await ahead.read(offset, 100, memory)
      expect(bytes).toEqual(FILE.subarray(offset, offset + 100))
      // The first are single reads, for all one knows.
      if (offset >= 400) expect(bytes.buffer).toBe(memory)
    }
    const longer = await ahead.read(600, 200, memory)
    expect(longer).toEqual(FILE.subarray(600, 800))
    expect(longer.buffer).not.toBe(memory)
    expect(requests.map(([offset]) => offset)).not.toContain(600)
    // Where the file ends within it.
    expect(await ahead.read(9950, 100, memory)).toEqual(FILE.subarray(9950))
  })

  it('leaves single reads alone', async () => {
    const { ahead, requests, streams } = reader()
    for (const offset of [9000, 10, 5000, 4000]) await ahead.read(offset, 50)
    expect(requests).toEqual([
      [9000, 50],
      [10, 50],
      [5000, 50],
      [4000, 50],
    ])
    expect(streams).toEqual([])
  })

  it('leaves packets here and there alone, as in a filtered list', async () => {
    const { ahead, streams } = reader()
    for (let i = 0; i < 20; i++) await ahead.read(i * 300_000, 50)
    expect(streams).toEqual([])
  })

  it('reads a pass over the file as one stream, also where reads are asked for before the last have come', async () => {
    const { ahead, requests, streams } = reader()
    const reads = Array.from({ length: 200 }, (_, i) => ahead.read(i * 50, 40))
    for (const [i, bytes] of (await Promise.all(reads)).entries()) {
      expect([...bytes]).toEqual([...FILE.slice(i * 50, i * 50 + 40)])
    }
    expect(requests.length).toBeLessThan(4)
    expect(streams).toHaveLength(1)
  })

  it('goes on with a pass while single packets are read elsewhere', async () => {
    const { ahead, requests, streams } = reader()
    for (let offset = 4_000; offset < 9_000; offset += 50) {
      await ahead.read(offset, 50)
      if (offset % 500 === 200) await ahead.read(3_900 - offset / 10, 10)
    }
    expect(streams).toHaveLength(1)
    expect(requests.filter(([, length]) => length === 10)).toHaveLength(10)
  })

  it('reads singly what a stream that broke off did not give, and begins another one', async () => {
    const { ahead, requests, streams } = reader(64, 1000)
    for (let offset = 0; offset < 900; offset += 100) await ahead.read(offset, 100)
    requests.length = 0
    expect([...(await ahead.read(950, 100))]).toEqual([...FILE.slice(950, 1050)])
    expect(requests).toEqual([[950, 100]])
    await ahead.read(1050, 100)
    expect(streams).toHaveLength(2)
  })

  it('lets go of a stream when another pass begins', async () => {
    const { ahead, streams } = reader()
    for (let offset = 5000; offset < 6000; offset += 50) await ahead.read(offset, 50)
    for (let offset = 0; offset < 1000; offset += 50) await ahead.read(offset, 50)
    expect(streams).toHaveLength(2)
    await expect.poll(() => streams[0].left).toBe(true)
  })

  it('always answers with the bytes that were asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -100, max: 400 }), fc.integer({ min: 1, max: 300 })), { maxLength: 80 }),
        async (steps) => {
          const { ahead } = reader(77)
          let at = 0
          for (const [gap, length] of steps) {
            at = Math.max(0, Math.min(9_999, at + gap))
            const bytes = await ahead.read(at, length)
            expect([...bytes]).toEqual([...FILE.slice(at, at + length)])
            at += length
          }
        },
      ),
    )
  })
})
