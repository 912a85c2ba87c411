// A host in a process of its own, with a shell on a node: to be killed. Arguments: the folder of its settings, context, node, namespace.
import { Host } from '../../main/host.ts'
import { Mailbox } from '../../main/streams.ts'

const [userFolder = '', context = '', node = '', debugNamespace = ''] = process.argv.slice(2)
const report = (where: string, error: unknown) => console.error(where, error)
const environment = () => Promise.resolve(process.env)
const host = await Host.start({
  version: '0',
  userFolder,
  samplesFolder: userFolder,
  environment,
  warn: console.error,
  report,
})
const contract = host.contract({ door: 'pipe', commands: new Mailbox() })
await contract.clusters.changeCaptureSettings(context, { debugNamespace })
const id = await contract.terminals.open({ kind: 'node', context, node }, 80, 24)
for await (const facts of await contract.terminals.watch()) {
  const [one] = facts.filter((each) => each.id === id)
  if (one && one.state !== 'starting') process.stdout.write(`${JSON.stringify(one)}\n`)
}
