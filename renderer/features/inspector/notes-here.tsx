import { useContext, type ReactNode } from 'react'
import { noteColour, NoteMarksContext } from '../../components/note-marks.tsx'

type NotedPlace = { readonly row: number } | { readonly conversation: number } | 'capture'

/** What was noted on what is looked at; nothing where that is nothing. */
export function NotesHere({ on }: { readonly on: NotedPlace }): ReactNode {
  const { byRow, byConversation, onCapture, onOpen } = useContext(NoteMarksContext)
  const notes = on === 'capture' ? onCapture : 'row' in on ? byRow.get(on.row) : byConversation.get(on.conversation)
  if (!notes || notes.length === 0) return null
  return (
    <ul className="notes-here" aria-label="Notes">
      {notes.map((placed) => (
        <li key={placed.note.id} style={{ borderLeftColor: noteColour(placed) }}>
          <button type="button" title="Show it among the notes" onClick={() => onOpen(placed)}>
            {placed.note.tag !== undefined && <b>{placed.note.tag}: </b>}
            {placed.note.text}
          </button>
        </li>
      ))}
    </ul>
  )
}
