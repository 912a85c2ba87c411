import { type CaptureSearch, LEAST_APART } from '../../common/model/capture-search.ts'
import type { CaptureFile } from '../captures/capture-file.ts'
import { type Block, readAhead } from './read-ahead.ts'
import { BLOCK_BYTES } from './spare-memory.ts'

/**
 * Milliseconds of this thread's processor time that looking through blocks may take, and so many more for each block: ten times what it mostly takes,
 * and no more than reading. It takes longer where there are many needles and they nearly begin everywhere. What the thread does for others meanwhile
 * does not count.
 */
const MOST_MS = 250
const MOST_BLOCK_MS = 0.5
/** So many places are never too many, however short the capture. */
const FEW = 64

/** How far was looked, and where the needles begin: see common/model/capture-search.ts. */
export async function searchBytes(
  capture: CaptureFile,
  { needles, from, to }: CaptureSearch,
  signal: AbortSignal,
): Promise<Uint8Array> {
  await using handle = await capture.open()
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1
  const size = await capture.sizeOf(handle)
  const end = Math.max(from, Math.min(to, size))
  const places: number[] = []
  const most = Math.max(FEW, (end - from) / LEAST_APART)
  let at = from
  let spent = 0
  let blocks = 0
  for await (const { block, bytes } of readAhead(capture, handle, overlapping(from, end, overlap, size))) {
    const began = threadMs()
    const found = placesIn(bytes, block.until - at, needles, most - places.length)
    spent += threadMs() - began
    if (!found) break
    for (const place of found) places.push(at - from + place)
    at = block.until
    if (signal.aborted || spent >= MOST_MS + ++blocks * MOST_BLOCK_MS) break
  }
  // A run that the capture's end cuts may be whole once it has grown.
  places.unshift(Math.max(0, Math.min(at, size - overlap) - from))
  return new Uint8Array(Uint32Array.from(places).buffer)
}

/** Blocks of [from, end), each with so much of what follows that a run which begins in front of `until` is whole, where the capture is. */
function* overlapping(
  from: number,
  end: number,
  overlap: number,
  size: number,
): Generator<Block & { readonly until: number }, undefined> {
  for (let begin = from; begin < end; begin += BLOCK_BYTES) {
    const until = Math.min(end, begin + BLOCK_BYTES)
    yield { begin, until, end: Math.min(until + overlap, size) }
  }
  return undefined
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
