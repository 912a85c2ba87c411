import { defineConfig } from 'vitest/config'

const CLUSTER_CAPTURES = ['test/cluster/chaos.test.ts', 'main/kubernetes/capture/cluster-capture.test.ts']

export default defineConfig({
  test: {
    include: ['{common,engine,main,preload,renderer,test}/**/*.test.{ts,tsx}'],
    // Whole captures in the test cluster take minutes and want the machine for themselves: HOPSCOPE_CHAOS=1 npm test -- capture chaos
    exclude: ['node_modules/**', 'out/**', 'test/e2e/**', ...(process.env['HOPSCOPE_CHAOS'] ? [] : CLUSTER_CAPTURES)],
    maxWorkers: 2,
    // The machine may have other things to do: a time limit is for what hangs.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
})
