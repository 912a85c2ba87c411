import { ListFilter, Plus, Undo2 } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { Note } from '../../../common/model/note.ts'
import type { PlacedNote, PlacedNotes } from '../../../engine/engine.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCount, formatCounted } from '../../components/format.ts'
import { noteColour } from '../../components/note-marks.tsx'
import { Pane } from '../../components/pane.tsx'
import { matchesSearch, subjectText } from './anchors.ts'
import { NotePage } from './note-page.tsx'
import './notes.css'

export { NoteDialog } from './note-dialog.tsx'
export { createNoteBook, type NoteBook } from './note-book.ts'
export {
  CAPTURE_SUBJECT,
  conversationSubject,
  packetSubject,
  rangeSubject,
  subjectText,
  type NoteSubject,
} from './anchors.ts'
export { edited, type NoteDraft } from './note-fields.tsx'

export interface NotesProps {
  /** Undefined until they have been looked for in the capture once. */
  readonly placed: PlacedNotes | undefined
  /** Why they can't be read. */
  readonly error: string | undefined
  /** They last as long as this window. */
  readonly passing: boolean
  /** Id of the note that is looked at. */
  readonly chosen: string | undefined
  /** Nanoseconds since 1970 of the capture's start. */
  readonly epochNs: string | undefined
  readonly onChoose: (note: PlacedNote) => void
  /** Shows what it is on. */
  readonly onGo: (note: PlacedNote) => void
  readonly onEdit: (note: Note) => void
  readonly onDelete: (note: PlacedNote) => void
  /** Shows what these stand for as the file has it. */
  readonly onRestore: (notes: readonly Note[]) => void
  readonly onAdd: () => void
  /** Filters on packets with notes. */
  readonly onFilter: () => void
}

/** More than anybody reads; the search finds the rest. */
const LISTED = 500

/** What people noted about the capture, in the order of its time; at the side the chosen one, to be read and edited. */
export function Notes(props: NotesProps): ReactNode {
  const { placed, error, passing, chosen, onChoose, onGo, onDelete, onRestore } = props
  const [search, setSearch] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const page = useRef<HTMLTextAreaElement>(null)
  const all = (placed?.notes ?? []).toSorted((a, b) => beginning(a) - beginning(b))
  const found = search.trim() === '' ? all : all.filter((note) => matchesSearch(note, search.trim()))
  const listed = found.slice(0, LISTED)
  const shown = listed.find(({ note }) => note.id === chosen) ?? listed[0]

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [shown?.note.id])

  /** Its neighbour is looked at next. */
  function remove(note: PlacedNote): void {
    const at = listed.indexOf(note)
    const next = listed[at + 1] ?? listed[at - 1]
    if (next) onChoose(next)
    onDelete(note)
    list.current?.focus()
  }

  function restore(notes: readonly Note[]): void {
    onRestore(notes)
    // The button goes with what it brought back.
    list.current?.focus()
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const at = shown ? listed.indexOf(shown) : -1
    const steps: Readonly<Record<string, PlacedNote | undefined>> = {
      ArrowDown: listed[at + 1],
      ArrowUp: listed[at - 1],
      Home: listed[0],
      End: listed.at(-1),
    }
    const next = steps[event.key]
    if (next) onChoose(next)
    else if (event.key === 'Enter' && shown) onGo(shown)
    else if (event.key === 'Delete' && shown) remove(shown)
    else if ((event.key === 'e' || event.key === 'F2') && shown) page.current?.focus()
    else if (!Object.hasOwn(steps, event.key)) return
    event.preventDefault()
  }

  return (
    <Pane
      title="Notes"
      waiting={placed === undefined && error === undefined}
      count={placed && countText(placed)}
      actions={
        <>
          {all.length > 0 && (
            <>
              <input
                type="search"
                className="notes-search"
                aria-label="Search notes"
                placeholder="Search"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
              />
              <button type="button" className="button small" onClick={props.onFilter} title="Filter on hopscope.note">
                <ListFilter size={12} aria-hidden />
                Packets with notes
              </button>
            </>
          )}
          {placed && placed.deleted.length > 0 && (
            <button
              type="button"
              className="button small"
              onClick={() => restore(placed.deleted)}
              title="Comments of the file that were deleted here. The file itself still has them"
            >
              <Undo2 size={12} aria-hidden />
              Bring back {formatCounted(placed.deleted.length, 'deleted comment')}
            </button>
          )}
          <button type="button" className="button small" onClick={props.onAdd} title="Add a note (M)">
            <Plus size={12} aria-hidden />
            Add
          </button>
        </>
      }
    >
      {error !== undefined || all.length === 0 ? (
        <Nothing {...props} />
      ) : (
        <div className="notes">
          <div className="notes-side">
            {passing && (
              <p className="notes-word">
                This file was dropped into the page, so its notes last as long as this window. Export it as pcapng to
                keep them.
              </p>
            )}
            <div
              ref={list}
              className="notes-list"
              role="listbox"
              aria-label="Notes"
              tabIndex={0}
              data-grid="notes"
              aria-activedescendant={shown && optionId(shown)}
              onKeyDown={onKeyDown}
            >
              {listed.map((note) => (
                <Line key={note.note.id} placed={note} selected={note === shown} onChoose={onChoose} onGo={onGo} />
              ))}
            </div>
            {found.length === 0 && <p className="notes-word">No note has these words.</p>}
            {found.length > LISTED && (
              <p className="notes-word">{formatCount(found.length - LISTED)} more: search to find them.</p>
            )}
          </div>
          {shown && (
            <NotePage
              {...props}
              key={shown.note.id}
              placed={shown}
              all={all}
              textRef={page}
              list={list}
              onDelete={remove}
              onRestore={restore}
            />
          )}
        </div>
      )}
    </Pane>
  )
}

