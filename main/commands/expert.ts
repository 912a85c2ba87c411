import { Capture } from '../../engine/capture.ts'
import type { ConversationHarm, Engine, ExpertCounts } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { expertText } from './expert-text.ts'
import { engineJson } from './json.ts'
import { LIMIT_HELP, LIMIT_OPTIONS, LIMIT_USAGE, limitOption } from './limit-arguments.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { nameOf, readCapture } from './read-capture.ts'
import { resetsByCause } from './resets-by-cause.ts'
import { writeOut } from './write-out.ts'

const WORST = 10

export const expert: Command = {
  name: 'expert',
  usage: `FILE [--json] [--filter '...'] ${LIMIT_USAGE} ${PART_USAGE}`,
  summary: 'all labels and verdicts, counted, and nothing that takes longer',
  help: `
Counts what tshark's -z expert counts of TCP, and what it really was: for each tcp.analysis label and each of Hopscope's verdicts
the packets and conversations that have it, and the first frame; of what was sent again, how much the receiver had already (spurious), and whether
the transmission before passed here (seen) or was lost in front of this point (unseen). Then resets by cause, and who lost most time.
No requests, percentiles or findings are looked for: \`hopscope analyze\` tells those, and takes longer.

  --json      the same as JSON: file, facts and conversations (how many) as analyze has them; labels and verdicts, each by name with packets,
              conversations and firstRow (a frame number minus one; absent where there is none), what was sent again with spurious,
              needed, originalSeen and originalUnseen too (what is in neither can't be told); resets; worst; names; with a filter, matched
  --filter TEXT
              only packets that this display filter matches; resets and lost time are those of conversations that have any
${LIMIT_HELP}
${PART_HELP}

A cut or corrupt file is counted up to the damage, which is said. FILE may be - for standard input.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      json: { type: 'boolean' },
      filter: { type: 'string' },
      ...LIMIT_OPTIONS,
      ...PART_OPTIONS,
    })
    const file = oneFile(positionals)
    const options = { ...limitOption(values), ...partOption(values) }
    const { filter = '', json } = values
    if (filter.trim() === '') await tell(file, json, await readCapture(Capture, file, options))
    else {
      // Loaded only when it is wanted, as it brings more along than all the rest.
      const { tellFiltered } = await import('./filtered-capture.ts')
      await tellFiltered('expert', file, filter, options, (engine, rows) =>
        tell(file, json, engine, rows && matched(engine, rows)),
      )
    }
    return 0
  },
}

/** Of the packets that matched, and of their conversations. */
interface Matched {
  readonly count: number
  readonly counts: ExpertCounts
  readonly conversations: Uint32Array
  readonly worst: readonly ConversationHarm[]
}

function matched(engine: Engine, rows: Uint32Array): Matched {
  const scope = { rows }
  return {
    count: rows.length,
    counts: engine.expertCounts(rows),
    conversations: engine.conversationOrder('id', false, scope),
    worst: engine.mostHarmed(WORST, scope),
  }
}

async function tell(file: string, json: boolean | undefined, capture: Capture, only?: Matched): Promise<void> {
  const report = {
    file: nameOf(file),
    facts: capture.facts(),
    conversations: capture.conversations.count,
    ...(only && { matched: only.count }),
    ...(only?.counts ?? capture.expertCounts()),
    resets: resetsByCause(capture, only?.conversations),
    worst: only?.worst ?? capture.mostHarmed(WORST),
    names: capture.names,
  }
  await writeOut(json ? `${engineJson(capture, report, 1)}\n` : expertText(report, capture.packets.before))
}
