import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import type { Engine, ReadBytes } from '../../engine/engine.ts'
import { Engine as EngineClass, exportPcap, exportPcapng, FilterError, lostInPcap } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes, sameFile } from './capture-bytes.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { reason } from './read-capture.ts'
import { writeAll, writeOut } from './write-out.ts'

export const exportCommand: Command = {
  name: 'export',
  usage: "FILE --filter '...' -o OUT.pcapng",
  summary: 'the packets that a display filter matches, as a capture',
  help: `
Writes the packets that match as pcapng, with the interfaces, names and comments of the capture, so that other tools
show them. OUT ending in .pcap makes a classic pcap and says what that can't hold; - is standard output.

  --filter TEXT   display filter in Wireshark's syntax; without it all packets
  -o OUT          where to; an existing file is replaced once the new one is whole`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      filter: { type: 'string' },
      output: { type: 'string', short: 'o' },
    })
    const file = oneFile(positionals)
    const { filter = '', output } = values
    if (output === undefined) throw new UsageError('say with -o where to write.')
    if (output !== '-' && sameFile(file, output)) throw new UsageError(`${output} is the capture itself.`)
    const check = new EngineClass().checkFilter(filter)
    if (!check.ok)
      throw new UsageError(
        `${check.message}\n  ${filter}\n  ${' '.repeat(check.from)}${'^'.repeat(Math.max(1, check.to - check.from))}`,
      )

    const capture = await CaptureWithBytes.open(file)
    try {
      const { engine, read } = capture
      const { damage } = engine.facts()
      if (damage) process.stderr.write(`hopscope export: ${file}: at byte ${damage.offset}: ${damage.reason}\n`)
      const rows = await select(engine, filter, read)
      const pieces = output.endsWith('.pcap') ? classic(engine, rows, read, output) : exportPcapng(engine, rows, read)
      if (output === '-') for await (const piece of pieces) await writeOut(piece)
      else await writeWhole(output, pieces)
      process.stderr.write(
        `${rows.length.toLocaleString('en')} of ${engine.packets.rows.toLocaleString('en')} packets written.\n`,
      )
      return 0
    } finally {
      capture.close()
    }
  },
}

async function select(engine: Engine, filter: string, read: ReadBytes): Promise<Uint32Array> {
  try {
    return (await engine.select({ filter }, read)) ?? Uint32Array.from({ length: engine.packets.rows }, (_, row) => row)
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(error.message)
    throw error
  }
}

function classic(engine: Engine, rows: Uint32Array, read: ReadBytes, output: string): AsyncGenerator<Uint8Array> {
  const lost = lostInPcap(engine)
  if (lost === undefined) {
    throw new CommandError(
      `${output}: the packets have different link types, which a classic pcap can't hold. Name it .pcapng.`,
    )
  }
  if (lost.length > 0)
    process.stderr.write(`hopscope export: a classic pcap can't hold ${lost.join(', ')}; a .pcapng would.\n`)
  return exportPcap(engine, rows, read)
}

/** Writes beside the file and renames, so that no half-written one is left under the name. */
async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const partial = `${path}.part`
  try {
    const fd = openSync(partial, 'w')
    try {
      for await (const piece of pieces) writeAll(fd, piece)
    } finally {
      closeSync(fd)
    }
    renameSync(partial, path)
  } catch (error) {
    rmSync(partial, { force: true })
    throw new CommandError(`cannot write ${path}: ${reason(error)}`)
  }
}
