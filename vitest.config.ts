import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{common,engine,main,preload,renderer,test}/**/*.test.{ts,tsx}'],
    exclude: ['node_modules/**', 'out/**', 'test/e2e/**'],
    maxWorkers: 2,
  },
})
