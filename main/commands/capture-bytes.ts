import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine, type ReadBytes } from '../../engine/engine.ts'
import { whyFileFailed } from '../file-errors.ts'
import { CommandError } from './command.ts'
import { readCapture, type ReadOptions } from './read-capture.ts'

/** A capture that was read, and its bytes for those who need them again. */
export class CaptureWithBytes {
  readonly engine: Engine
  readonly #file: string
  readonly #bytes: BytesAgain

  private constructor(engine: Engine, file: string, bytes: BytesAgain) {
    this.engine = engine
    this.#file = file
    this.#bytes = bytes
  }

  static async open(file: string, options: Pick<ReadOptions, 'limits' | 'part'> = {}): Promise<CaptureWithBytes> {
    const kept = new KeptBytes()
    try {
      const keep = (bytes: Uint8Array) => kept.append(bytes)
      const engine = await readCapture(Engine, file, {
        ...options,
        onDecompressed: keep,
        ...(isPlainFile(file) ? {} : { onStored: keep }),
      })
      if (!kept.empty || !isPlainFile(file)) return new CaptureWithBytes(engine, file, kept)
      return new CaptureWithBytes(engine, file, new FileBytes(file))
    } catch (error) {
      kept[Symbol.dispose]()
      throw error
    }
  }

  readonly read: ReadBytes = (offset, length) => {
    const bytes = new Uint8Array(length)
    let done = 0
    try {
      while (done < length) {
        const n = readSync(this.#bytes.fd, bytes, done, length - done, offset + done)
        if (n === 0) break
        done += n
      }
    } catch (error) {
      return Promise.reject(new CommandError(`cannot read ${this.#file} again: ${whyFileFailed(error)}`))
    }
    return Promise.resolve(bytes.subarray(0, done))
  };

  [Symbol.dispose](): void {
    this.#bytes[Symbol.dispose]()
  }
}

interface BytesAgain extends Disposable {
  readonly fd: number
}

class FileBytes implements BytesAgain {
  readonly fd: number

  constructor(file: string) {
    try {
      this.fd = openSync(file, 'r')
    } catch (error) {
      throw new CommandError(`cannot open ${file} again: ${whyFileFailed(error)}`)
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
  }
}

/** What can't be read twice (standard input, pipes) or not at a position (compressed files), in a temporary file. */
class KeptBytes implements BytesAgain {
  #folder: string | undefined
  #fd: number | undefined

  get empty(): boolean {
    return this.#fd === undefined
  }

  get fd(): number {
    return (this.#fd ??= this.#open())
  }

  append(bytes: Uint8Array): void {
    try {
      const fd = this.fd
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
    } catch (error) {
      throw new CommandError(
        `cannot keep the capture in ${tmpdir()} while it is read: ${whyFileFailed(error)} Set TMPDIR to a folder with more room.`,
      )
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
    this.#remove()
  }

  #open(): number {
    this.#folder = mkdtempSync(join(tmpdir(), 'hopscope-'))
    const fd = openSync(join(this.#folder, 'capture'), 'wx+', 0o600)
    // An open file needs no name: nothing stays behind however we end. Windows insists on one.
    if (process.platform !== 'win32') this.#remove()
    return fd
  }

  #remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }
}

/** Not a pipe (`<(kubectl exec ...)`), whose bytes come once. */
function isPlainFile(file: string): boolean {
  return file !== '-' && (statSync(file, { throwIfNoEntry: false })?.isFile() ?? true)
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
