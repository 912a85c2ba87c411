import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PacketTable } from '../columns/packet-table.ts'
import { HandMadePackets } from '../columns/testing/hand-made-packets.ts'
import { eachFrame } from './frame-bytes.ts'

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

async function gather(table: PacketTable, rows: ArrayLike<number>, read: ReturnType<typeof fileOf>['read']) {
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
