// npm run test:cluster: the journeys of test/cluster in the cluster that KUBECONFIG names, in namespaces of their own that are removed
// afterwards. HOPSCOPE_NAMESPACE names one for those who may not make any: pods are made in it and removed again. HOPSCOPE_IMAGE names the
// image for pods and captures (default: nicolaka/netshoot:v0.13); it needs sh, ping and tcpdump.
import { ensureInstalled } from './steps/install.mjs'
import { inProject, pickNode, runScript } from './steps/project.mjs'
import { become } from './steps/run.mjs'

await runScript(async () => {
  await ensureInstalled()
  const config = inProject('test/cluster/vitest.config.ts')
  const vitest = inProject('node_modules/vitest/vitest.mjs')
  return become(pickNode(), [vitest, 'run', `--config=${config}`, ...process.argv.slice(2)])
})
