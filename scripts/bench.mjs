// npm run bench [-- --quick] [--linear] [--only NAME] [--packets N] [--runs N]: CPU time and memory beside tshark, tcptrace, capinfos and cat.
import { ensureBuilt } from './steps/build.mjs'
import { ensureInstalled } from './steps/install.mjs'
import { inProject, pickNode, Plainly, runScript, say } from './steps/project.mjs'
import { become } from './steps/run.mjs'
import { ensureTools } from './steps/system-tools.mjs'

const PEERS = [
  { commands: ['tshark'], apt: 'tshark' },
  { commands: ['capinfos'], apt: 'wireshark-common' },
  { commands: ['tcptrace'], apt: 'tcptrace' },
]

await runScript(async () => {
  await ensureInstalled()
  await ensureBuilt(['main'])
  for (const peer of PEERS) {
    try {
      await ensureTools([peer])
    } catch (error) {
      // The comparison goes on without it, and says so.
      if (!(error instanceof Plainly)) throw error
      say(`Without ${peer.apt}: ${error.message}`)
    }
  }
  return become(pickNode(), [inProject('test/benchmark/run.ts'), ...process.argv.slice(2)])
})
