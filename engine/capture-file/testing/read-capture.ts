import { CaptureFileReader } from '../reader.ts'

export interface ReadFrame {
  readonly bytes: Uint8Array
  readonly length: number
  readonly time: number
  readonly offset: number
  readonly interfaceId: number
}

export interface ReadCapture {
  readonly reader: CaptureFileReader
  readonly frames: readonly ReadFrame[]
  readonly decompressed: Uint8Array
}

/** Reads a whole file in chunks whose sizes `chunkSize` says, one after the other. */
export function readCapture(file: Uint8Array, chunkSize: () => number = () => file.length): ReadCapture {
  const frames: ReadFrame[] = []
  const pieces: number[] = []
  const reader = new CaptureFileReader(
    {
      frame(bytes, at, capturedLength, length, time, offset, interfaceId) {
        frames.push({ bytes: bytes.slice(at, at + capturedLength), length, time, offset, interfaceId })
      },
    },
    (bytes) => {
      for (const byte of bytes) pieces.push(byte)
    },
  )
  for (let at = 0; at < file.length;) {
    const size = Math.max(1, chunkSize())
    // A copy, overwritten afterwards as a reused buffer would be: nobody may keep it.
    const chunk = file.slice(at, at + size)
    reader.push(chunk)
    chunk.fill(0xee)
    at += size
  }
  reader.finish()
  return { reader, frames, decompressed: Uint8Array.from(pieces) }
}

/** Nanoseconds since 1970. */
export function absolute({ reader }: ReadCapture, frame: ReadFrame): bigint {
  return (reader.epoch ?? 0n) + BigInt(frame.time)
}
