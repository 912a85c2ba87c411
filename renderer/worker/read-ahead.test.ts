import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReadAhead } from './read-ahead.ts'

const FILE = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)

function reader(window: number) {
  const requests: [number, number][] = []
  const ahead = new ReadAhead((offset, length) => {
    requests.push([offset, length])
    return Promise.resolve(FILE.slice(offset, offset + length))
  }, window)
  return { ahead, requests }
}

describe('reading ahead', () => {
  it('leaves single reads alone', async () => {
    const { ahead, requests } = reader(1000)
    for (const offset of [9000, 10, 5000, 4000]) await ahead.read(offset, 50)
    expect(requests).toEqual([
      [9000, 50],
      [10, 50],
      [5000, 50],
      [4000, 50],
    ])
  })

  it('leaves packets here and there alone, as in a filtered list', async () => {
    const { ahead, requests } = reader(8 << 20)
    for (let i = 0; i < 20; i++) await ahead.read(i * 300_000, 50)
    expect(requests.every(([, length]) => length === 50)).toBe(true)
  })

  it('makes few requests of a pass over the file, the next before the last is used up', async () => {
    const { ahead, requests } = reader(1000)
    for (let offset = 0; offset < 10_000; offset += 50) await ahead.read(offset, 50)
    expect(requests.length).toBeLessThan(30)
    const large = requests.filter(([, length]) => length === 1000)
    expect(large.length).toBeGreaterThan(8)
  })

  it('goes on with a pass while single packets are read elsewhere', async () => {
    const { ahead, requests } = reader(1000)
    for (let offset = 4_000; offset < 9_000; offset += 50) {
      await ahead.read(offset, 50)
      if (offset % 500 === 200) await ahead.read(3_900 - offset / 10, 10)
    }
    expect(requests.filter(([, length]) => length === 50).length).toBeLessThan(4)
    expect(requests.filter(([, length]) => length === 10)).toHaveLength(10)
  })

  it('always answers with the bytes that were asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -100, max: 400 }), fc.integer({ min: 1, max: 300 })), { maxLength: 80 }),
        async (steps) => {
          const { ahead } = reader(512)
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
