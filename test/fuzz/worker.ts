import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { Fault } from './campaign.ts'
import { CAMPAIGNS } from './campaigns.ts'

// Runs one campaign. It has a thread of its own, so that a case that hangs can be told and ended from outside.

export interface FuzzWork {
  readonly campaign: string
  readonly cases: number
  readonly seed: number
  /** Its first number is how many cases have begun. */
  readonly progress: Int32Array
  /** Where the input of a failing case is kept. */
  readonly folder: string
}

const { campaign, cases, seed, progress, folder }: FuzzWork = workerData
try {
  CAMPAIGNS.find(({ name }) => name === campaign)?.run(cases, seed, () => Atomics.add(progress, 0, 1))
  parentPort?.postMessage({ failure: undefined })
} catch (error) {
  if (!(error instanceof Fault)) throw error
  const file = join(folder, `${campaign.replaceAll(' ', '-')}-${seed}.bin`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, error.input)
  const stack = error.cause instanceof Error ? error.cause.stack : ''
  parentPort?.postMessage({ failure: `${error.message}\nIts ${error.input.length} bytes are in ${file}\n${stack}` })
}
