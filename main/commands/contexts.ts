import { parseArguments } from './arguments.ts'
import { asCommand, openContexts } from './cluster.ts'
import { type Command, UsageError } from './command.ts'
import { jsonText } from './json.ts'
import { millisecondsText, table } from './text.ts'
import { say, writeOut } from './write-out.ts'

export const contexts: Command = {
  name: 'contexts',
  usage: '[--kubeconfig FILE] [--json]',
  summary: 'the clusters you can reach, and how they are',
  help: `
Lists every context of KUBECONFIG or ~/.kube/config, asks each API server for its version and who you are, and how long it took.
A context that can't be reached says why. The current one is marked with *.

  --kubeconfig FILE   read this file instead of KUBECONFIG's; may be given more than once
  --json              the same as JSON`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      kubeconfig: { type: 'string', multiple: true },
      json: { type: 'boolean' },
    })
    if (positionals.length > 0) throw new UsageError('it takes no names.')
    return asCommand(async () => {
      using all = openContexts(values.kubeconfig)
      const config = await all.config()
      for (const problem of config.problems) say(`hopscope contexts: ${problem}`)
      if (config.contexts.length === 0) {
        say(`hopscope contexts: there are none; looked at ${config.files.join(', ')}.`)
        return 1
      }
      const found = await Promise.all(config.contexts.map(({ name }) => all.probe(name)))
      if (values.json) await writeOut(`${jsonText(found, 1)}\n`)
      else {
        const rows = found.map((one) => [
          one.current ? '*' : '',
          one.name,
          one.server,
          one.version ?? '-',
          one.latencyMs === undefined ? '-' : millisecondsText(one.latencyMs),
          one.user ?? '-',
          one.problem ?? '',
        ])
        await writeOut(`${table(['', 'context', 'server', 'version', 'latency', 'user', ''], rows)}\n`)
      }
      return found.every(({ reachable }) => reachable) ? 0 : 1
    })
  },
}
