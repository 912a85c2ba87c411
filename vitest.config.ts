import { defineConfig } from 'vitest/config'
import { ensureKernel } from './scripts/steps/kernel.mjs'

// Minutes of captures under load that want the machine for themselves: HOPSCOPE_CHAOS=1 npm test -- chaos
const CHAOS = process.env['HOPSCOPE_CHAOS'] ? [] : ['test/cluster/chaos.test.ts']

// Tests import the engine's sources, and so what is made of the kernel's.
await ensureKernel()

export default defineConfig({
  test: {
    include: ['{common,engine,main,preload,renderer,test}/**/*.test.{ts,tsx}'],
    exclude: ['node_modules/**', 'out/**', 'test/e2e/**', ...CHAOS],
    maxWorkers: 2,
    // The machine may have other things to do: a time limit is for what hangs.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
})
