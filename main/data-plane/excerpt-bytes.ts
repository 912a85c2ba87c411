import type { CaptureExcerpts } from '../../common/model/capture-excerpts.ts'
import type { FileHandle } from 'node:fs/promises'
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

/** The excerpts (see common/model/capture-excerpts.ts), in one piece. Closes the handle at the end, on an error, and when the consumer leaves. */
export async function* excerptBytes(
  capture: CaptureFile,
  handle: FileHandle,
  { length, places }: CaptureExcerpts,
): AsyncGenerator<Uint8Array> {
  try {
    const all = Buffer.allocUnsafeSlow(places.length * length)
    for await (const { block, bytes } of readAhead(capture, handle, neighbours(places, length)))
      take(all, bytes, places, block, length)
    yield all
  } finally {
    await handle.close()
  }
}

/** Those that a capture of `size` bytes has whole. */
export function excerptsBefore({ length, places }: CaptureExcerpts, size: number): CaptureExcerpts {
  let count = places.length
  while (count > 0 && places[count - 1] + length > size) count--
  return { length, places: places.subarray(0, count) }
}

function* neighbours(places: Float64Array, length: number): Generator<Excerpts, undefined> {
  const whole = places.length
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
    // A whole number to V8, not a double.
    let at = (places[n] - begin) | 0
    for (const end = into + length; into < end;) all[into++] = bytes[at++]
  }
}
