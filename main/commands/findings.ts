import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import type { Command } from './command.ts'
import { findingsText } from './findings-text.ts'
import { engineJson } from './json.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { warnOfDamage } from './read-capture.ts'
import { writeOut } from './write-out.ts'

export const findings: Command = {
  name: 'findings',
  usage: `FILE [--json] ${PART_USAGE}`,
  summary: 'what went wrong, with evidence, the costliest first',
  help: `
Says what went wrong in the capture, each as a sentence with numbers, ordered by the time that was lost: why it is
believed, who is to blame as far as can be told, what was ruled out, what would settle it, the frames that show it, and
commands to confirm it. What is wrong with the capture itself comes last, as notes.

  --json      one JSON object; times are nanoseconds since the first frame, rows frame numbers minus one
${PART_HELP}

A cut or corrupt file is looked at up to the damage, which is said. FILE may be - for standard input.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' }, ...PART_OPTIONS })
    const file = oneFile(positionals)
    using capture = await CaptureWithBytes.open(file, partOption(values))
    warnOfDamage('findings', file, capture.engine)
    const report = await capture.engine.findings(capture.read)
    await writeOut(
      values.json ? `${engineJson(capture.engine, report, 1)}\n` : `${findingsText(report, capture.engine)}\n`,
    )
    return 0
  },
}
