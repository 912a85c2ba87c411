import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import type { Command } from './command.ts'
import { findingsText } from './findings-text.ts'
import { warnOfDamage } from './read-capture.ts'
import { writeOut } from './write-out.ts'

export const findings: Command = {
  name: 'findings',
  usage: 'FILE [--json]',
  summary: 'what went wrong, with evidence, the costliest first',
  help: `
Says what went wrong in the capture, each as a sentence with numbers, ordered by the time that was lost: why it is
believed, who is to blame as far as can be told, what was ruled out, what would settle it, the frames that show it, and
commands to confirm it. What is wrong with the capture itself comes last, as notes.

  --json      one JSON object; times are nanoseconds since the first frame

A cut or corrupt file is looked at up to the damage, which is said. FILE may be - for standard input.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' } })
    const file = oneFile(positionals)
    using capture = await CaptureWithBytes.open(file)
    warnOfDamage('findings', file, capture.engine)
    const report = await capture.engine.findings(capture.read)
    await writeOut(values.json ? `${JSON.stringify(report, undefined, 1)}\n` : `${findingsText(report)}\n`)
    return 0
  },
}
