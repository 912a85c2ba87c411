import { rm } from 'node:fs/promises'
import { HostError } from '../../../common/host-error.ts'
import { CaptureFile } from './capture-file.ts'
import { journalOf, type Manifest, partsOf, writeManifest } from './capture-manifest.ts'
import { messageOf } from './capture-words.ts'
import { FileGone } from './file-place.ts'
import { setAside, type SetAside } from './set-aside.ts'

/** What a capture has on the disk: its file, beside it what is needed to go on after a crash, and, until it has begun, what it overwrites. */
export class CaptureOnDisk {
  readonly file: CaptureFile
  readonly #path: string
  #before: SetAside | undefined
  #manifest: Manifest | undefined

  private constructor(file: CaptureFile, path: string, before?: SetAside) {
    this.file = file
    this.#path = path
    this.#before = before
  }

  /** `force`: a file that is there is overwritten. Throws HostError, in words; then all is as it was. */
  static async create(path: string, id: string, force: boolean): Promise<CaptureOnDisk> {
    let before: SetAside | undefined
    try {
      if (force) before = await setAside(path, id)
      return new CaptureOnDisk(await CaptureFile.create(path, journalOf(path), !force), path, before)
    } catch (error) {
      // Where that fails, its name beside tells what it is.
      await before?.restore().catch(() => undefined)
      throw new HostError('unavailable', messageOf(error, path, false))
    }
  }

  /** After a crash: the file that is there, as far as the journal knows it. Throws HostError, in words. */
  static async reopen(path: string): Promise<CaptureOnDisk> {
    try {
      return new CaptureOnDisk(await CaptureFile.reopen(path, journalOf(path)), path)
    } catch (error) {
      throw new HostError('unavailable', messageOf(error, path, true))
    }
  }

  async describe(manifest: Omit<Manifest, 'version'>): Promise<void> {
    this.#manifest = { version: 2, ...manifest }
    await writeManifest(this.#path, this.#manifest)
  }

  /** It has begun: what it overwrites is given up. */
  async begun(): Promise<void> {
    await this.#before?.discard()
    this.#before = undefined
  }

  /** Closes the file of a capture that failed, and says why it did: that the file was gone, where it was. Then what goes on needs is there again, too. */
  async closeAfter(cause: unknown): Promise<unknown> {
    const error: unknown = await this.file.close().catch((late: unknown) => late)
    if (!(error instanceof FileGone)) return cause
    if (error.isBack && this.#manifest) await writeManifest(this.#path, this.#manifest).catch(() => undefined)
    return error
  }

  /** All is in the file, which is closed: there is nothing to go on with. */
  async finished(): Promise<void> {
    await rm(partsOf(this.#path), { recursive: true, force: true })
  }

  /** Of a capture that did not begin: there is nothing in it. Never throws: what can't be removed stays where it is. */
  async remove(): Promise<void> {
    const made = [this.#path, partsOf(this.#path)]
    await Promise.allSettled(made.map((path) => rm(path, { recursive: true, force: true })))
    await this.#before?.restore().catch(() => undefined)
  }
}
