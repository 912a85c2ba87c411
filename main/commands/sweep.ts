import { findLeftovers, removeLeftovers, type Leftover } from '../kubernetes/capture/sweep.ts'
import { parseArguments } from './arguments.ts'
import { asCommand, CONTEXT_OPTIONS, openContexts, openLedger } from './cluster.ts'
import { type Command, UsageError } from './command.ts'
import { harmless, say, writeOut } from './write-out.ts'

export const sweep: Command = {
  name: 'sweep',
  usage: '[--context C] [--dry-run]',
  summary: 'removes what captures left in a cluster',
  help: `
Finds what Hopscope made in a cluster and is still there - by the ledger of this machine, and by label for what others or other machines
made - and removes what is yours: pods are deleted, capture containers in pods are ended. What belongs to someone else is only named.
An ephemeral container stays listed in its pod until the pod is deleted; Kubernetes offers no way to take it off.

  --context NAME      default: the kubeconfig's current one
  --kubeconfig FILE   read this file instead of KUBECONFIG's; may be given more than once
  --dry-run           only list
  --force             also what a running capture of this machine uses`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      ...CONTEXT_OPTIONS,
      'dry-run': { type: 'boolean' },
      force: { type: 'boolean' },
    })
    if (positionals.length > 0) throw new UsageError('it takes no names.')
    return asCommand(async () => {
      using all = openContexts(values.kubeconfig)
      const { connection, context } = await all.open(values.context)
      const ledger = openLedger()
      const { leftovers, notes } = await findLeftovers(connection, context.name, ledger)
      for (const note of notes) say(`hopscope sweep: ${note}`)
      if (leftovers.length === 0) {
        await writeOut(`Nothing of Hopscope's is left in ${context.name}.\n`)
        return 0
      }
      if (values['dry-run']) {
        await writeOut(harmless(leftovers.map((one) => `${nameOf(one)}${one.inUse ? ' (in use)' : ''}\n`).join('')))
        return 0
      }
      const { removed, kept } = await removeLeftovers(connection, leftovers, ledger, values.force)
      await writeOut(
        harmless(
          [
            ...removed.map((one) => `removed ${nameOf(one)}\n`),
            ...kept.map(({ leftover, why }) => `kept    ${nameOf(leftover)}: ${why}\n`),
          ].join(''),
        ),
      )
      return kept.length === 0 ? 0 : 1
    })
  },
}

function nameOf({ kind, namespace, pod, container, createdAt }: Leftover): string {
  const when = createdAt === undefined ? '' : `, made ${new Date(createdAt).toISOString().slice(0, 19)}Z`
  return kind === 'pod' ? `pod ${namespace}/${pod}${when}` : `container ${container} in pod ${namespace}/${pod}${when}`
}
