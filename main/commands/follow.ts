import {
  CaptureChanged,
  type Engine,
  type FollowedStream,
  type FollowLine,
  type FollowSide,
} from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { CaptureWithBytes } from './capture-bytes.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { endpoint, printable } from './conversation-table.ts'
import { nameOf, warnOfDamage } from './read-capture.ts'
import { writeOut } from './write-out.ts'

/** Lines written at a time, and after how many bytes a line of text is broken. */
const WINDOW = 4096
const WIDTH = 65_536
const RAW_BYTES = 1 << 20
const DECODER = new TextDecoder()

export const follow: Command = {
  name: 'follow',
  usage: 'FILE --conversation N [--side client|server] [--hex | --raw]',
  summary: 'what the two ends of a conversation said',
  help: `
Prints the bytes of a conversation in the order its ends got them, each once: what the client said after >, what the
server said after <. Bytes that no packet of the capture holds, and those the snap length cut off, are told as a number.

  --conversation N   its stream: a number is a TCP one, as in tcp.stream; udp.N for UDP (see: hopscope conversations FILE)
  --side SIDE        only what the client, or the server, said
  --hex              as a hex dump
  --raw              the bytes as they are, for a file or another program; holes leave no trace`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      conversation: { type: 'string' },
      side: { type: 'string' },
      hex: { type: 'boolean' },
      raw: { type: 'boolean' },
    })
    const file = oneFile(positionals)
    const wanted = parseStream(values.conversation)
    const side = parseSide(values.side)
    if (values.hex && values.raw) throw new UsageError('choose --hex or --raw.')
    if (values.raw && process.stdout.isTTY) {
      throw new UsageError('--raw writes bytes that could steer the terminal: send them to a file or a program.')
    }
    using capture = await CaptureWithBytes.open(file)
    const { engine } = capture
    warnOfDamage('follow', file, engine)
    const id = conversationOf(engine, wanted)
    if (id === undefined) {
      throw new CommandError(
        `${nameOf(file)} has no ${wanted.transport} stream ${wanted.stream}; see: hopscope conversations ${nameOf(file)}`,
      )
    }
    const stream = await engine.follow(id, side, capture.read)
    if (!stream) throw new CommandError('the conversation carries no stream that could be followed.')
    try {
      if (values.raw) await writeRaw(stream, capture)
      else await writeLines(stream, values.hex ? 'hex' : 'text', capture)
    } catch (error) {
      if (error instanceof CaptureChanged) throw new CommandError(`${nameOf(file)}: ${error.message}`)
      throw error
    }
    return 0
  },
}

interface WantedStream {
  readonly transport: 'tcp' | 'udp'
  readonly stream: number
}

function parseStream(text: string | undefined): WantedStream {
  if (text === undefined) throw new UsageError('say with --conversation which one.')
  const [, transport = 'tcp', stream = ''] = /^(?:(tcp|udp)[. ])?(\d{1,9})$/.exec(text) ?? []
  if (stream === '') throw new UsageError(`--conversation takes a number, tcp.N or udp.N, not "${text}".`)
  return { transport: transport === 'udp' ? 'udp' : 'tcp', stream: Number(stream) }
}

function parseSide(text: string | undefined): FollowSide | undefined {
  if (text === undefined || text === 'client' || text === 'server') return text
  throw new UsageError(`--side is client or server, not "${text}".`)
}

function conversationOf(engine: Engine, { transport, stream }: WantedStream): number | undefined {
  for (let start = 0; start < engine.conversationCount; start += WINDOW) {
    const ids = Uint32Array.from({ length: Math.min(WINDOW, engine.conversationCount - start) }, (_, i) => start + i)
    const found = engine
      .conversationRows(ids)
      .find((row) => row.transport.toLowerCase() === transport && row.stream === stream)
    if (found) return found.id
  }
  return undefined
}

async function writeRaw(stream: FollowedStream, { read }: CaptureWithBytes): Promise<void> {
  for (let from = 0; from < stream.bytes; from += RAW_BYTES) {
    await writeOut(await stream.slice(from, from + RAW_BYTES, read))
  }
}

async function writeLines(stream: FollowedStream, format: 'text' | 'hex', capture: CaptureWithBytes): Promise<void> {
  const { client, server } = stream.facts
  const { names } = capture.engine
  await writeOut(
    `client ${endpoint(client.address, client.port, names)}, ${client.bytes.toLocaleString('en')} bytes\n` +
      `server ${endpoint(server.address, server.port, names)}, ${server.bytes.toLocaleString('en')} bytes\n\n`,
  )
  const lines = capture.engine.streamLines(stream, format, WIDTH)
  await lines.extend(capture.read, {})
  for (let start = 0; start < lines.count; start += WINDOW) {
    const window = await lines.lines(start, WINDOW, capture.read)
    await writeOut(window.map((line) => `${line.side === 'client' ? '>' : '<'} ${lineText(line, format)}\n`).join(''))
  }
}

function lineText({ bytes, offset, missing }: FollowLine, format: 'text' | 'hex'): string {
  if (missing) {
    const count = `${missing.bytes.toLocaleString('en')} ${missing.bytes === 1 ? 'byte' : 'bytes'}`
    return missing.why === 'gap' ? `[${count} not captured]` : `[${count} cut off by the snap length]`
  }
  if (format === 'text') return printable(DECODER.decode(bytes))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
  return `${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}`
}
