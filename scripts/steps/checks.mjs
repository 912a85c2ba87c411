import { ensureKernel } from './kernel.mjs'
import { inProject, pickNode, say } from './project.mjs'
import { run } from './run.mjs'

/**
 * Types, lint with the layer rules, and format, each with all it has to say.
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function runChecks() {
  await ensureKernel()
  /** @type {[string, string, string[]][]} */
  const checks = [
    // --force: the incremental mode keeps errors that are gone and loses new ones.
    ['types', 'typescript/bin/tsc', ['-b', '--force']],
    ['lint', 'oxlint/bin/oxlint', ['--type-aware', '--deny-warnings']],
    ['format', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']],
  ]
  const failed = []
  for (const [name, tool, args] of checks) {
    const { code } = await run(pickNode(), [inProject('node_modules', tool), ...args], { show: true })
    say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`)
    if (code !== 0) failed.push(name)
  }
  return failed
}
