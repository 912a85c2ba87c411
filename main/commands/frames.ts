import { closeSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { framesTable, type Engine } from '../../engine/engine.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { readCapture, reason } from './read-capture.ts'
import { writeAll, writeOut } from './write-out.ts'

export const frames: Command = {
  name: 'frames',
  usage: '[--out DIR] FILE...',
  summary: 'every frame with its labels, tab-separated',
  help: `
Writes a line per frame with the fields named as tshark names them: addresses, ports, sequence numbers,
every tcp.analysis label, round-trip times and bytes in flight.

  --out DIR   write DIR/1.tsv, DIR/2.tsv, ... in the order of the files (needed for more than one FILE)

A file that can't be read is named on standard error and makes the exit code 1 after the others are done.
A cut or corrupt file gives the frames up to the damage, which is said on standard error.`,
  async run(args) {
    const { values, positionals } = parse(args)
    if (positionals.length === 0) throw new UsageError('name at least one capture file.')
    const out = values.out
    if (out === undefined) {
      if (positionals.length > 1) throw new UsageError('several files need --out DIR.')
      const engine = await readCapture(positionals[0])
      warn(positionals[0], engine)
      for (const piece of framesTable(engine)) await writeOut(piece)
      return 0
    }
    try {
      mkdirSync(out, { recursive: true })
    } catch (error) {
      throw new CommandError(`cannot write to ${out}: ${reason(error)}`)
    }
    let failed = 0
    for (const [index, file] of positionals.entries()) {
      let engine: Engine
      try {
        engine = await readCapture(file)
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        process.stderr.write(`hopscope frames: ${error.message}\n`)
        failed++
        continue
      }
      warn(file, engine)
      writeWhole(join(out, `${index + 1}.tsv`), framesTable(engine))
    }
    return failed ? 1 : 0
  },
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { out: { type: 'string' } }, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function warn(file: string, engine: Engine): void {
  const { damage } = engine.facts()
  if (damage) process.stderr.write(`hopscope frames: ${file}: at byte ${damage.offset}: ${damage.reason}\n`)
}

/** Writes beside the file and renames, so that no half-written one is left under the name. */
function writeWhole(path: string, pieces: Iterable<string>): void {
  const partial = `${path}.part`
  try {
    const fd = openSync(partial, 'w')
    try {
      for (const piece of pieces) writeAll(fd, Buffer.from(piece))
    } finally {
      closeSync(fd)
    }
    renameSync(partial, path)
  } catch (error) {
    rmSync(partial, { force: true })
    throw new CommandError(`cannot write ${path}: ${reason(error)}`)
  }
}
