import type { FileHandle } from 'node:fs/promises'
import type { CaptureExcerpts } from '../../common/model/capture-excerpts.ts'
import type { CaptureFile } from '../captures/capture-file.ts'
import { readInto } from './capture-bytes.ts'

/** It stays in the processor's cache, and the host has time for others between two of them. */
const BLOCK_BYTES = 1 << 18
/** What is between two excerpts is read with them up to so many bytes: cheaper than a call for each. */
const NEAR = 1 << 16

/** Memory that blocks are read into, to serve again. */
const spare: Buffer[] = []
const MOST_SPARE = 4

/** Neighbouring excerpts, [first, last), that are read together: the bytes [begin, end) of the capture. */
interface Block {
  readonly first: number
  readonly last: number
  readonly begin: number
  readonly end: number
}

/** The excerpts: see common/model/capture-excerpts.ts. */
export async function excerptBytes(
  capture: CaptureFile,
  excerpts: CaptureExcerpts,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const handle = await capture.open()
  const blocks = [0, 1].map(() => spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES))
  try {
    return await excerptsOf(capture, handle, excerpts, blocks, signal)
  } finally {
    await handle.close()
    spare.push(...blocks.slice(0, MOST_SPARE - spare.length))
  }
}

async function excerptsOf(
  capture: CaptureFile,
  handle: FileHandle,
  { length, places }: CaptureExcerpts,
  memory: readonly Buffer[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const size = await capture.sizeOf(handle)
  const whole = placesBefore(places, size - length)
  const all = Buffer.allocUnsafeSlow(whole * length)
  const start = (first: number, n: number) => {
    if (first >= whole) return undefined
    const block = blockAt(places, first, whole, length)
    const bytes = memory[n % 2].subarray(0, block.end - block.begin)
    return { block, bytes, read: readInto(capture, handle, bytes, block.begin) }
  }
  // One block is read while the one before is looked at.
  let next = start(0, 0)
  try {
    for (let n = 1; next; n++) {
      // What is not taken yet is whatever was in memory.
      signal.throwIfAborted()
      const { block, bytes, read } = next
      await read
      next = start(block.last, n)
      take(all, bytes, places, block, length)
    }
  } finally {
    // Its memory serves again.
    await next?.read.catch(() => undefined)
  }
  return all
}

/** How many of the places are not behind `most`. */
function placesBefore(places: Float64Array, most: number): number {
  let count = places.length
  while (count > 0 && places[count - 1] > most) count--
  return count
}

function blockAt(places: Float64Array, first: number, whole: number, length: number): Block {
  const begin = places[first]
  let last = first + 1
  while (last < whole && places[last] - places[last - 1] <= NEAR && places[last] + length - begin <= BLOCK_BYTES) last++
  return { first, last, begin, end: places[last - 1] + length }
}

function take(all: Buffer, bytes: Buffer, places: Float64Array, { first, last, begin }: Block, length: number): void {
  let into = first * length
  for (let n = first; n < last; n++) {
    const at = places[n] - begin
    for (let i = 0; i < length; i++) all[into++] = bytes[at + i]
  }
}
