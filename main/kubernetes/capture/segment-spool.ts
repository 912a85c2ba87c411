import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the fetching of a capture stands: the next byte that is wanted. */
export interface Position {
  readonly segment: number
  readonly offset: number
}

/** One point's segments on disk, byte for byte as tcpdump wrote them. From them a capture is put together again after a crash. */
export class SegmentSpool {
  readonly folder: string
  #segment = 0
  #offset = 0
  #file: FileHandle | undefined
  #hash: Hash = createHash('sha256')

  constructor(folder: string) {
    this.folder = folder
  }

  get position(): Position {
    return { segment: this.#segment, offset: this.#offset }
  }

  path(segment: number): string {
    return join(this.folder, `seg-${String(segment).padStart(6, '0')}.pcap`)
  }

  /** `last`: the segment is whole with these bytes, and their digest is known to be right: none is made here. */
  async write(bytes: Buffer, last = false): Promise<void> {
    if (!this.#file) {
      await mkdir(this.folder, { recursive: true })
      this.#file = await open(this.path(this.#segment), this.#offset === 0 ? 'w' : 'r+', 0o600)
    }
    const start = this.#offset
    for (let done = 0; done < bytes.length;) {
      done += (await this.#file.write(bytes, done, undefined, start + done)).bytesWritten
    }
    if (!last) this.#hash.update(bytes)
    this.#offset += bytes.length
  }

  /** SHA-256 of what is there of the current segment. */
  digest(): string {
    return this.#hash.copy().digest('hex')
  }

  /** The current segment is whole, and the next one begins. What is returned brings it to the disk; it is to be called, once. */
  finishSegment(): () => Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#begin(this.#segment + 1)
    return async () => {
      try {
        await file?.sync()
      } finally {
        await file?.close()
      }
    }
  }

  /** The segments before this one were lost in the pod. */
  async skipTo(segment: number): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    this.#begin(segment)
  }

  /** What an earlier run left: the segments in order; the last is the one to go on with. */
  async restore(read: (segment: number, bytes: Buffer) => void | Promise<void>): Promise<void> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => /^seg-\d+\.pcap$/.test(name)).sort()
    for (const name of names) {
      const bytes = await readFile(join(this.folder, name))
      this.#begin(Number(name.slice(4, -5)))
      this.#hash.update(bytes)
      this.#offset = bytes.length
      await read(this.#segment, bytes)
    }
  }

  async size(): Promise<number> {
    const names = await readdir(this.folder).catch(() => [])
    const sizes = await Promise.all(names.map((name) => stat(join(this.folder, name)).then(({ size }) => size)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async remove(): Promise<void> {
    await this.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  #begin(segment: number): void {
    this.#segment = segment
    this.#offset = 0
    this.#hash = createHash('sha256')
  }
}
