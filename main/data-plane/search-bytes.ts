import type { FileHandle } from 'node:fs/promises'
import { type CaptureSearch, LEAST_APART } from '../../common/model/capture-search.ts'
import type { CaptureFile } from '../captures/capture-file.ts'
import { readInto } from './capture-bytes.ts'

/** It stays in the processor's cache, and the host has time for others between two of them. */
const BLOCK_BYTES = 1 << 18
/**
 * Milliseconds of this thread's processor time that looking through blocks may take, and so many more for each block: ten times what it mostly takes,
 * and no more than reading. It takes longer where there are many needles and they nearly begin everywhere. What the thread does for others meanwhile
 * does not count.
 */
const MOST_MS = 250
const MOST_BLOCK_MS = 0.5
/** So many places are never too many, however short the capture. */
const FEW = 64

/** Memory that blocks are read into, to serve again. */
const spare: Buffer[] = []
const MOST_SPARE = 4

/** How far was looked, and where the needles begin: see common/model/capture-search.ts. */
export async function searchBytes(
  capture: CaptureFile,
  search: CaptureSearch,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const handle = await capture.open()
  const overlap = Math.max(...search.needles.map(({ bytes }) => bytes.length)) - 1
  const size = BLOCK_BYTES + overlap
  const blocks = [spare.pop() ?? Buffer.alloc(0), spare.pop() ?? Buffer.alloc(0)].map((block) =>
    block.length < size ? Buffer.allocUnsafeSlow(size) : block,
  )
  try {
    return await searchOpen(capture, handle, search, overlap, blocks, signal)
  } finally {
    await handle.close()
    spare.push(...blocks.slice(0, MOST_SPARE - spare.length))
  }
}

async function searchOpen(
  capture: CaptureFile,
  handle: FileHandle,
  { needles, from, to }: CaptureSearch,
  overlap: number,
  blocks: readonly Buffer[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const size = await capture.sizeOf(handle)
  const end = Math.max(from, Math.min(to, size))
  const places: number[] = []
  const most = Math.max(FEW, (end - from) / LEAST_APART)
  let spent = 0
  const start = (at: number, block: Buffer) =>
    at < end
      ? readInto(capture, handle, block.subarray(0, Math.min(end + overlap, size, at + BLOCK_BYTES + overlap) - at), at)
      : undefined
  let at = from
  // One block is read while the one before is searched.
  let next = start(at, blocks[0])
  try {
    for (let n = 1; next && !signal.aborted && spent < MOST_MS + n * MOST_BLOCK_MS; n++) {
      const block = await next
      const until = Math.min(end, at + BLOCK_BYTES)
      next = start(until, blocks[n % 2])
      const began = threadMs()
      const found = placesIn(block, until - at, needles, most - places.length)
      spent += threadMs() - began
      if (!found) break
      for (const place of found) places.push(at - from + place)
      at = until
    }
  } finally {
    // Its memory serves again.
    await next?.catch(() => undefined)
  }
  // A run that the capture's end cuts may be whole once it has grown.
  places.unshift(Math.max(0, Math.min(at, size - overlap) - from))
  return new Uint8Array(Uint32Array.from(places).buffer)
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Where the needles begin in front of `end`, ascending; undefined where there are more than `most`. */
function placesIn(block: Buffer, end: number, needles: CaptureSearch['needles'], most: number): number[] | undefined {
  const places: number[] = []
  for (const needle of needles) {
    for (const place of placesOf(needle, block, end)) {
      if (places.length >= most) return undefined
      places.push(place)
    }
  }
  return needles.length > 1 ? places.sort((a, b) => a - b) : places
}

/** Where the needle begins in front of `end`. */
function* placesOf(needle: CaptureSearch['needles'][number], block: Buffer, end: number): Generator<number> {
  if (needle.bytes === needle.others) {
    // Node's own search comes back for what is found only: quicker where the needle's bytes are common.
    const { bytes } = needle
    for (let at = block.indexOf(bytes); at >= 0 && at < end; at = block.indexOf(bytes, at + 1)) yield at
    return
  }
  needle.prepare(block)
  for (let at = needle.indexIn(block, 0); at >= 0 && at < end; at = needle.indexIn(block, at + 1)) yield at
}
