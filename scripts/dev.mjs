// npm run dev: the window with the page served by the bundler, so that edits show at once. Needs Electron and a display.
import { rmSync } from 'node:fs'
import { ensureElectron } from './steps/electron.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { stampOf } from './steps/outputs.mjs'
import { inProject, pickNode, Plainly, runScript } from './steps/project.mjs'
import { become } from './steps/run.mjs'

await runScript(async () => {
  await ensureInstalled()
  const electron = await ensureElectron({ insist: true })
  if (!('program' in electron)) throw new Plainly(`\`npm run dev\` needs Electron, and ${electron.reason}.`)
  // What it leaves in out/ is not what a build makes: the next start builds anew.
  for (const target of /** @type {const} */ (['main', 'preload'])) rmSync(stampOf(target), { force: true })
  return become(pickNode(), [inProject('node_modules/electron-vite/bin/electron-vite.js'), 'dev', '--watch'])
})
