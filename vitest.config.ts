import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{common,engine,main,preload,renderer,test}/**/*.test.{ts,tsx}'],
    // Chaos takes minutes and wants the machine for itself: HOPSCOPE_CHAOS=1 npm test -- chaos
    exclude: [
      'node_modules/**',
      'out/**',
      'test/e2e/**',
      ...(process.env['HOPSCOPE_CHAOS'] ? [] : ['test/cluster/chaos.test.ts']),
    ],
    maxWorkers: 2,
    // The machine may have other things to do: a time limit is for what hangs.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
})
