import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CapturePiece } from '../../common/model/capture-pieces.ts'
import type { PacketTable } from '../columns/packet-table.ts'
import { HandMadePackets } from '../columns/testing/hand-made-packets.ts'
import { eachFrame, eachRange, type FrameRange, type ReadBytes } from './frame-bytes.ts'

function tableOf(frames: readonly (readonly [offset: number, length: number])[]): PacketTable {
  const made = new HandMadePackets()
  for (const [offset, length] of frames) {
    made.add((chunk, i) => {
      chunk.offset[i] = offset
      chunk.capturedLength[i] = length
    })
  }
  return made.packets
}

/** A file whose byte at position n is n modulo 251, and the reads of it. */
function fileOf(length: number) {
  const bytes = Uint8Array.from({ length }, (_, i) => i % 251)
  const reads: (readonly [number, number])[] = []
  const read = (offset: number, count: number) => {
    reads.push([offset, count])
    return Promise.resolve(bytes.subarray(offset, offset + count))
  }
  return { bytes, reads, read }
}

/** Gives pieces too, and tells which were asked for. */
function withPieces(read: ReadBytes, asked: (readonly CapturePiece[])[]): ReadBytes {
  return Object.assign(read.bind(undefined), {
    pieces: async (pieces: readonly CapturePiece[]) => {
      asked.push(pieces)
      const parts = await Promise.all(pieces.map(({ offset, length }) => read(offset, length)))
      const reads = parts.map(({ length }) => length)
      return {
        bytes: Uint8Array.from(parts.flatMap((part) => Array.from(part))),
        places: Uint32Array.from(reads, (_, n) => reads.slice(0, n).reduce((sum, length) => sum + length, 0)),
        lengths: Uint32Array.from(reads),
      }
    },
  })
}

async function gather(table: PacketTable, rows: ArrayLike<number>, read: ReadBytes) {
  const taken: (readonly [number, readonly number[]])[] = []
  await eachFrame(table, rows, read, (row, bytes) => {
    taken.push([row, Array.from(bytes)])
  })
  return taken
}

