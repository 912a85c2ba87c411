import { mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HostError } from '../../../common/host-error.ts'
import { isFileError, whyFileFailed } from '../../file-errors.ts'
import { GO_ON } from './capture-words.ts'

// Who has a file open goes on writing it where nobody finds it any more, and its bytes go with the last who has it open.

const PIECE_BYTES = 1 << 20

/** The file that is written was not where it belongs any more; the message is for the person. */
export class FileGone extends HostError {
  /** Its bytes are there again. */
  readonly isBack: boolean

  constructor(words: string, isBack: boolean) {
    super('unavailable', words)
    this.isBack = isBack
  }
}

/** Whether the open file was deleted, moved (also with its folder), or its disk taken away. False where that can't be told: a disk that fails says so itself. */
export async function isGone(file: FileHandle, path: string): Promise<boolean> {
  try {
    // Of another that took its name the first does not speak.
    const [, { nlink }] = await Promise.all([stat(path), file.stat()])
    return nlink === 0
  } catch (error) {
    return isFileError(error, 'ENOENT') || isFileError(error, 'ENOTDIR')
  }
}

/** Writes the first `bytes` of the open file to its place again, whole or not at all; where another has its name by now, beside that. */
export async function putBack(file: FileHandle, path: string, bytes: number): Promise<FileGone> {
  const gone = `${path} was deleted or moved while it was being captured`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    try {
      await copy(file, path, bytes)
      return new FileGone(`${gone}. What was captured until then is in it again: ${GO_ON}`, true)
    } catch (error) {
      if (!isFileError(error, 'EEXIST')) throw error
      const beside = `${path.replace(/\.pcapng$/, '')}-rescued.pcapng`
      await copy(file, beside, bytes)
      return new FileGone(
        `${gone}, and another file has its name. What was captured until then is in ${beside}.`,
        false,
      )
    }
  } catch (error) {
    const why = `it could not be written there again: ${whyFileFailed(error)}`
    const then = 'What was captured is lost, unless it was moved. Capture again, into a folder that nobody clears.'
    return new FileGone(`${gone}, and ${why} ${then}`, false)
  }
}

async function copy(file: FileHandle, path: string, bytes: number): Promise<void> {
  const again = await open(path, 'wx', 0o600)
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, bytes - at), at)
      if (bytesRead === 0) throw new Error(`it ends after ${at} of ${bytes} bytes`)
      await again.writeFile(piece.subarray(0, bytesRead))
      at += bytesRead
    }
    await again.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await again.close()
  }
}
