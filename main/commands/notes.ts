import { randomUUID } from 'node:crypto'
import { NOTE_COLOURS, type Note, type NoteAnchor, type NoteColour } from '../../common/model/note.ts'
import { anchorText, type Engine, packetAnchor, readNoteComment, readWordedNote } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { printable } from './conversation-table.ts'
import { noteFileOf, said } from './own-notes.ts'
import { readCapture, warnOfDamage } from './read-capture.ts'
import { writeOut } from './write-out.ts'

export const notes: Command = {
  name: 'notes',
  usage: 'FILE [--add TEXT --frame N] [--json]',
  summary: 'what was noted about the capture, and new notes',
  help: `
Lists the notes that are kept for the capture (FILE.hopscope-notes.jsonl beside it, or in the data folder where that
can't be written), and the comments that the file itself has. \`export\` writes notes as pcapng comments, which Wireshark
shows; \`report\` has them too.

  --add TEXT         a new note, on one of:
    --frame N        a packet
    --stream 'tcp N' a conversation, by its transport and number as in \`conversations\`
    --from S --to S  a time, in seconds from the first frame
  --tag WORD         a tag of the new note
  --colour NAME      ${NOTE_COLOURS.join(', ')}
  --remove ID        deletes a note
  --json             one JSON object; times are nanoseconds since 1970`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      add: { type: 'string' },
      frame: { type: 'string' },
      stream: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      tag: { type: 'string' },
      colour: { type: 'string' },
      remove: { type: 'string' },
      json: { type: 'boolean' },
    })
    const file = oneFile(positionals)
    const colour = colourOf(values.colour)
    const { add, remove, tag } = values
    if (add === undefined && [values.frame, values.stream, values.from, values.to, tag, colour].some((value) => value))
      throw new UsageError('say with --add what the note says.')
    const kept = await noteFileOf(file)
    if (!kept && (add ?? remove) !== undefined)
      throw new UsageError('notes are kept beside a file, not standard input.')
    const engine = await readCapture(file)
    warnOfDamage('notes', file, engine)
    if (add !== undefined) {
      const now = Date.now()
      const anchor = anchorOf(engine, values)
      const id = randomUUID().slice(0, 8)
      await said(
        kept?.put({
          id,
          anchor,
          text: add,
          createdAt: now,
          editedAt: now,
          ...(tag && { tag }),
          ...(colour && { colour }),
        }) ?? Promise.resolve(),
      )
    }
    const before = kept ? await said(kept.read()) : []
    if (remove !== undefined) {
      if (!before.some(({ id }) => id === remove)) throw new CommandError(`there is no note ${printable(remove)}.`)
      await said(kept?.remove(remove) ?? Promise.resolve())
    }
    const own = before.filter(({ id }) => id !== remove)
    const comments = [...engine.packetComments].flatMap(([row, texts]) =>
      texts.map((text) => ({ frame: engine.packets.frame(row), ...readNoteComment(text) })),
    )
    const capture = engine.facts().comments
    await writeOut(
      values.json
        ? `${JSON.stringify({ notes: own, comments, captureComments: capture }, undefined, 1)}\n`
        : notesText(engine, own, comments, capture),
    )
    return 0
  },
}

interface AnchorWords {
  readonly frame?: string | undefined
  readonly stream?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

function anchorOf(engine: Engine, { frame, stream, from, to }: AnchorWords): NoteAnchor {
  const places = [frame, stream, from ?? to].filter((place) => place !== undefined)
  if (places.length !== 1) throw new UsageError('say what the note is on: --frame, --stream, or --from and --to.')
  if (frame !== undefined) {
    const anchor = /^\d{1,15}$/.test(frame) ? packetAnchor(engine, Number(frame) - 1) : undefined
    if (!anchor) throw new UsageError(`there is no frame ${printable(frame)}; the last is ${engine.packets.rows}.`)
    return anchor
  }
  const epoch = engine.epoch ?? 0n
  if (stream !== undefined) {
    const wanted = stream.trim().toLowerCase()
    const ids = engine.conversationOrder('id', false)
    const row = engine.conversationRows(ids).find((one) => `${one.transport} ${one.stream}`.toLowerCase() === wanted)
    if (!row)
      throw new UsageError(`there is no conversation "${printable(stream)}"; \`hopscope conversations\` lists them.`)
    const { transport, addressA, portA, addressB, portB, firstTime } = row
    const time = String(epoch + BigInt(Math.round(firstTime)))
    return { kind: 'conversation', transport, addressA, portA, addressB, portB, firstTime: time }
  }
  const [start, end] = [seconds(from), seconds(to)]
  if (!(start < end)) throw new UsageError('--from and --to are seconds from the first frame, --from before --to.')
  return { kind: 'range', from: String(epoch + BigInt(start)), to: String(epoch + BigInt(end)) }
}

/** As whole nanoseconds; NaN if it is no such number. */
function seconds(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * 1e9) : NaN
}

function colourOf(name: string | undefined): NoteColour | undefined {
  const colour = NOTE_COLOURS.find((one) => one === name)
  if (name !== undefined && !colour) throw new UsageError(`--colour is one of ${NOTE_COLOURS.join(', ')}.`)
  return colour
}

function notesText(
  engine: Engine,
  own: readonly Note[],
  comments: readonly ({ readonly frame: number } & Words)[],
  capture: readonly string[],
): string {
  const { epochNs } = engine.facts()
  const lines = [
    ...own.map(({ id, anchor, ...said }) => `${id}  ${anchorText(anchor, epochNs)}: ${wordsOf(said)}`),
    ...comments.map(({ frame, ...said }) => `in the file, frame ${frame}: ${wordsOf(said)}`),
    ...capture.map((comment) => {
      const { anchor, text } = readWordedNote(comment) ?? { anchor: undefined, text: comment }
      const place = anchor ? anchorText(anchor, epochNs) : 'on the capture'
      return `in the file, ${place}: ${wordsOf(readNoteComment(text))}`
    }),
  ]
  return lines.length === 0 ? 'No notes.\n' : `${lines.join('\n')}\n`
}

type Words = Pick<Note, 'text' | 'tag'>

function wordsOf({ tag, text }: Words): string {
  return `${tag === undefined ? '' : `[${printable(tag)}] `}${printable(text)}`
}
