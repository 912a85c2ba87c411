/** Where the bytes of a capture are, as the page hands it to the worker; structured-cloneable. */
export type CaptureOrigin =
  | { readonly kind: 'file'; readonly file: File }
  | {
      readonly kind: 'served'
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
      /** Bytes when it was opened; more may come if `growing`. */
      readonly size: number
      readonly growing: boolean
    }

/** A capture as stored: read once from front to back, then in small pieces at any place. */
export interface ByteSource {
  /** The bytes from the first to the last; for a growing capture until it stops growing or `signal` aborts. */
  stream(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  /** Exactly `length` bytes from `offset`, or those there are. Rejects when the place can't be reached any more. */
  read(offset: number, length: number): Promise<Uint8Array>
}

export function byteSource(origin: CaptureOrigin): ByteSource {
  return origin.kind === 'file' ? new FileBytes(origin.file) : new ServedBytes(origin)
}

class FileBytes implements ByteSource {
  readonly #file: File

  constructor(file: File) {
    this.#file = file
  }

  stream(): Promise<ReadableStream<Uint8Array>> {
    return Promise.resolve(this.#file.stream())
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return new Uint8Array(await this.#file.slice(offset, offset + length).arrayBuffer())
  }
}

class ServedBytes implements ByteSource {
  readonly #origin: CaptureOrigin & { kind: 'served' }

  constructor(origin: CaptureOrigin & { kind: 'served' }) {
    this.#origin = origin
  }

  async stream(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { url, headers, growing } = this.#origin
    const response = await fetch(growing ? followed(url) : url, { headers: { ...headers }, signal })
    if (!response.ok || !response.body) throw new Error(await refusal(response))
    return response.body
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0)
    const { url, headers } = this.#origin
    const response = await fetch(url, { headers: { ...headers, range: `bytes=${offset}-${offset + length - 1}` } })
    if (response.status !== 206) throw new Error(await refusal(response))
    return new Uint8Array(await response.arrayBuffer())
  }
}

function followed(url: string): string {
  return url + (url.includes('?') ? '&' : '?') + 'follow=1'
}

async function refusal(response: Response): Promise<string> {
  const said = (await response.text().catch(() => '')).trim().slice(0, 300)
  return said || `The host answered ${response.status} ${response.statusText} when asked for the capture's bytes.`
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
    for (let at = 0; at < bytes.length; ) {
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
    for (let at = offset; at < end; ) {
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
