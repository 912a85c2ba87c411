import { randomUUID } from 'node:crypto'
import { deletionOf, NOTE_COLOURS, type Note, type NoteAnchor, type NoteColour } from '../../common/model/note.ts'
import { anchorText, Engine, packetAnchor, type PlacedNotes } from '../../engine/engine.ts'
import { oneFile, parseArguments } from './arguments.ts'
import { type Command, CommandError, UsageError } from './command.ts'
import { printable, printableLines } from './conversation-table.ts'
import { jsonText } from './json.ts'
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
  --edit ID          a note or a comment of the file, which then says
    --text TEXT      this; the file itself stays as it is
  --tag WORD         a tag of the new or edited note
  --colour NAME      ${NOTE_COLOURS.join(', ')}
  --remove ID        deletes a note, or a comment of the file from what is shown and exported
  --restore ID       a comment of the file that was edited or deleted is again as the file has it
  --json             one JSON object; times are nanoseconds since 1970`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      add: { type: 'string' },
      edit: { type: 'string' },
      text: { type: 'string' },
      frame: { type: 'string' },
      stream: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      tag: { type: 'string' },
      colour: { type: 'string' },
      remove: { type: 'string' },
      restore: { type: 'string' },
      json: { type: 'boolean' },
    })
    const file = oneFile(positionals)
    const colour = colourOf(values.colour)
    const { add, edit, text, remove, restore, tag } = values
    const changes = [add, edit, remove, restore].filter((value) => value !== undefined).length
    if (changes > 1) throw new UsageError('one at a time: --add, --edit, --remove or --restore.')
    if ((edit === undefined) !== (text === undefined)) throw new UsageError('--edit ID and --text TEXT go together.')
    if (text?.trim() === '') throw new UsageError('--text is empty; --remove deletes a note.')
    const places = [values.frame, values.stream, values.from, values.to]
    if (add === undefined && [...places, edit === undefined && (tag ?? colour)].some((value) => value))
      throw new UsageError('say with --add what the note says.')
    if (file === '-' && changes > 0) throw new UsageError('notes are kept beside a file, not standard input.')
    const engine = await readCapture(Engine, file)
    const kept = await noteFileOf(file)
    warnOfDamage('notes', file, engine)
    const listed = async () => {
      engine.notes.set(kept ? await said(kept.read()) : [])
      return engine.notes.placed(Infinity)
    }
    if (kept && changes > 0) {
      const before = await listed()
      const words = { ...(tag && { tag }), ...(colour && { colour }) }
      const now = Date.now()
      if (add !== undefined) {
        const id = randomUUID().slice(0, 8)
        const anchor = anchorOf(engine, values)
        await said(kept.put({ id, anchor, text: add, ...words, createdAt: now, editedAt: now }))
      } else if (edit !== undefined && text !== undefined) {
        await said(kept.put({ ...noteOf(before, edit), text, ...words, editedAt: now }))
      } else if (remove !== undefined) {
        const deletion = deletionOf(noteOf(before, remove))
        await said(deletion ? kept.put(deletion) : kept.remove(remove))
      } else if (restore !== undefined) {
        const changed = [...before.notes.filter(({ imported }) => !imported).map(({ note }) => note), ...before.deleted]
        if (!changed.some(({ id, replaces }) => id === restore && replaces !== undefined))
          throw new CommandError(`there is no changed comment ${printable(restore)}.`)
        await said(kept.remove(restore))
      }
    }
    const now = await listed()
    await writeOut(values.json ? `${jsonText(notesJson(now), 1)}\n` : notesText(engine, now))
    return 0
  },
}

/** A note, or a comment of the file, by its id. Throws CommandError. */
function noteOf({ notes }: PlacedNotes, id: string): Note {
  const found = notes.find(({ note }) => note.id === id)
  if (!found) throw new CommandError(`there is no note ${printable(id)}.`)
  return found.note
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

function notesJson({ notes, deleted }: PlacedNotes): unknown {
  const [comments, own] = [notes.filter(({ imported }) => imported), notes.filter(({ imported }) => !imported)]
  return {
    notes: own.map(({ note }) => note),
    // When they were written nobody knows.
    comments: comments.map(({ note: { id, anchor, text, tag, colour, replaces }, frame }) => {
      return { id, anchor, frame, text, tag, colour, replaces }
    }),
    deleted,
  }
}

function notesText(engine: Engine, { notes, deleted }: PlacedNotes): string {
  const { epochNs } = engine.facts()
  const place = (anchor: NoteAnchor) => printable(anchorText(anchor, epochNs))
  const lines = [
    ...notes.map(({ note, imported }) => {
      const from = imported ? 'in the file, ' : note.replaces === undefined ? '' : 'in the file, edited, '
      return `${note.id}  ${from}${place(note.anchor)}: ${wordsOf(note)}`
    }),
    ...deleted.map(({ id, anchor }) => `${id}  in the file, deleted, ${place(anchor)}`),
  ]
  return lines.length === 0 ? 'No notes.\n' : `${lines.join('\n')}\n`
}

function wordsOf({ tag, text }: Pick<Note, 'text' | 'tag'>): string {
  return `${tag === undefined ? '' : `[${printable(tag)}] `}${printableLines(text, '    ')}`
}
