import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { CAMPAIGNS } from './campaigns.ts'
import type { FuzzWork } from './worker.ts'

// HOPSCOPE_FUZZ_CASES (default 200,000 over all campaigns) and HOPSCOPE_FUZZ_SEED repeat or extend a run.
const CASES = Number(process.env['HOPSCOPE_FUZZ_CASES'] ?? 200_000)
const SEED = Number(process.env['HOPSCOPE_FUZZ_SEED'] ?? 20_261_121)
const FOLDER = fileURLToPath(new URL('../../.cache/fuzz/', import.meta.url))
/** No case takes this long; shrinking one that failed does not either. */
const STUCK_MS = 20_000

/** Runs a campaign in its own thread; what went wrong, if something did. */
function run(campaign: string, cases: number): Promise<string | undefined> {
  const progress = new Int32Array(new SharedArrayBuffer(4))
  const work: FuzzWork = { campaign, cases, seed: SEED, progress, folder: FOLDER }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: work })
  return new Promise((resolve, reject) => {
    let last = -1
    const watchdog = setInterval(() => {
      const now = Atomics.load(progress, 0)
      if (now === last && now > 0) {
        void worker.terminate()
        resolve(`${campaign}, seed ${SEED}: case ${now - 1} hangs`)
      }
      last = now
    }, STUCK_MS)
    worker.on('message', ({ failure }: { failure: string | undefined }) => {
      const done = Atomics.load(progress, 0)
      resolve(failure ?? (done < cases ? `${campaign}: only ${done} of ${cases} cases ran` : undefined))
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      clearInterval(watchdog)
      resolve(`${campaign}: ended early`)
    })
  })
}

describe('whatever the bytes, the engine neither throws nor hangs nor reads outside a packet', () => {
  it.each(CAMPAIGNS.map(({ name, share }) => [name, Math.ceil(CASES * share)] as const))(
    '%s: %i cases',
    { timeout: 600_000 + 20 * CASES },
    async (name, cases) => {
      console.log(`${name}: ${cases} cases, HOPSCOPE_FUZZ_SEED=${SEED}`)
      expect(await run(name, cases)).toBeUndefined()
    },
  )
})
