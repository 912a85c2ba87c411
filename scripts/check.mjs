// npm run check: types, lint with the layer rules, formatting, architecture. Runs all of them and says which failed.
import { ensureInstalled } from './steps/install.mjs'
import { inProject, pickNode, runScript, say } from './steps/project.mjs'
import { run } from './steps/run.mjs'

await runScript(async () => {
  await ensureInstalled()
  const node = pickNode()
  const tool = (/** @type {string} */ path) => inProject('node_modules', path)
  /** @type {[string, string[]][]} */
  const checks = [
    // --force: the incremental mode keeps errors that are gone and loses new ones.
    ['types', [tool('typescript/bin/tsc'), '-b', '--force']],
    ['lint', [tool('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings']],
    ['format', [tool('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
    ['architecture', [tool('vitest/vitest.mjs'), 'run', '--reporter=dot', 'test/architecture']],
  ]
  const failed = []
  for (const [name, args] of checks) {
    const { code } = await run(node, args, { show: true })
    say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`)
    if (code !== 0) failed.push(name)
  }
  return failed.length === 0 ? 0 : 1
})
