// npm run bootstrap: installs what package-lock.json names, and compiles what has to be compiled.
import { completeInstallation } from './steps/install.mjs'
import { runScript } from './steps/project.mjs'

await runScript(async () => {
  const { ptyMissing } = await completeInstallation()
  return ptyMissing ? 1 : 0
})
