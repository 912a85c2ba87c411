// npm run pack [-- ARGS...]: builds, and packs the app with electron-builder for this platform; ARGS go to electron-builder.
import { ensureBuilt } from './steps/build.mjs'
import { completeInstallation } from './steps/install.mjs'
import { inProject, pickNode, Plainly, runScript } from './steps/project.mjs'
import { become } from './steps/run.mjs'

await runScript(async () => {
  const { ptyMissing } = await completeInstallation()
  if (ptyMissing) throw new Plainly(`the app cannot be packed without terminals: ${ptyMissing}`)
  await ensureBuilt(['main', 'preload', 'renderer'])
  const builder = inProject('node_modules/electron-builder/cli.js')
  return become(pickNode(), [builder, '--publish=never', ...process.argv.slice(2)])
})
