import type { Page } from 'playwright-core'
import { mainThreadTasks } from './tasks.ts'

export interface Step {
  readonly name: string
  readonly wallMs: number
  /** Milliseconds of processor time of the main thread's longest task; those under 20 are not told apart. */
  readonly longestTaskMs: number
  readonly longTasks: number
}

/** What a person does, each step with what it cost the page's main thread. */
export class Journey {
  readonly #page: Page
  readonly #taskMs: number

  constructor(page: Page, taskMs: number) {
    this.#page = page
    this.#taskMs = taskMs
  }

  async step(name: string, use: () => Promise<void>): Promise<Step> {
    const began = performance.now()
    const tasks = await mainThreadTasks(this.#page, use)
    const step = {
      name,
      wallMs: performance.now() - began,
      longestTaskMs: Math.max(0, ...tasks),
      longTasks: tasks.filter((ms) => ms > this.#taskMs).length,
    }
    const longest = step.longestTaskMs === 0 ? 'under 20 ms' : `${step.longestTaskMs.toFixed(0)} ms`
    console.log(
      `  ${name}:`.padEnd(34) +
        `longest task ${longest}, ${step.longTasks} over ${this.#taskMs} ms, ${(step.wallMs / 1000).toFixed(1)} s in all  ` +
        (step.longTasks === 0 ? 'holds' : 'MISSES'),
    )
    return step
  }
}
