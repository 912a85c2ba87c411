import { gunzipSync, zstdDecompressSync } from 'node:zlib'

// The samples that come with Hopscope, read for the demo. Not a reader for what people bring: that is the engine's.

export interface RecordedFrame {
  /** Milliseconds since the first frame. */
  readonly at: number
  readonly bytes: Buffer
  /** On the wire. */
  readonly length: number
}

export interface Recording {
  readonly frames: readonly RecordedFrame[]
  readonly durationMs: number
}

/** A pcap or pcapng of Ethernet frames, little-endian, of one interface; also in gzip or zstd. Throws when it is something else. */
export function readRecording(file: Buffer): Recording {
  const bytes = decompressed(file)
  const magic = bytes.readUInt32LE(0)
  const times: { time: number; bytes: Buffer; length: number }[] = []
  if (magic === 0x0a0d0d0a) readBlocks(bytes, times)
  else if (magic === 0xa1b2c3d4 || magic === 0xa1b23c4d) readRecords(bytes, magic === 0xa1b23c4d ? 1e6 : 1e3, times)
  else throw new Error('a sample is neither pcap nor pcapng')
  const start = times[0]?.time ?? 0
  const frames = times.map(({ time, ...frame }) => ({ at: time - start, ...frame }))
  return { frames, durationMs: frames.at(-1)?.at ?? 0 }
}

function decompressed(file: Buffer): Buffer {
  const magic = file.readUInt32LE(0)
  if ((magic & 0xffff) === 0x8b1f) return gunzipSync(file)
  return magic === 0xfd2fb528 ? zstdDecompressSync(file) : file
}

type Found = { time: number; bytes: Buffer; length: number }[]

function readRecords(bytes: Buffer, perMillisecond: number, found: Found): void {
  for (let at = 24; at + 16 <= bytes.length;) {
    const captured = bytes.readUInt32LE(at + 8)
    const time = bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / perMillisecond
    found.push({ time, length: bytes.readUInt32LE(at + 12), bytes: bytes.subarray(at + 16, at + 16 + captured) })
    at += 16 + captured
  }
}

function readBlocks(bytes: Buffer, found: Found): void {
  // if_tsresol: a power of ten; without it microseconds.
  let perMillisecond = 1e3
  for (let at = 0; at + 12 <= bytes.length;) {
    const type = bytes.readUInt32LE(at)
    const total = bytes.readUInt32LE(at + 4)
    if (type === 1) {
      for (let option = at + 16; option + 4 < at + total - 4;) {
        const length = bytes.readUInt16LE(option + 2)
        if (bytes.readUInt16LE(option) === 9) perMillisecond = 10 ** (bytes.readUInt8(option + 4) - 3)
        option += 4 + ((length + 3) & ~3)
      }
    } else if (type === 6) {
      const ticks = bytes.readUInt32LE(at + 12) * 2 ** 32 + bytes.readUInt32LE(at + 16)
      const captured = bytes.readUInt32LE(at + 20)
      const length = bytes.readUInt32LE(at + 24)
      found.push({ time: ticks / perMillisecond, length, bytes: bytes.subarray(at + 28, at + 28 + captured) })
    }
    at += total
  }
}
