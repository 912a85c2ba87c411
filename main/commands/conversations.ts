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
  usage: `FILE [--json] ${PART_USAGE}`,
  summary: 'every conversation, the most harmed first',
  help: `
Lists every conversation with its packets, bytes, time lost and why, labels, round-trip time and state,
ordered by the time it lost.

  --json      one JSON object per line; times are nanoseconds since the first frame
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' }, ...PART_OPTIONS })
    const file = oneFile(positionals)
    const engine = await readCapture(Engine, file, partOption(values))
    warnOfDamage('conversations', file, engine)
    const order = engine.conversationOrder('harmMs', true)
    for (let start = 0; start < order.length; start += WINDOW) {
      const rows = engine.conversationRows(order.subarray(start, start + WINDOW))
      if (values.json) await writeOut(rows.map((row) => jsonText(row) + '\n').join(''))
      else await writeOut(`${start === 0 ? '' : '\n'}${conversationTable(rows, engine.names)}\n`)
    }
    if (order.length === 0 && !values.json) await writeOut('No conversations.\n')
    return 0
  },
}
