import { defineConfig } from 'vitest/config'

// The built app in a real browser: slow beside unit tests, so apart from them. One file after the other: they share two cores.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default'],
  },
})
