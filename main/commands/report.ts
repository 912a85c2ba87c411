import { basename } from 'node:path'
import { reportDocument, reportHtml, reportMarkdown } from '../../engine/engine.ts'
import { findInstallation } from '../installation.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes, sameFile } from './capture-bytes.ts'
import { type Command, UsageError } from './command.ts'
import { checkFilterArgument } from './filter-argument.ts'
import { ownNotes } from './own-notes.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { nameOf, warnOfDamage } from './read-capture.ts'
import { writeOut, writeWhole } from './write-out.ts'

export const report: Command = {
  name: 'report',
  usage: `FILE ${PART_USAGE} -o OUT.html|OUT.md`,
  summary: 'what happened, as one page to hand over',
  help: `
Writes what is to be told of the capture: its facts, what was found and why, the course of traffic and trouble, how long
things took, who lost most time, and what was noted (see \`hopscope notes\`). OUT ending in .md makes Markdown; else it is one HTML file that runs nothing
and needs no other, for the screen (light and dark) and for paper. - is standard output, as Markdown.

  -o OUT          where to; an existing file is replaced once the new one is whole
  --filter TEXT   only what this display filter matches; of findings those with a packet that does
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      filter: { type: 'string' },
      ...PART_OPTIONS,
      output: { type: 'string', short: 'o' },
    })
    const file = oneFile(positionals)
    const { filter = '', output } = values
    if (output === undefined) throw new UsageError('say with -o where to write.')
    if (output !== '-' && sameFile(file, output)) throw new UsageError(`${output} is the capture itself.`)
    checkFilterArgument('report', filter)
    using capture = await CaptureWithBytes.open(file, partOption(values))
    warnOfDamage('report', file, capture.engine)
    const { version } = findInstallation()
    capture.engine.notes.set(await ownNotes(file))
    const document = await reportDocument(capture.engine, capture.read, {
      name: basename(nameOf(file)),
      version,
      filter,
    })
    if (output === '-') await writeOut(reportMarkdown(document))
    else await writeWhole(output, [output.endsWith('.md') ? reportMarkdown(document) : reportHtml(document)])
    return 0
  },
}
