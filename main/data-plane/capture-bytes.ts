import type { FileHandle } from 'node:fs/promises'
import type { CaptureFile } from '../captures/capture-file.ts'
import { HostError } from '../../common/host-error.ts'
import type { ByteRange } from './byte-range.ts'
import type { ChunkMemory } from './chunk-memory.ts'

// Large enough that the cost of a chunk does not count, small enough that a few in flight do not either.
const CHUNK_BYTES = 1 << 20

/** The bytes of a range of an open capture. Closes the handle at its end, on an error, and when the consumer leaves. */
export async function* rangeBytes(
  capture: CaptureFile,
  handle: FileHandle,
  { start, end }: ByteRange,
  memory: ChunkMemory,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* readSpan(capture, handle, start, end, memory, signal)
  } finally {
    await handle.close()
  }
}

/** The bytes from an offset on, and on as they come, until the capture is finished. Throws when its writer failed. */
export async function* followedBytes(
  capture: CaptureFile,
  handle: FileHandle,
  from: number,
  memory: ChunkMemory,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    let offset = from
    while (!signal.aborted) {
      // Asked before the size: what is written between the two is read in the next round, and there is one if it was growing.
      const growing = capture.growing
      const size = await capture.sizeOf(handle)
      if (size > offset) {
        yield* readSpan(capture, handle, offset, size, memory, signal)
        offset = size
      }
      if (!growing) break
      await capture.changed(signal)
    }
    if (capture.failure) throw capture.failure
  } finally {
    await handle.close()
  }
}

async function* readSpan(
  capture: CaptureFile,
  handle: FileHandle,
  start: number,
  end: number,
  memory: ChunkMemory,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let offset = start; offset < end && !signal.aborted;) {
    const buffer = memory(Math.min(CHUNK_BYTES, end - offset))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
    if (bytesRead === 0) {
      throw wasCut(capture, offset)
    }
    yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead)
    offset += bytesRead
  }
}

/** Fills `into` with what begins at `from`, which must be there. */
export async function readInto<T extends Uint8Array>(
  capture: CaptureFile,
  handle: FileHandle,
  into: T,
  from: number,
): Promise<T> {
  for (let read = 0; read < into.length;) {
    const { bytesRead } = await handle.read(into, read, into.length - read, from + read)
    if (bytesRead === 0) throw wasCut(capture, from + read)
    read += bytesRead
  }
  return into
}

function wasCut({ path }: CaptureFile, to: number): HostError {
  return new HostError('unavailable', `${path} was cut to ${to} bytes while it was read: open it again.`)
}
