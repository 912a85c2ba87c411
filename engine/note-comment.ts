import { NOTE_COLOURS, PLAIN_COLOUR, type Note, type NoteColour } from '../common/model/note.ts'

// A note as a pcapng comment (opt_comment, any UTF-8): words for people in other programs, "[tag] text", and where these can't say all of it
// a last line for us: [hopscope: tag="loss", colour=red]

/** What is said of a note's place, without the place. */
export type NoteWords = Pick<Note, 'text' | 'tag' | 'colour'>

const LONGEST_TAG = 64

/** What a note says, as one text: "[tag] text". */
export function noteText({ tag, text }: Pick<Note, 'tag' | 'text'>): string {
  return tag ? `[${tag}] ${text}` : text
}

/** As noteText, with a last line where that would not be read as the same note: it has a colour of its own, or looks as if it had another tag. */
export function noteComment(note: NoteWords): string {
  const text = noteText(note)
  if (isSame(readNoteComment(text), note)) return text
  const { tag, colour } = note
  return `${text}\n${lastLine({ tag, colour: colour === PLAIN_COLOUR ? undefined : colour })}`
}

/** What noteComment wrote. Of every other comment the text is all of it, but for a first "[tag]", as people write them elsewhere too. */
export function readNoteComment(comment: string): NoteWords {
  return readLastLine(comment) ?? readTag(comment) ?? { text: comment }
}

function readTag(comment: string): NoteWords | undefined {
  const [, tag, text] = /^\[([^\]\n]{1,64})\] ([^]+)$/.exec(comment) ?? []
  return tag === undefined || text === undefined ? undefined : { tag, text }
}

/** Undefined unless the last line is exactly what noteComment writes below just this text. */
function readLastLine(comment: string): NoteWords | undefined {
  const end = comment.lastIndexOf('\n')
  const [said, line] = [comment.slice(0, Math.max(0, end)), comment.slice(end + 1)]
  const [, quoted, name] =
    /^\[hopscope: (?:tag=(".{1,400}"))?(?:, )?(?:colour=([a-z]{1,10}))?(?:no tag)?\]$/.exec(line) ?? []
  const tag = quoted === undefined ? undefined : readQuoted(quoted)
  const colour = NOTE_COLOURS.find((one) => one === name)
  const head = tag === undefined ? '' : `[${tag}] `
  const text = said.slice(head.length)
  if (!said.startsWith(head) || text === '' || (tag !== undefined && tag.length > LONGEST_TAG)) return undefined
  return line === lastLine({ tag, colour }) ? words(text, tag, colour) : undefined
}

function lastLine({ tag, colour }: Pick<Note, 'tag' | 'colour'>): string {
  const parts = [...(tag ? [`tag=${JSON.stringify(tag)}`] : []), ...(colour ? [`colour=${colour}`] : [])]
  return `[hopscope: ${parts.join(', ') || 'no tag'}]`
}

function readQuoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function words(text: string, tag: string | undefined, colour: NoteColour | undefined): NoteWords {
  return { text, ...(tag !== undefined && { tag }), ...(colour && { colour }) }
}

function isSame(a: NoteWords, b: NoteWords): boolean {
  return (
    a.text === b.text && (a.tag ?? '') === (b.tag ?? '') && (a.colour ?? PLAIN_COLOUR) === (b.colour ?? PLAIN_COLOUR)
  )
}
