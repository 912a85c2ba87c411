import { access, constants } from 'node:fs/promises'
import type { ClustersSection, ContextCaptureChange, Subscription } from '../../../common/contract.ts'
import type { ContextCaptureSettings, ContextEntry, ContextList } from '../../../common/model/context.ts'
import type { SweepReport } from '../../../common/model/live-capture.ts'
import { HostError } from '../../../common/host-error.ts'
import { fileFailure } from '../../file-errors.ts'
import { loadKubeconfig } from '../../kubernetes/kubeconfig.ts'
import type { Visitor } from '../app.ts'
import type { Contexts } from '../contexts.ts'
import type { ContextBook } from './context-book.ts'
import type { ContextStates } from './context-states.ts'
import type { DemoCluster } from './demo-cluster.ts'
import type { Sweeps } from './sweeps.ts'
import { wholePath } from './whole-path.ts'

/** The kubeconfig's contexts as one visitor sees them. */
export class ClustersService implements ClustersSection {
  readonly #contexts: Contexts
  readonly #states: ContextStates
  readonly #book: ContextBook
  readonly #sweeps: Sweeps
  readonly #demo: DemoCluster
  readonly #visitor: Visitor

  constructor(
    contexts: Contexts,
    states: ContextStates,
    book: ContextBook,
    sweeps: Sweeps,
    demo: DemoCluster,
    visitor: Visitor,
  ) {
    this.#visitor = visitor
    this.#contexts = contexts
    this.#states = states
    this.#book = book
    this.#sweeps = sweeps
    this.#demo = demo
  }

  async watchContexts(): Promise<Subscription<ContextList>> {
    return this.#states.watch()
  }

  async startDemo(): Promise<string> {
    const { contexts } = await this.#contexts.config()
    const demo = await this.#demo.start(contexts.map(({ name }) => name))
    this.#contexts.setExtra([demo.kubeconfig])
    await this.#states.reload()
    return demo.context
  }

  askContext(context: string): Promise<ContextEntry> {
    return this.#states.ask(context)
  }

  async addFile(path: string): Promise<void> {
    const file = wholePath(path)
    try {
      await access(file, constants.R_OK)
    } catch (error) {
      throw fileFailure(file, error)
    }
    const { contexts, problems } = await loadKubeconfig([file])
    if (contexts.length === 0) {
      throw new HostError('unsupported', problems[0] ?? `${file} names no contexts: it is no kubeconfig.`)
    }
    await this.#setFiles([...this.#book.files.filter((one) => one !== file), file])
  }

  async chooseFile(): Promise<boolean> {
    if (!this.#visitor.chooseFile) {
      throw new HostError('unsupported', "There is no file dialog on this side: name the file's path.")
    }
    const path = await this.#visitor.chooseFile('kubeconfig')
    if (path === undefined) return false
    await this.addFile(path)
    return true
  }

  async removeFile(path: string): Promise<void> {
    await this.#setFiles(this.#book.files.filter((one) => one !== path))
  }

  async captureSettings(context: string): Promise<ContextCaptureSettings> {
    return this.#book.captureSettings(context)
  }

  changeCaptureSettings(context: string, change: ContextCaptureChange): Promise<ContextCaptureSettings> {
    return this.#book.changeCaptureSettings(context, change)
  }

  async watchSweeps(): Promise<Subscription<readonly SweepReport[]>> {
    return this.#sweeps.watch()
  }

  findLeftovers(context: string): Promise<SweepReport> {
    return this.#sweeps.find(context)
  }

  removeLeftovers(context: string): Promise<SweepReport> {
    return this.#sweeps.remove(context)
  }

  async #setFiles(files: readonly string[]): Promise<void> {
    await this.#book.setFiles(files)
    this.#contexts.setAdded(files)
    await this.#states.reload()
  }
}
