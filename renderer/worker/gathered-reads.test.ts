import { describe, expect, it } from 'vitest'
import { MOST_PIECE_BYTES } from '../../common/model/capture-pieces.ts'
import { GatheredReads, MOST_TOGETHER } from './gathered-reads.ts'

describe('short reads', () => {
  it('that are asked for at once go together, each answered with its own bytes', async () => {
    const { reads, requests } = reader()
    const found = await Promise.all([reads.read(500, 2), reads.read(7, 3), reads.read(90, 1)])
    expect(requests).toEqual([[500, 7, 90]])
    expect(found.map((bytes) => [...bytes])).toEqual([[500 & 0xff, 501 & 0xff], [7, 8, 9], [90]])
  })

  it('go alone when nothing else is asked for, as long ones do', async () => {
    const { reads, requests } = reader()
    await reads.read(5, 1)
    await Promise.all([reads.read(1, 1), reads.read(2, 100_000), reads.read(3, 1)])
    expect(requests).toEqual([[5], [2], [1, 3]])
  })

  it('are no more at a time than the host answers', async () => {
    const { reads, requests } = reader()
    await Promise.all(Array.from({ length: 2 * MOST_TOGETHER + 1 }, (_, i) => reads.read(i, 1)))
    expect(requests.map((pieces) => pieces.length)).toEqual([MOST_TOGETHER, MOST_TOGETHER, 1])
    await Promise.all(Array.from({ length: 100 }, (_, i) => reads.read(i, 60_000)))
    expect(Math.max(...requests.slice(3).map((pieces) => pieces.length * 60_000))).toBeLessThanOrEqual(MOST_PIECE_BYTES)
    expect(requests.flat()).toHaveLength(2 * MOST_TOGETHER + 1 + 100)
  })

  it('all tell why they failed', async () => {
    const failing = () => Promise.reject(new Error('the disk is gone'))
    const reads = new GatheredReads(failing, failing)
    const results = await Promise.allSettled([reads.read(0, 1), reads.read(9, 1)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(reads.read(0, 1)).rejects.toThrow('the disk is gone')
  })
})

function reader() {
  const requests: number[][] = []
  const bytes = (offset: number, length: number) => Uint8Array.from({ length }, (_, i) => offset + i)
  const reads = new GatheredReads(
    (offset, length) => {
      requests.push([offset])
      return Promise.resolve(bytes(offset, length))
    },
    (pieces) => {
      requests.push(pieces.map(({ offset }) => offset))
      const places = Uint32Array.from(pieces, (_, n) => pieces.slice(0, n).reduce((sum, { length }) => sum + length, 0))
      return Promise.resolve({
        bytes: Uint8Array.from(pieces.flatMap(({ offset, length }) => Array.from(bytes(offset, length)))),
        places,
        lengths: Uint32Array.from(pieces, ({ length }) => length),
      })
    },
  )
  return { reads, requests }
}
