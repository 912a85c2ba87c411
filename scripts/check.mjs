// npm run check: types, lint with the layer rules, format, architecture. Runs all of them and says which failed.
import { runChecks } from './steps/checks.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { inProject, pickNode, runScript, say } from './steps/project.mjs'
import { run } from './steps/run.mjs'

await runScript(async () => {
  await ensureInstalled()
  const failed = await runChecks()
  const vitest = inProject('node_modules/vitest/vitest.mjs')
  const { code } = await run(pickNode(), [vitest, 'run', '--reporter=dot', 'test/architecture'], { show: true })
  say(`${code === 0 ? 'ok    ' : 'FAILED'} architecture`)
  return failed.length === 0 && code === 0 ? 0 : 1
})
