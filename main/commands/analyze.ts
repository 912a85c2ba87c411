import type { Limits } from '../../engine/engine.ts'
import { analysisText } from './analysis-text.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import { type Command, UsageError } from './command.ts'
import { engineJson } from './json.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { nameOf } from './read-capture.ts'
import { resetsByCause } from './resets-by-cause.ts'
import { writeOut } from './write-out.ts'

const WORST = 10
const LANE_BUCKETS = 60

export const analyze: Command = {
  name: 'analyze',
  usage: `FILE [--json] [--max-packets N] ${PART_USAGE}`,
  summary: 'what the capture holds, who suffered, and when',
  help: `
Prints what went wrong, see \`hopscope findings\`;
the facts of the capture; traffic, trouble and round-trip time over its duration as lines of bars; what was
retransmitted and why, what was reset and why, how often each tcp.analysis label occurs; how long round trips and requests
took; and the conversations that lost most time.

  --json      the same as JSON; times are nanoseconds since the first frame
  --max-packets N
              read the first N packets only; without, as many as fit in about half of this machine's memory.
              What was left out is said (JSON: facts.unread).
${PART_HELP}

A cut or corrupt file is analysed up to the damage, which is said. FILE may be - for standard input.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      json: { type: 'boolean' },
      'max-packets': { type: 'string' },
      ...PART_OPTIONS,
    })
    const file = oneFile(positionals)
    using capture = await CaptureWithBytes.open(file, { limits: limits(values['max-packets']), ...partOption(values) })
    const { engine } = capture
    const facts = engine.facts()
    const { findings, artefacts } = await engine.findings(capture.read)
    const worst = engine.conversationOrder('harmMs', true).subarray(0, WORST)
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
      artefacts,
    }
    await writeOut(values.json ? `${engineJson(engine, analysis, 1)}\n` : analysisText(analysis))
    return 0
  },
}

function limits(packets: string | undefined): Limits {
  if (packets === undefined) return {}
  if (!/^[1-9]\d{0,9}$/.test(packets))
    throw new UsageError(`--max-packets needs a number of packets, not "${packets}".`)
  return { packets: Number(packets) }
}
