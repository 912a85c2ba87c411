import type { Engine } from '../../engine/engine.ts'
import { analysisText } from './analysis-text.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import type { Command } from './command.ts'
import { engineJson } from './json.ts'
import { LIMIT_HELP, LIMIT_OPTIONS, LIMIT_USAGE, limitOption } from './limit-arguments.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { nameOf } from './read-capture.ts'
import { resetsByCause } from './resets-by-cause.ts'
import { writeOut } from './write-out.ts'

const WORST = 10
const LANE_BUCKETS = 60

export const analyze: Command = {
  name: 'analyze',
  usage: `FILE [--json] ${LIMIT_USAGE} ${PART_USAGE}`,
  summary: 'what the capture holds, who suffered, and when',
  help: `
Prints what went wrong, see \`hopscope findings\`;
the facts of the capture; traffic, trouble and round-trip time over its duration as lines of bars; what was
retransmitted and why, what was reset and why, how often each tcp.analysis label occurs; how long round trips and requests
took; and the conversations that lost most time.

  --json      the same as JSON; times are nanoseconds since the first frame
${LIMIT_HELP}
${PART_HELP}

A cut or corrupt file is analysed up to the damage, which is said. FILE may be - for standard input.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      json: { type: 'boolean' },
      ...LIMIT_OPTIONS,
      ...PART_OPTIONS,
    })
    const file = oneFile(positionals)
    using capture = await CaptureWithBytes.open(file, { ...limitOption(values), ...partOption(values) })
    const { engine } = capture
    const facts = engine.facts()
    const { findings, omitted, artefacts } = await engine.findings(capture.read)
    const worst = worstConversations(engine)
    const analysis = {
      file: nameOf(file),
      facts,
      conversations: engine.conversations.count,
      // Of these only, their packets are counted.
      worst: engine.conversationRows(worst, { rows: engine.rowsOfConversations(worst) }),
      resets: resetsByCause(engine),
      latency: engine.latencySummaries({}, false),
      lanes: engine.lanes(facts.firstTime, facts.lastTime + 1, LANE_BUCKETS),
      names: engine.names,
      findings,
      omitted,
      artefacts,
    }
    await writeOut(values.json ? `${engineJson(engine, analysis, 1)}\n` : analysisText(analysis))
    return 0
  },
}

/** Who lost most time first; where fewer have lost any, the first of the others. */
function worstConversations(engine: Engine): Uint32Array {
  const ids = engine.mostHarmed(WORST).map(({ id }) => id)
  for (let id = 0; ids.length < WORST && id < engine.conversations.count; id++) if (!ids.includes(id)) ids.push(id)
  return Uint32Array.from(ids)
}
