// npm run build [-- TARGET...]: builds what changed into out/; all of it when no target is named.
import { ensureBuilt } from './steps/build.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { TARGETS } from './steps/outputs.mjs'
import { Plainly, runScript } from './steps/project.mjs'

await runScript(async () => {
  const known = Object.keys(TARGETS)
  const named = process.argv.slice(2)
  const unknown = named.find((target) => !known.includes(target))
  if (unknown !== undefined) throw new Plainly(`there is no build target "${unknown}"; there are ${known.join(', ')}.`)
  await ensureInstalled()
  await ensureBuilt(/** @type {import('./steps/outputs.mjs').Target[]} */ (named.length > 0 ? named : known))
})
