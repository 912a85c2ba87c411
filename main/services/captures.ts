import { isAbsolute, normalize } from 'node:path'
import type { CaptureSource, CapturesSection, RecentCapture, Sample } from '../../common/contract.ts'
import { HostError } from '../../common/host-error.ts'
import { CaptureFile, captureIdAt } from '../captures/capture-file.ts'
import type { RecentCaptures } from '../captures/recent-captures.ts'
import type { Samples } from '../captures/samples.ts'
import type { Visitor } from './app.ts'

/** The captures this host serves, for all doors. The data plane reads them, CapturesService offers them. */
export class CaptureLibrary {
  readonly #open = new Map<string, CaptureFile>()
  readonly #recent: RecentCaptures
  readonly #samples: Samples

  constructor(recent: RecentCaptures, samples: Samples) {
    this.#recent = recent
    this.#samples = samples
  }

  /** @param path absolute */
  async openFile(path: string): Promise<CaptureFile> {
    if (!isAbsolute(path)) throw new HostError('invalid-argument', `"${path}" is not an absolute path.`)
    const capture = await this.#hold(normalize(path))
    await this.#recent.add(capture.path)
    return capture
  }

  async openSample(name: string): Promise<CaptureFile> {
    return this.#hold(await this.#samples.path(name))
  }

  /** A capture that this host is writing, `written` bytes by now: readers may follow it until its writer says finish() or fail(). */
  async openGrowing(path: string, written?: () => number): Promise<CaptureFile> {
    return this.#hold(path, { growing: true, ...(written && { written }) })
  }

  /**
   * The capture with an id, opened again when this host was started since: reloading a page, or opening its URL later, shows the same.
   * Throws HostError not-found.
   */
  async find(id: string): Promise<CaptureFile> {
    const held = this.#open.get(id)
    if (held) return held
    const samples = await this.#samples.list()
    const known = [
      ...this.#recent.paths,
      ...(await Promise.all(samples.map((sample) => this.#samples.path(sample.name)))),
    ]
    for (const path of known) {
      if ((await captureIdAt(path)) === id) return this.#hold(path)
    }
    throw new HostError('not-found', 'This capture is not open here, and not among those opened lately: open it again.')
  }

  async #hold(path: string, options: Parameters<typeof CaptureFile.at>[1] = {}): Promise<CaptureFile> {
    const capture = await CaptureFile.at(path, options)
    const held = this.#open.get(capture.id)
    if (held?.growing && !options.growing) return held
    // Opened again: from now on its present size is what it may not fall below.
    this.#open.set(capture.id, capture)
    return capture
  }
}

/** The library as one visitor sees it. */
export class CapturesService implements CapturesSection {
  readonly #library: CaptureLibrary
  readonly #recent: RecentCaptures
  readonly #samples: Samples
  readonly #visitor: Visitor

  constructor(library: CaptureLibrary, recent: RecentCaptures, samples: Samples, visitor: Visitor) {
    this.#library = library
    this.#recent = recent
    this.#samples = samples
    this.#visitor = visitor
  }

  async samples(): Promise<readonly Sample[]> {
    return this.#samples.list()
  }

  async openSample(name: string): Promise<CaptureSource> {
    return (await this.#library.openSample(name)).describe()
  }

  async recent(): Promise<readonly RecentCapture[]> {
    return this.#recent.present()
  }

  async forgetRecent(path: string): Promise<void> {
    await this.#recent.forget(path)
  }

  async openFile(path: string): Promise<CaptureSource> {
    return (await this.#library.openFile(path)).describe()
  }

  async chooseFile(): Promise<CaptureSource | undefined> {
    if (!this.#visitor.chooseFile) {
      throw new HostError(
        'unsupported',
        'There is no file dialog on this side: drop the file on the page, or name its path.',
      )
    }
    const path = await this.#visitor.chooseFile('capture')
    return path === undefined ? undefined : (await this.#library.openFile(path)).describe()
  }

  async source(id: string): Promise<CaptureSource> {
    const capture = await this.#library.find(id)
    await (await capture.open()).close()
    return capture.describe()
  }
}
