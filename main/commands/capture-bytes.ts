import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine, ReadBytes } from '../../engine/engine.ts'
import { CommandError } from './command.ts'
import { readCapture, reason } from './read-capture.ts'

/**
 * A capture that was read, and its bytes for those who need them again. What can't be read twice (standard input, compressed files)
 * is kept in a temporary file until `close`.
 */
export class CaptureWithBytes {
  readonly engine: Engine
  readonly #fd: number
  readonly #folder: string | undefined

  private constructor(engine: Engine, fd: number, folder: string | undefined) {
    this.engine = engine
    this.#fd = fd
    this.#folder = folder
  }

  static async open(file: string): Promise<CaptureWithBytes> {
    const spool = new Spool()
    try {
      const engine = await readCapture(file, {
        onDecompressed: (bytes) => spool.append(bytes),
        ...(file === '-' && { onStored: (bytes: Uint8Array) => spool.append(bytes) }),
      })
      if (spool.used) return new CaptureWithBytes(engine, spool.fd, spool.folder)
      return new CaptureWithBytes(engine, openSync(file, 'r'), undefined)
    } catch (error) {
      spool.remove()
      throw error
    }
  }

  readonly read: ReadBytes = (offset, length) => {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const n = readSync(this.#fd, bytes, done, length - done, offset + done)
      if (n === 0) break
      done += n
    }
    return Promise.resolve(bytes.subarray(0, done))
  }

  close(): void {
    closeSync(this.#fd)
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}

class Spool {
  #folder: string | undefined
  #fd = -1

  get used(): boolean {
    return this.#folder !== undefined
  }
  get fd(): number {
    return this.#fd
  }
  get folder(): string | undefined {
    return this.#folder
  }

  append(bytes: Uint8Array): void {
    try {
      if (this.#folder === undefined) {
        this.#folder = mkdtempSync(join(tmpdir(), 'hopscope-'))
        this.#fd = openSync(join(this.#folder, 'capture'), 'w+', 0o600)
      }
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done)
    } catch (error) {
      throw new CommandError(`cannot keep the capture in ${tmpdir()} while it is read: ${reason(error)}`)
    }
  }

  remove(): void {
    if (this.#folder === undefined) return
    if (this.#fd >= 0) closeSync(this.#fd)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Whether two paths name the same file. */
export function sameFile(a: string, b: string): boolean {
  try {
    const left = statSync(a)
    const right = statSync(b)
    return left.dev === right.dev && left.ino === right.ino
  } catch {
    return false
  }
}
