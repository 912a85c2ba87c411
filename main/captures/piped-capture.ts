import { mkdir, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { CaptureLibrary } from '../services/captures.ts'
import { captureFileName } from '../services/capturing/capture-names.ts'
import { fileFailure, isFileError } from '../file-errors.ts'
import type { CaptureFile } from './capture-file.ts'

/** By the first bytes of a file, as hex. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['0a0d0d0a', '.pcapng'],
  ['1f8b', '.pcap.gz'],
  ['28b52ffd', '.pcap.zst'],
]

/** Ctrl+C ends whoever writes, too: for so long its last bytes are waited for. */
const LAST_BYTES_MS = 1000

export interface PipedCapture {
  readonly capture: CaptureFile
  /** Resolves when the input has ended, or can't be read or kept any more: then the capture says why. */
  readonly ended: Promise<void>
  /** Reads no more than what still comes at once; resolves when that is in the file. */
  stop(): Promise<void>
}

/**
 * What another program writes (`tcpdump -U -w -`), kept as a file in `folder` and served while it grows. Waits for the first bytes; undefined
 * if none come. Throws HostError when the input can't be read or the file can't be made.
 */
export async function keepPiped(
  input: Readable,
  folder: string,
  captures: CaptureLibrary,
): Promise<PipedCapture | undefined> {
  const chunks: AsyncIterator<Uint8Array> = input[Symbol.asyncIterator]()
  let stopped = false
  const next = () =>
    chunks.next().catch((error: unknown): IteratorResult<Uint8Array> => {
      if (stopped && isFileError(error, 'ERR_STREAM_PREMATURE_CLOSE')) return { done: true, value: undefined }
      throw fileFailure('standard input', error)
    })
  const first = await next()
  if (first.done === true) return undefined
  const { path, file } = await create(folder, endingOf(first.value))
  let written = 0
  let capture: CaptureFile
  try {
    await file.writeFile(first.value)
    written = first.value.length
    capture = await captures.openGrowing(path, () => written)
    // Among the recent ones from now on.
    await captures.openFile(path)
  } catch (error) {
    await file.close()
    if (written === 0) await rm(path, { force: true })
    throw fileFailure(path, error)
  }
  const keep = async () => {
    try {
      for (let chunk = await next(); chunk.done !== true; chunk = await next()) {
        await writeOrTakeBack(file, chunk.value, written)
        written += chunk.value.length
        capture.grew()
      }
      await file.close()
      capture.finish()
    } catch (error) {
      capture.fail(fileFailure(path, error))
      // Whoever writes need not wait for us.
      input.destroy()
      await file.close().catch(() => undefined)
    }
  }
  const ended = keep()
  const stop = async () => {
    const late = setTimeout(() => {
      stopped = true
      input.destroy()
    }, LAST_BYTES_MS)
    await ended
    clearTimeout(late)
  }
  return { capture, ended, stop }
}

/** A file that was not there. Throws HostError. */
async function create(folder: string, ending: string): Promise<{ readonly path: string; readonly file: FileHandle }> {
  const at = new Date()
  for (let again = 0; ; again++) {
    const path = join(folder, captureFileName('piped', at, again).replace(/\.pcapng$/, ending))
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return { path, file: await open(path, 'wx', 0o600) }
    } catch (error) {
      if (!isFileError(error, 'EEXIST')) throw fileFailure(path, error)
    }
  }
}

/** All of the bytes, behind those that are written, or none: what is there by half is nothing that a reader could use. */
async function writeOrTakeBack(file: FileHandle, bytes: Uint8Array, written: number): Promise<void> {
  try {
    await file.writeFile(bytes)
  } catch (error) {
    await file.truncate(written).catch(() => undefined)
    throw error
  }
}

function endingOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  return ENDINGS.find(([start]) => hex.startsWith(start))?.[1] ?? '.pcap'
}
