// npm run build [-- TARGET...]: builds what changed into out/; all of it when no target is named.
import { ensureBuilt } from './steps/build.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { TARGETS } from './steps/outputs.mjs'
import { Plainly, runScript } from './steps/project.mjs'

await runScript(async () => {
  const named = process.argv.slice(2)
  if (!isTargets(named)) throw new Plainly(`the build targets are ${Object.keys(TARGETS).join(', ')}.`)
  await ensureInstalled()
  await ensureBuilt(named.length > 0 ? named : ['main', 'preload', 'renderer'])
})

/**
 * @param {string[]} names
 * @returns {names is import('./steps/outputs.mjs').Target[]}
 */
function isTargets(names) {
  return names.every((name) => name in TARGETS)
}
