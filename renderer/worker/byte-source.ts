import type { CapturePiece, PieceBytes } from '../../common/model/capture-pieces.ts'
import type { FoundPlaces } from '../../common/model/capture-search.ts'
import {
  captureExcerpts,
  capturePieces,
  captureRange,
  captureSearch,
  captureStream,
  whyBroken,
} from '../app/doors/capture-bytes.ts'
import type { DataRequest } from '../app/doors/door.ts'
import { GatheredReads } from './gathered-reads.ts'

/** Where the bytes of a capture are, as the page hands it to the worker; structured-cloneable. */
export type CaptureOrigin =
  | { readonly kind: 'file'; readonly file: File }
  | {
      readonly kind: 'served'
      readonly request: DataRequest
      /** Bytes when it was opened; more may come if `growing`. */
      readonly size: number
      readonly growing: boolean
    }

/** A capture as stored: read once from front to back, then in small pieces at any place. */
export interface ByteSource {
  /** Bytes in all; undefined while it grows. */
  readonly size: number | undefined
  /** The bytes from `from` (the first without) to the last; of a growing capture until it stops growing or `signal` aborts. */
  stream(signal: AbortSignal, from?: number): Promise<ReadableStream<Uint8Array>>
  /** The bytes from `from` on that are there now. */
  rest(from: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  /** Up to `length` bytes from `offset`. Rejects when the place can't be reached any more. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** The bytes of many pieces (capture-pieces.ts) at once. Only where that spares reading what is between them. */
  pieces?(pieces: readonly CapturePiece[], signal?: AbortSignal): Promise<PieceBytes>
  /** `length` bytes from each of the places on (capture-excerpts.ts). Only where the capture is somewhere else. */
  excerpts?(length: number, places: Float64Array, signal?: AbortSignal): Promise<Uint8Array>
  /** Where the bytes that `text` says begin in [from, to) (capture-search.ts). Only where the capture is somewhere else. */
  search?(text: string, from: number, to: number, signal?: AbortSignal): Promise<FoundPlaces>
  /** What to tell the person when the stream broke off with `error`. */
  explain(error: unknown): Promise<string>
}

export function byteSource(origin: CaptureOrigin): ByteSource {
  return origin.kind === 'file' ? new FileBytes(origin.file) : new ServedBytes(origin)
}

class FileBytes implements ByteSource {
  readonly #file: File
  readonly size: number

  constructor(file: File) {
    this.#file = file
    this.size = file.size
  }

  stream(_signal: AbortSignal, from = 0): Promise<ReadableStream<Uint8Array>> {
    return Promise.resolve(this.#file.slice(from).stream())
  }

  rest(from: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return this.stream(signal, from)
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return new Uint8Array(await this.#file.slice(offset, offset + length).arrayBuffer())
  }

  async explain(error: unknown): Promise<string> {
    // The browser's words for a file that was changed, moved or deleted since it was chosen are of no help.
    const gone = await this.read(0, 1).then(
      () => false,
      () => true,
    )
    if (gone) return `${this.#file.name} was changed, moved or deleted after it was opened. Open it again.`
    return `${this.#file.name} could not be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

class ServedBytes implements ByteSource {
  readonly #request: DataRequest
  readonly #reads: GatheredReads
  readonly size: number | undefined

  constructor(origin: CaptureOrigin & { kind: 'served' }) {
    const { request } = origin
    this.#request = request
    this.#reads = new GatheredReads(
      (offset, length) => captureRange(request, offset, offset + length),
      (pieces) => capturePieces(request, pieces),
    )
    this.size = origin.growing ? undefined : origin.size
  }

  stream(signal: AbortSignal, from = 0): Promise<ReadableStream<Uint8Array>> {
    return captureStream(this.#request, { from, follow: this.size === undefined, signal })
  }

  rest(from: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return captureStream(this.#request, { from, signal })
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#reads.read(offset, length)
  }

  pieces(pieces: readonly CapturePiece[], signal?: AbortSignal): Promise<PieceBytes> {
    return capturePieces(this.#request, pieces, signal)
  }

  excerpts(length: number, places: Float64Array, signal?: AbortSignal): Promise<Uint8Array> {
    return captureExcerpts(this.#request, length, places, signal)
  }

  search(text: string, from: number, to: number, signal?: AbortSignal): Promise<FoundPlaces> {
    return captureSearch(this.#request, text, from, to, signal)
  }

  async explain(): Promise<string> {
    return (await whyBroken(this.#request)).message
  }
}

const PART = 8 << 20

/**
 * The decompressed bytes of a compressed capture: offsets of packets are positions in that stream, and a gzip or zstd
 * stream can't be entered in the middle. They are kept as Blobs, which the browser moves to disk when they are many.
 */
export class SpooledBytes {
  readonly #parts: Blob[] = []
  #tail = new Uint8Array(PART)
  #used = 0

  get size(): number {
    return this.#parts.length * PART + this.#used
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const n = Math.min(PART - this.#used, bytes.length - at)
      this.#tail.set(bytes.subarray(at, at + n), this.#used)
      this.#used += n
      at += n
      if (this.#used < PART) continue
      this.#parts.push(new Blob([this.#tail]))
      this.#used = 0
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.size)
    const out = new Uint8Array(Math.max(0, end - offset))
    for (let at = offset; at < end;) {
      const part = Math.floor(at / PART)
      const from = at - part * PART
      const to = Math.min(PART, end - part * PART)
      // The tail is copied before the first wait: appending may move it into a part meanwhile.
      const piece =
        part < this.#parts.length
          ? new Uint8Array(await this.#parts[part].slice(from, to).arrayBuffer())
          : this.#tail.slice(from, to)
      out.set(piece, at - offset)
      at = part * PART + to
    }
    return out
  }
}
