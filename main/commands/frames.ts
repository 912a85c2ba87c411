import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Engine, framesTable } from '../../engine/engine.ts'
import { whyFileFailed } from '../file-errors.ts'
import { parseArguments } from './arguments.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { readCapture, warnOfDamage } from './read-capture.ts'
import { say, writeOut, writeWhole } from './write-out.ts'

export const frames: Command = {
  name: 'frames',
  usage: `[--out DIR] [--filter '...'] ${PART_USAGE} FILE...`,
  summary: 'every frame with its labels, tab-separated',
  help: `
Writes a line per frame with the fields named as tshark names them: addresses, ports, sequence numbers,
every tcp.analysis label, round-trip times and bytes in flight.

  --out DIR      write DIR/1.tsv, DIR/2.tsv, ... in the order of the files (needed for more than one FILE)
  --filter TEXT  only packets that this display filter matches

A file that can't be read is named on standard error and makes the exit code 1 after the others are done.
A cut or corrupt file gives the frames up to the damage, which is said on standard error.
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      out: { type: 'string' },
      filter: { type: 'string' },
      ...PART_OPTIONS,
    })
    if (positionals.length === 0) throw new UsageError('name at least one capture file.')
    const { out, filter = '' } = values
    const part = partOption(values)
    if (out === undefined) {
      if (positionals.length > 1) throw new UsageError('several files need --out DIR.')
      for (const piece of await linesOf(positionals[0], filter, part)) await writeOut(piece)
      return 0
    }
    try {
      mkdirSync(out, { recursive: true })
    } catch (error) {
      throw new CommandError(`cannot make the folder ${out}: ${whyFileFailed(error)}`)
    }
    let failed = 0
    for (const [index, file] of positionals.entries()) {
      let lines: Iterable<string>
      try {
        lines = await linesOf(file, filter, part)
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        say(`hopscope frames: ${error.message}`)
        failed++
        continue
      }
      await writeWhole(join(out, `${index + 1}.tsv`), lines)
    }
    return failed ? 1 : 0
  },
}

async function linesOf(file: string, filter: string, part: ReturnType<typeof partOption>): Promise<Iterable<string>> {
  if (filter.trim() === '') {
    const engine = await readCapture(Engine, file, part)
    warnOfDamage('frames', file, engine)
    return framesTable(engine)
  }
  // Loaded only when it is wanted: reading needs none of it.
  const { tellFiltered } = await import('./filtered-capture.ts')
  return tellFiltered('frames', file, filter, part, (engine, rows) => {
    warnOfDamage('frames', file, engine)
    return framesTable(engine, rows)
  })
}
