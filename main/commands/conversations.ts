import { Engine } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { conversationTable } from './conversation-table.ts'
import { jsonText } from './json.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { readCapture, warnOfDamage } from './read-capture.ts'
import { writeOut } from './write-out.ts'

/** Asked for and written at a time; each time costs a pass over the packets. */
const WINDOW = 20_000

export const conversations: Command = {
  name: 'conversations',
  usage: `FILE [--json] [--filter '...'] ${PART_USAGE}`,
  summary: 'every conversation, the most harmed first',
  help: `
Lists every conversation with its packets, bytes, time lost and why, labels, round-trip time and state,
ordered by the time it lost.

  --json         one JSON object per line; times are nanoseconds since the first frame
  --filter TEXT  only conversations with a packet that this display filter matches
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      json: { type: 'boolean' },
      filter: { type: 'string' },
      ...PART_OPTIONS,
    })
    const file = oneFile(positionals)
    const { filter = '', json = false } = values
    if (filter.trim() === '') await tell(file, json, await readCapture(Engine, file, partOption(values)))
    else {
      const { tellFiltered } = await import('./filtered-capture.ts')
      await tellFiltered('conversations', file, filter, partOption(values), (engine, rows) =>
        tell(file, json, engine, rows),
      )
    }
    return 0
  },
}

async function tell(file: string, json: boolean, engine: Engine, rows?: Uint32Array): Promise<void> {
  warnOfDamage('conversations', file, engine)
  const order = engine.conversationOrder('harmMs', true, rows && { rows })
  for (let start = 0; start < order.length; start += WINDOW) {
    const some = engine.conversationRows(order.subarray(start, start + WINDOW))
    if (json) await writeOut(some.map((row) => jsonText(row) + '\n').join(''))
    else await writeOut(`${start === 0 ? '' : '\n'}${conversationTable(some, engine.names)}\n`)
  }
  if (order.length === 0 && !json) await writeOut('No conversations.\n')
}
