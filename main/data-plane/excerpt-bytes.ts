import type { CaptureExcerpts } from '../../common/model/capture-excerpts.ts'
import type { CaptureFile } from '../captures/capture-file.ts'
import { type Block, readAhead } from './read-ahead.ts'
import { BLOCK_BYTES } from './spare-memory.ts'

/** What is between two excerpts is read with them up to so many bytes: cheaper than a call for each. */
const NEAR = 1 << 16

/** Neighbouring excerpts, [first, last), that are read together. */
interface Excerpts extends Block {
  readonly first: number
  readonly last: number
}

/** The excerpts: see common/model/capture-excerpts.ts. */
export async function excerptBytes(
  capture: CaptureFile,
  { length, places }: CaptureExcerpts,
  signal: AbortSignal,
): Promise<Uint8Array> {
  await using handle = await capture.open()
  const whole = placesBefore(places, (await capture.sizeOf(handle)) - length)
  const all = Buffer.allocUnsafeSlow(whole * length)
  // What is not taken yet is whatever was in memory.
  signal.throwIfAborted()
  for await (const { block, bytes } of readAhead(capture, handle, neighbours(places, whole, length))) {
    take(all, bytes, places, block, length)
    signal.throwIfAborted()
  }
  return all
}

/** How many of the places are not behind `most`. */
function placesBefore(places: Float64Array, most: number): number {
  let count = places.length
  while (count > 0 && places[count - 1] > most) count--
  return count
}

function* neighbours(places: Float64Array, whole: number, length: number): Generator<Excerpts, undefined> {
  for (let first = 0, last = 1; first < whole; first = last, last++) {
    const begin = places[first]
    while (last < whole && places[last] - places[last - 1] <= NEAR && places[last] + length - begin <= BLOCK_BYTES)
      last++
    yield { first, last, begin, end: places[last - 1] + length }
  }
  return undefined
}

function take(
  all: Buffer,
  bytes: Buffer,
  places: Float64Array,
  { first, last, begin }: Excerpts,
  length: number,
): void {
  let into = first * length
  for (let n = first; n < last; n++) {
    const at = places[n] - begin
    for (let i = 0; i < length; i++) all[into++] = bytes[at + i]
  }
}
