import { defineConfig } from 'vitest/config'

// npm run test:cluster: the journeys in the cluster that KUBECONFIG names.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.cluster.ts'],
    maxWorkers: 1,
    // With the reason of each that is skipped.
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
