import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { FrameSink } from '../../engine/capture-file/capture-reader.ts'
import { CaptureFileReader } from '../../engine/capture-file/reader.ts'
import { joined } from './mutate.ts'

const FOLDERS = ['../../resources/samples/', '../fixtures/labels/captures/', '../fixtures/captures/', './found/']
const LARGEST_FILE = 4000

export interface Frame {
  readonly bytes: Uint8Array
  readonly length: number
  readonly linkType: number
}

/** Our own captures, decompressed, whole. */
function captures(wanted = /./): Uint8Array[] {
  return FOLDERS.flatMap((folder) => {
    const path = fileURLToPath(new URL(folder, import.meta.url))
    const files = names(path).filter((name) => wanted.test(name))
    return files.map((name) => plain(readFileSync(join(path, name))))
  })
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /\.(pcap|pcapng)(\.gz|\.zst)?$/.test(name))
  } catch {
    return []
  }
}

function plain(bytes: Buffer): Uint8Array {
  if (bytes.readUInt16BE(0) === 0x1f8b) return gunzipSync(bytes)
  if (bytes.readUInt32LE(0) === 0xfd2f_b528) return zstdDecompressSync(bytes)
  return bytes
}

/** Small whole files: the first records of each capture, a few from its middle, and those compressed. */
export function smallFiles(): Uint8Array[] {
  const plainFiles = captures().flatMap((bytes) => [firstPieces(bytes, 0), firstPieces(bytes, 40)])
  return [
    ...plainFiles,
    ...plainFiles.filter((_, index) => index % 3 === 0).map((bytes) => gzipSync(bytes)),
    ...plainFiles.filter((_, index) => index % 3 === 1).map((bytes) => zstdCompressSync(bytes)),
  ]
}

/** The file's head, and records from the one at `skip` on, to about LARGEST_FILE bytes. */
function firstPieces(bytes: Uint8Array, skip: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const pcapng = view.getUint32(0, true) === 0x0a0d_0d0a
  const parts: Uint8Array[] = pcapng ? [] : [bytes.subarray(0, 24)]
  let size = 0
  let packets = 0
  for (let at = pcapng ? 0 : 24; at + 16 <= bytes.length && size < LARGEST_FILE;) {
    const length = pcapng ? view.getUint32(at + 4, true) : 16 + view.getUint32(at + 8, true)
    const isPacket = !pcapng || view.getUint32(at, true) === 6
    if (!isPacket || packets++ >= skip) {
      parts.push(bytes.subarray(at, at + length))
      size += length
    }
    at += length
  }
  return joined(...parts)
}

/** Frames of the captures, at most `limit`, spread over them. */
export function frames(limit: number): Frame[] {
  const all = framesOf(/./).flat()
  const step = Math.max(1, Math.floor(all.length / limit))
  return all.filter((_, index) => index % step === 0)
}

/** All frames of each capture whose name matches. */
export function framesOf(wanted: RegExp): Frame[][] {
  return captures(wanted).map((bytes) => {
    const found: Frame[] = []
    const sink: FrameSink = {
      frame(buffer, at, capturedLength, length, _time, _offset, interfaceId) {
        if (interfaceId < 0) return
        const { linkType } = reader.interfaces[interfaceId]
        found.push({ bytes: buffer.slice(at, at + capturedLength), length, linkType })
      },
    }
    const reader = new CaptureFileReader(sink)
    reader.push(bytes)
    reader.finish()
    return found
  })
}
