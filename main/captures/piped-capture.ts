import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { CaptureLibrary } from '../services/captures.ts'
import { captureFileName } from '../services/capturing/capture-names.ts'
import { fileFailure } from '../file-errors.ts'
import type { CaptureFile } from './capture-file.ts'

/** By the first bytes of a file, as hex. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['0a0d0d0a', '.pcapng'],
  ['1f8b', '.pcap.gz'],
  ['28b52ffd', '.pcap.zst'],
]

export interface PipedCapture {
  readonly capture: CaptureFile
  /** Resolves when the input has ended, or can't be kept any more: then the capture says why. */
  readonly ended: Promise<void>
}

/**
 * What another program writes (`tcpdump -U -w -`), kept as a file in `folder` and served while it grows. Waits for the first bytes; undefined
 * if none come. Throws HostError when the file can't be made.
 */
export async function keepPiped(
  input: AsyncIterable<Uint8Array>,
  folder: string,
  captures: CaptureLibrary,
): Promise<PipedCapture | undefined> {
  const chunks = input[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done === true) return undefined
  const path = join(folder, nameFor(first.value))
  let file
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    file = await open(path, 'wx', 0o600)
    await file.writeFile(first.value)
  } catch (error) {
    await file?.close()
    throw fileFailure(path, error)
  }
  let written = first.value.length
  const capture = await captures.openGrowing(path, () => written)
  // Among the recent ones from now on.
  await captures.openFile(path)
  const keep = async () => {
    try {
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        await file.writeFile(next.value)
        written += next.value.length
        capture.grew()
      }
      capture.finish()
    } catch (error) {
      capture.fail(fileFailure(path, error))
      // Whoever writes need not wait for us.
      await chunks.return?.()
    } finally {
      await file.close()
    }
  }
  return { capture, ended: keep() }
}

function nameFor(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  const ending = ENDINGS.find(([start]) => hex.startsWith(start))?.[1] ?? '.pcap'
  return captureFileName('piped', new Date()).replace(/\.pcapng$/, ending)
}
