// npm run --silent hopscope -- COMMAND ...: the command line of this checkout, installed and built first where needed.
// Standard output belongs to the command alone. When all is fresh this costs some milliseconds.
import { ensureBuilt } from './steps/build.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { callersFolder, inProject, newEnough, pickNode, runScript } from './steps/project.mjs'
import { become } from './steps/run.mjs'

const args = process.argv.slice(2)

await runScript(async () => {
  await ensureInstalled()
  await ensureBuilt(args[0] === 'serve' ? ['main', 'renderer'] : ['main'])
  process.chdir(callersFolder())
  const cli = inProject('out/main/cli.js')
  // `npm run` finds the Node of node_modules first, so this usually is the right one already.
  if (!newEnough(process.versions.node)) return become(pickNode(), [cli, ...args])
  process.argv = [process.execPath, cli, ...args]
  await import(cli)
  return Number(process.exitCode ?? 0)
})
