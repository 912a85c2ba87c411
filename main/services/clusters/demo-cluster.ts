import type { Demo } from '../../demo/demo.ts'
import { DEMO_CONTEXTS } from '../../demo/demo-context.ts'

/** The demo of this host: started once, when somebody asks, and ended with the host. */
export class DemoCluster {
  readonly #samplesFolder: string
  #running: Promise<Demo> | undefined

  constructor(samplesFolder: string) {
    this.#samplesFolder = samplesFolder
  }

  /** `taken`: names that contexts of the person have. */
  start(taken: readonly string[] = []): Promise<Demo> {
    this.#running ??= this.#start(DEMO_CONTEXTS.find((name) => !taken.includes(name)) ?? DEMO_CONTEXTS[0])
    // One that failed may be tried again.
    this.#running.catch(() => (this.#running = undefined))
    return this.#running
  }

  async close(): Promise<void> {
    const demo = await this.#running?.catch(() => undefined)
    await demo?.[Symbol.asyncDispose]()
  }

  async #start(context: string): Promise<Demo> {
    // Loaded only now: few people ask for it, and rarely.
    const { startDemo } = await import('../../demo/demo.ts')
    return startDemo({ samplesFolder: this.#samplesFolder, context })
  }
}
