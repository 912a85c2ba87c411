import {
  CaptureChanged,
  type Engine,
  exportPcap,
  exportPcapng,
  lostInPcap,
  type ReadBytes,
  Redaction,
  type RedactionKind,
  REDACTIONS,
} from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes, sameFile } from './capture-bytes.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { checkFilterArgument } from './filter-argument.ts'
import { ownNotes } from './own-notes.ts'
import { PART_HELP, PART_OPTIONS, PART_USAGE, partOption } from './part-arguments.ts'
import { nameOf, warnOfDamage } from './read-capture.ts'
import { say, writeOut, writeWhole } from './write-out.ts'

export const exportCommand: Command = {
  name: 'export',
  usage: `FILE [--filter '...'] ${PART_USAGE} -o OUT.pcapng`,
  summary: 'the packets that a display filter matches, as a capture',
  help: `
Writes the packets that match as pcapng, with the interfaces, names, comments and notes of the capture, so that other tools
show them. OUT ending in .pcap makes a classic pcap and says what that can't hold; - is standard output.

  --filter TEXT   display filter in Wireshark's syntax; without it all packets
  --redact KINDS  take out before handing over: payload (what is behind the transport header), names (of addresses and interfaces, and
                  comments), addresses (IP and MAC addresses are replaced, each always by the same, subnets stay subnets, private stays
                  private; takes payloads and names out too, as they may hold addresses); several with commas between.
                  Keys to decrypt with never are in it. What can't be decoded is cut, checksums of transports become 0.
  -o OUT          where to; an existing file is replaced once the new one is whole
${PART_HELP}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      filter: { type: 'string' },
      redact: { type: 'string' },
      ...PART_OPTIONS,
      output: { type: 'string', short: 'o' },
    })
    const file = oneFile(positionals)
    const { filter = '', output } = values
    const redaction = values.redact === undefined ? undefined : redactionOf(values.redact)
    if (output === undefined) throw new UsageError('say with -o where to write.')
    if (output !== '-' && sameFile(file, output)) throw new UsageError(`${output} is the capture itself.`)
    checkFilterArgument('export', filter)

    using capture = await CaptureWithBytes.open(file, partOption(values))
    const { engine, read } = capture
    warnOfDamage('export', file, engine)
    engine.notes.set(await ownNotes(file))
    const rows = (await engine.select({ filter }, read)) ?? everyRow(engine)
    const pieces = output.endsWith('.pcap')
      ? classic(engine, rows, read, output, redaction)
      : exportPcapng(engine, rows, read, redaction)
    try {
      if (output === '-') for await (const piece of pieces) await writeOut(piece)
      else await writeWhole(output, pieces)
    } catch (error) {
      if (error instanceof CaptureChanged)
        throw new CommandError(`${nameOf(file)}: ${error.message} Try again once it is whole.`)
      throw error
    }
    const of = engine.packets.rows.toLocaleString('en')
    say(`hopscope export: ${rows.length.toLocaleString('en')} of ${of} packets written.`)
    if (redaction) say(`hopscope export: ${redaction.summary}.`)
    return 0
  },
}

function redactionOf(text: string): Redaction {
  const kinds: RedactionKind[] = []
  for (const word of text.split(',')) {
    const kind = REDACTIONS.find((one) => one === word.trim())
    if (!kind) throw new UsageError(`--redact takes ${REDACTIONS.join(', ')}, not "${word}".`)
    kinds.push(kind)
  }
  return new Redaction(kinds, (bytes) => void crypto.getRandomValues(bytes))
}

function everyRow({ packets }: Engine): Uint32Array {
  const rows = new Uint32Array(packets.rows)
  for (let row = 0; row < rows.length; row++) rows[row] = row
  return rows
}

function classic(
  engine: Engine,
  rows: Uint32Array,
  read: ReadBytes,
  output: string,
  redaction: Redaction | undefined,
): AsyncGenerator<Uint8Array> {
  const lost = lostInPcap(engine, rows, redaction)
  if (lost === undefined) {
    throw new CommandError(
      `${output}: the packets have different link types, which a classic pcap can't hold. Name it .pcapng.`,
    )
  }
  if (lost.length > 0) say(`hopscope export: a classic pcap can't hold ${lost.join(', ')}; a .pcapng would.`)
  return exportPcap(engine, rows, read, redaction)
}
