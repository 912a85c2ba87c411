import type { Preflight } from '../../common/model/preflight.ts'
import { preflight as ask } from '../kubernetes/capture/preflight.ts'
import { parseArguments } from './arguments.ts'
import { asCommand, CONTEXT_OPTIONS, containerSettings, openContexts, TARGET_HELP, TARGET_OPTIONS } from './cluster.ts'
import { type Command, UsageError } from './command.ts'
import { jsonText } from './json.ts'
import { harmless, writeOut } from './write-out.ts'

export const preflight: Command = {
  name: 'preflight',
  usage: '[--context C] [-n NS] (POD | --node N) [--json]',
  summary: 'which ways to capture are open to you, and why others are not',
  help: `
Asks the cluster what it would allow - access reviews, Pod Security, a dry run by the server - and does nothing in it. Prints the ways
to capture, least privileged first: the first that is open is the one that capture takes. For those that are closed it says why, and
which RBAC rule would open them. Exit code 1 when all are closed.

${TARGET_HELP}
  --json                 the same as JSON`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      ...CONTEXT_OPTIONS,
      ...TARGET_OPTIONS,
      json: { type: 'boolean' },
    })
    const [pod] = positionals
    if (positionals.length > 1 || (pod === undefined) === (values.node === undefined)) {
      throw new UsageError('name one pod, or a node with --node.')
    }
    return asCommand(async () => {
      using all = openContexts(values.kubeconfig)
      const { connection, context } = await all.open(values.context)
      const namespace = values.namespace ?? context.namespace
      const target =
        pod === undefined
          ? ({ kind: 'node', node: values.node ?? '' } as const)
          : ({ kind: 'pod', namespace, pod } as const)
      const result = await ask(connection, target, containerSettings(values), values['debug-namespace'] ?? namespace)
      await writeOut(values.json ? `${jsonText(result.preflight, 1)}\n` : harmless(report(result.preflight)))
      return result.preflight.chosen ? 0 : 1
    })
  },
}

function report(result: Preflight): string {
  const what = result.pod
    ? `pod ${result.namespace}/${result.pod} on node ${result.node || '(none yet)'}`
    : `node ${result.node}`
  const lines = [`You are ${result.user}. To capture at ${what}:`, '']
  for (const { rung, passes, sentence, rbacRule } of result.rungs) {
    const mark = rung === result.chosen ? '→' : passes ? '✓' : '✗'
    lines.push(`${mark} ${rung}: ${sentence}`)
    if (rbacRule)
      lines.push(
        '  These rules, in a Role bound to you, would open it:',
        ...rbacRule
          .trimEnd()
          .split('\n')
          .map((line) => `    ${line}`),
      )
  }
  if (result.circumstances.length > 0) lines.push('', ...result.circumstances)
  if (result.notes.length > 0) lines.push('', ...result.notes)
  return `${lines.join('\n')}\n`
}
