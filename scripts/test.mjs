// npm test [-- WORD...]: installs what the tests need, builds, and runs the checks and all tests; with words only the unit tests whose path
// has one of them.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { ensureBuilt } from './steps/build.mjs'
import { runChecks } from './steps/checks.mjs'
import { completeInstallation, ensureInstalled } from './steps/install.mjs'
import { inProject, pickNode, runScript, say } from './steps/project.mjs'
import { run } from './steps/run.mjs'
import { COMPILERS, ensureTools, TEST_TOOLS } from './steps/system-tools.mjs'

const words = process.argv.slice(2)

await runScript(async () => {
  await ensureTools(TEST_TOOLS)
  if ((await ensureInstalled()).ptyMissing) {
    await ensureTools(COMPILERS)
    await completeInstallation()
  }
  await ensureBuilt(['main', 'preload', 'renderer'])

  const failedChecks = words.length === 0 ? await runChecks() : []
  const runs = [await vitest('unit', 'vitest.config.ts', words)]
  if (words.length === 0 && hasTests('test/e2e')) runs.push(await vitest('end-to-end', 'test/e2e/vitest.config.ts', []))

  const passed = sum(runs.map((each) => each.passed))
  const failed = sum(runs.map((each) => each.failed)) + failedChecks.length
  const skipped = sum(runs.map((each) => each.skipped))
  if (skipped > 0) say(`${skipped} skipped`)
  if (failedChecks.length > 0) say(`failed checks: ${failedChecks.join(', ')}`)
  console.log(`${passed} passed, ${failed} failed`)
  return runs.every((each) => each.code === 0) && failed === 0 ? 0 : 1
})

/**
 * @param {string} name
 * @param {string} config
 * @param {readonly string[]} filter
 */
async function vitest(name, config, filter) {
  const report = inProject('.cache/test-results', `${name}.json`)
  mkdirSync(inProject('.cache/test-results'), { recursive: true })
  rmSync(report, { force: true })
  say(`\nRunning the ${name} tests...`)
  const program = inProject('node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await run(pickNode(), [program, 'run', `--config=${config}`, ...reporters, ...filter], {
    show: true,
  })
  return { code, ...counts(report, code) }
}

/**
 * A file that could not even be loaded counts as one failed test, and so does a run that left no report.
 * @param {string} report
 * @param {number} code
 */
function counts(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults: { status: string, assertionResults: unknown[] }[] }} */
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const unloadable = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
  const failed = numFailedTests + unloadable
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: numPendingTests }
}

/** @param {string} folder */
function hasTests(folder) {
  return existsSync(inProject(folder, 'vitest.config.ts'))
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0)
}
