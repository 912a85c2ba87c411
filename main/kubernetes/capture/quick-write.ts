import { writeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

// The kernel takes bytes into its cache about as quickly as they are copied, and that is quickest where they were made: a thread of libuv's
// has to fetch them from this core's cache, which took four times as long. But a disk that is behind makes the writer wait, and then it must
// not be the thread that serves everything else.

const PIECE = 256 << 10
/** A piece that takes longer was not only copied. */
const QUICK_MS = 25
/** For so long libuv's threads write then. */
const SLOW_MS = 250

/** Writes to files, from this thread as long as that is a matter of copying. */
export class QuickWriter {
  #slowUntil = 0

  /** At a place in the file; all of it, or it throws what the disk said. */
  async write(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const start = performance.now()
      if (start < this.#slowUntil) {
        done += (await file.write(bytes, done, undefined, at + done)).bytesWritten
        continue
      }
      done += writeSync(file.fd, bytes, done, Math.min(PIECE, bytes.length - done), at + done)
      const end = performance.now()
      if (end - start > QUICK_MS) this.#slowUntil = end + SLOW_MS
    }
  }
}