/** What is on the whole capture, or on nothing in it, stands first. */
function beginning({ time }: PlacedNote): number {
  return time?.from ?? -Infinity
}

const optionId = ({ note }: PlacedNote) => `note-${note.id}`

function countText({ notes, unlisted }: PlacedNotes): string {
  const imported = notes.filter((note) => note.imported).length + unlisted
  const own = notes.length + unlisted - imported
  if (imported === 0) return own === 0 ? '' : formatCount(own)
  const comments = `${formatCounted(imported, 'comment')} in the file`
  return own === 0 ? comments : `${formatCounted(own, 'note')}, ${comments}`
}

interface LineProps extends Pick<NotesProps, 'onChoose' | 'onGo'> {
  readonly placed: PlacedNote
  readonly selected: boolean
}

function Line({ placed, selected, onChoose, onGo }: LineProps): ReactNode {
  const { note, imported } = placed
  return (
    <div
      id={optionId(placed)}
      className="note-line"
      role="option"
      aria-selected={selected}
      style={{ borderLeftColor: noteColour(placed) }}
      onClick={() => onChoose(placed)}
      onDoubleClick={() => onGo(placed)}
    >
      <span className="note-said">
        {note.tag !== undefined && <span className="note-tag">{note.tag}</span>}
        {note.text}
      </span>
      <span className="note-on">
        {subjectText(placed)}
        {imported ? ', in the file' : note.replaces !== undefined && ', in the file, edited'}
      </span>
    </div>
  )
}

function Nothing({ error, placed, passing, onAdd }: NotesProps): ReactNode {
  if (error !== undefined) {
    return (
      <EmptyState tone="bad" title="The notes could not be read">
        {error}
      </EmptyState>
    )
  }
  if (!placed) return null
  return (
    <EmptyState title="No notes yet" actions={[{ title: 'Add a note', run: onAdd }]}>
      Press M on a packet, a conversation or a selected time, and write down what it means. Notes{' '}
      {passing ? 'of a dropped file last as long as this window' : 'are kept beside the capture'}, and go along as
      comments when it is exported.
    </EmptyState>
  )
}
