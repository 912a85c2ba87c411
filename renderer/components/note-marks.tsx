import { createContext, useContext, type ReactNode } from 'react'
import { PLAIN_COLOUR } from '../../common/model/note.ts'
import type { ConversationRow, PlacedNote } from '../../engine/engine.ts'
import './note-marks.css'

/** What is noted, by what it is noted on, for all views that show any of it. */
export interface NoteMarks {
  readonly byRow: ReadonlyMap<number, readonly PlacedNote[]>
  readonly byConversation: ReadonlyMap<number, readonly PlacedNote[]>
  readonly onCapture: readonly PlacedNote[]
  /** Those that have a time, by when it begins. */
  readonly timed: readonly PlacedNote[]
  /** Shows one where it can be edited. */
  readonly onOpen: (note: PlacedNote) => void
  /** Asks for a note on what a view's cursor is at, which need not be what is selected. */
  readonly onAdd: (on: NotedOn) => void
}

/** A moment, in nanoseconds since the epoch, or a conversation. */
export type NotedOn = { readonly moment: number } | { readonly conversation: ConversationRow }

const NOTHING = () => undefined
const NONE: NoteMarks = {
  byRow: new Map(),
  byConversation: new Map(),
  onCapture: [],
  timed: [],
  onOpen: NOTHING,
  onAdd: NOTHING,
}

export const NoteMarksContext = createContext(NONE)

export function noteMarks(notes: readonly PlacedNote[], does: Pick<NoteMarks, 'onOpen' | 'onAdd'>): NoteMarks {
  const byRow = new Map<number, PlacedNote[]>()
  const byConversation = new Map<number, PlacedNote[]>()
  const add = (lists: Map<number, PlacedNote[]>, key: number, note: PlacedNote) =>
    lists.set(key, [...(lists.get(key) ?? []), note])
  for (const note of notes) {
    if (note.row !== undefined) add(byRow, note.row, note)
    else if (note.conversation !== undefined) add(byConversation, note.conversation, note)
  }
  const timed = notes.filter(({ time }) => time).toSorted((a, b) => (a.time?.from ?? 0) - (b.time?.from ?? 0))
  const onCapture = notes.filter(({ note }) => note.anchor.kind === 'capture')
  return { byRow, byConversation, onCapture, timed, ...does }
}

/** The CSS colour of a note's mark. */
export function noteColour({ note }: PlacedNote): string {
  return `var(--note-${note.colour ?? PLAIN_COLOUR})`
}

/** "[dns] five seconds each", in one line. */
export function noteLine({ note }: PlacedNote): string {
  const text = note.text.replaceAll(/\s+/g, ' ')
  return note.tag ? `[${note.tag}] ${text}` : text
}

/** A mark for the notes on a row of a list; nothing where there are none. */
export function NoteMark(on: { readonly row: number } | { readonly conversation: number }): ReactNode {
  const marks = useContext(NoteMarksContext)
  const notes = 'row' in on ? marks.byRow.get(on.row) : marks.byConversation.get(on.conversation)
  if (!notes) return null
  const said = notes.map(noteLine).join('\n')
  return (
    <span
      className="note-mark"
      role="img"
      aria-label={`Note: ${said}`}
      title={said}
      style={{ background: noteColour(notes[0]) }}
    />
  )
}
