import { join } from 'node:path'
import { Host } from '../../main/host.ts'
import { Mailbox } from '../../main/streams.ts'

// A host of its own process, to be killed while it captures: node capturing-host.ts KUBECONFIG FOLDER ORDER-AS-JSON
// Says "packets N" whenever some came.

const [kubeconfig = '', folder = '', order = '{}'] = process.argv.slice(2)
const host = await Host.start({
  version: '0.0.0-test',
  userFolder: folder,
  samplesFolder: join(import.meta.dirname, '../../resources/samples'),
  environment: () => Promise.resolve({ ...process.env, KUBECONFIG: kubeconfig }),
  warn: () => undefined,
  report: (where, error) => process.stderr.write(`${where}: ${String(error)}\n`),
})
const { capturing } = host.contract({ door: 'pipe', commands: new Mailbox() })
const id = await capturing.start(JSON.parse(order))
for await (const all of await capturing.watchLive()) {
  const packets = all.find((one) => one.id === id)?.packets ?? 0
  if (packets > 0) process.stdout.write(`packets ${packets}\n`)
}