describe('reading the bytes of frames', () => {
  it('reads neighbours together, and the frames in between only where they are short', async () => {
    const file = fileOf(200_000)
    const table = tableOf([
      [24, 100],
      [140, 60],
      [216, 1000],
      [150_000, 10],
      [150_100, 0],
    ])
    const taken = await gather(table, [0, 2, 3, 4], file.read)
    expect(file.reads).toEqual([
      [24, 1192],
      [150_000, 100],
    ])
    expect(taken.map(([row, bytes]) => [row, bytes.length, bytes[0]])).toEqual([
      [0, 100, 24],
      [2, 1000, 216],
      [3, 10, 150_000 % 251],
      [4, 0, undefined],
    ])
  })

  it('reads no more than 4 MiB at once, unless a single frame is longer', async () => {
    const file = fileOf(16_000_000)
    const frames = [
      [0, 2_400_000],
      [2_400_000, 2_400_000],
      [4_800_000, 8_000_000],
      [12_800_000, 10],
    ] as const
    const lengths: number[] = []
    await eachFrame(tableOf(frames), [0, 1, 2, 3], file.read, (_, bytes) => void lengths.push(bytes.length))
    expect(file.reads).toEqual(frames)
    expect(lengths).toEqual(frames.map(([, length]) => length))
  })

  it('gives each frame its own bytes, wherever in the file and in whatever order they lie', async () => {
    const file = fileOf(300_000)
    const frame = fc.tuple(fc.nat(250_000), fc.nat(2000))
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame, { maxLength: 30 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        async (frames, picks) => {
          const rows = frames.length === 0 ? [] : picks.map((pick) => pick % frames.length)
          const taken = await gather(tableOf(frames), rows, file.read)
          expect(taken).toEqual(
            rows.map((row) => [row, Array.from(file.bytes.subarray(frames[row][0], frames[row][0] + frames[row][1]))]),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('gives what is left of frames at the end of a file that has become shorter, and nothing of those behind it', async () => {
    const file = fileOf(150)
    const table = tableOf([
      [24, 100],
      [124, 100],
      [224, 100],
    ])
    const taken = await gather(table, [0, 1, 2], file.read)
    expect(taken.map(([, bytes]) => bytes.length)).toEqual([100, 26, 0])
  })

  it('offers memory that it has looked at for what is read next, and none that is still looked at', async () => {
    const file = fileOf(30_000_000)
    const table = tableOf(Array.from({ length: 30 }, (_, n) => [n * 1_000_000, 1_000_000] as const))
    const rows = Array.from({ length: 30 }, (_, n) => n)
    const offered = new Set<ArrayBuffer>()
    const held = new Set<ArrayBuffer>()
    const read = async (offset: number, length: number, memory?: ArrayBuffer) => {
      const found = await file.read(offset, length)
      if (!memory) return found
      expect(held.has(memory)).toBe(false)
      held.add(memory)
      offered.add(memory)
      const bytes = new Uint8Array(memory, 0, found.length)
      bytes.set(found)
      return bytes
    }
    const spare: ArrayBuffer[] = []
    const pass = async () => {
      let next = 0
      const take = async ({ first, last, bytes, places }: FrameRange) => {
        // Another turn, in which others read.
        await new Promise((resolve) => setTimeout(resolve))
        for (let n = first; n < last; n++)
          expect([n, bytes[places[n - first]]]).toEqual([next, (next++ * 1_000_000) % 251])
        for (const memory of held) if (memory === bytes.buffer) held.delete(memory)
      }
      await eachRange(table, rows, read, take, { spare })
      expect(next).toBe(30)
    }
    await pass()
    expect(offered.size).toBeLessThanOrEqual(3)
    expect(spare).toHaveLength(offered.size)
    await Promise.all([pass(), pass()])
    expect(offered.size).toBeLessThanOrEqual(6)
    // Those who keep bytes are given their own.
    await gather(table, [0], (offset, length, memory?: ArrayBuffer) => {
      expect(memory).toBeUndefined()
      return file.read(offset, length)
    })
  })

  it('asks for pieces where little of what they lie in is wanted, and knows where each is', async () => {
    const file = fileOf(1_000_000)
    const table = tableOf(Array.from({ length: 10 }, (_, n) => [n * 50_000, 1000] as const))
    const rows = Array.from({ length: 10 }, (_, n) => n)
    const asked: (readonly CapturePiece[])[] = []
    const read = withPieces(file.read, asked)
    const ranges: FrameRange[] = []
    await eachRange(table, rows, read, (range) => void ranges.push(range), { wanted: () => 60 })
    expect(asked).toEqual([rows.map((n) => ({ offset: n * 50_000, length: 60 }))])
    const [{ first, last, bytes, places, ends }] = ranges
    expect([ranges.length, first, last]).toEqual([1, 0, 10])
    for (const n of rows) {
      expect(bytes[places[n]]).toBe((n * 50_000) % 251)
      expect(ends[n] - places[n]).toBe(1000)
    }
    // Most of it, or a short way: it is read as it lies.
    await eachRange(table, rows.slice(0, 5), read, () => undefined, { wanted: () => 60 })
    await eachRange(
      tableOf(Array.from({ length: 10 }, (_, n) => [n * 50_000, 40_000] as const)),
      rows,
      read,
      () => undefined,
    )
    expect(asked).toHaveLength(1)
  })

  it('says of pieces as well where the file has been cut', async () => {
    const file = fileOf(400_030)
    const table = tableOf(Array.from({ length: 10 }, (_, n) => [n * 50_000, 1000] as const))
    const lengths: number[] = []
    const take = (_: number, bytes: Uint8Array) => void lengths.push(bytes.length)
    await eachFrame(table, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], withPieces(file.read, []), take)
    expect(lengths).toEqual([1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 30, 0])
    // Also where only the first bytes are wanted.
    const wanted = () => 60
    const took = ({ places, ends }: FrameRange) => {
      expect(Array.from(ends, (end, n) => end - places[n])).toEqual(lengths)
    }
    await eachRange(table, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], withPieces(file.read, []), took, { wanted })
    expect.assertions(2)
  })

  it('reads what lies between as well where nobody can give pieces, and passes on why they failed', async () => {
    const file = fileOf(1_000_000)
    const table = tableOf(Array.from({ length: 10 }, (_, n) => [n * 50_000, 100] as const))
    const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    let asked = 0
    const none = Object.assign(file.read.bind(undefined), { pieces: () => void asked++ })
    const apart = tableOf(Array.from({ length: 10 }, (_, n) => [n * 100_000, 100] as const))
    for (const each of [table, apart]) {
      expect((await gather(each, rows, none)).map(([, bytes]) => bytes.length)).toEqual(rows.map(() => 100))
    }
    // Not again for each read of the same pass.
    expect(asked).toBe(2)
    const failing = Object.assign(file.read.bind(undefined), {
      pieces: () => Promise.reject(new Error('the host is gone')),
    })
    await expect(gather(table, rows, failing)).rejects.toThrow('the host is gone')
  })

  it('stops when it is told to, and begins no further reads', async () => {
    const file = fileOf(20_000_000)
    const table = tableOf(Array.from({ length: 200 }, (_, i) => [i * 90_000, 10] as const))
    const seen: number[] = []
    await eachFrame(
      table,
      Array.from({ length: 200 }, (_, i) => i),
      file.read,
      (row) => {
        seen.push(row)
        return row < 1
      },
    )
    expect(seen).toEqual([0, 1])
    expect(file.reads.length).toBeLessThan(100)
  })

  it('reads several places at a time, and hands them out in their order', async () => {
    const file = fileOf(4_000_000)
    const table = tableOf(Array.from({ length: 4 }, (_, i) => [i * 900_000, 10] as const))
    const begun: (() => void)[] = []
    const taken = gather(table, [0, 1, 2, 3], async (offset, length) => {
      await new Promise<void>((resolve) => begun.push(resolve))
      return file.read(offset, length)
    })
    expect(begun).toHaveLength(4)
    for (const resolve of begun.toReversed()) resolve()
    expect((await taken).map(([row]) => row)).toEqual([0, 1, 2, 3])
  })

  it('passes on why reading failed', async () => {
    const table = tableOf([[0, 10]])
    const failing = () => Promise.reject(new Error('the disk is gone'))
    await expect(eachFrame(table, [0], failing, () => undefined)).rejects.toThrow('the disk is gone')
  })
})
