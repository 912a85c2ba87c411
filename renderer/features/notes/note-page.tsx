import { CornerDownRight, Trash2, Undo2 } from 'lucide-react'
import { useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from 'react'
import type { PlacedNote } from '../../../engine/engine.ts'
import { formatClock, formatDate, formatZone } from '../../components/format.ts'
import { useZone } from '../../components/zone.ts'
import { once } from '../../components/once.ts'
import { subjectText } from './anchors.ts'
import type { NotesProps } from './index.tsx'
import { draftOf, edited, NoteFields, type NoteDraft } from './note-fields.tsx'

interface NotePageProps extends Pick<NotesProps, 'epochNs' | 'onGo' | 'onEdit' | 'onDelete' | 'onRestore'> {
  readonly placed: PlacedNote
  readonly all: readonly PlacedNote[]
  readonly textRef: RefObject<HTMLTextAreaElement | null>
  /** Where the focus goes from here. */
  readonly list: RefObject<HTMLElement | null>
}

/** One note: what it is on, and its text, which is kept as soon as one leaves it. */
export function NotePage(props: NotePageProps): ReactNode {
  const zone = useZone()
  const { placed, all, textRef, list, epochNs, onGo, onEdit, onDelete, onRestore } = props
  const { note, imported, time } = placed
  const [draft, setDraft] = useState(() => draftOf(note))
  /** Also between two renders: what is left by Esc must not be kept when the focus goes. */
  const newest = useRef(draft)
  function write(next: NoteDraft): void {
    newest.current = next
    setDraft(next)
  }
  // Undo and other windows change it too: what is kept wins over what was typed before that.
  const [before, setBefore] = useState(note)
  if (before !== note) {
    setBefore(note)
    if (!isSame(draftOf(before), draftOf(note))) write(draftOf(note))
  }

  function keep(next: NoteDraft): void {
    const changed = edited(note, next)
    if (!changed) write(draftOf(note))
    else if (!isSame(draftOf(changed), draftOf(note))) onEdit(changed)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') write(draftOf(note))
    else if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    event.stopPropagation()
    // Which keeps what was written.
    list.current?.focus()
  }

  return (
    <section className="note-page" aria-label="Note">
      <div className="note-head">
        <h3>{subjectText(placed)}</h3>
        {(placed.row !== undefined || time !== undefined) && (
          <button type="button" className="button small" onClick={() => onGo(placed)} title="Show it (Enter)">
            <CornerDownRight size={12} aria-hidden />
            Show
          </button>
        )}
        {!imported && note.replaces !== undefined && (
          <button
            type="button"
            className="button small"
            onClick={() => onRestore([note])}
            title={`The file says: ${note.replaces}`}
          >
            <Undo2 size={12} aria-hidden />
            As in the file
          </button>
        )}
        <button type="button" className="button small" onClick={() => onDelete(placed)} title="Delete (Del)">
          <Trash2 size={12} aria-hidden />
          Delete
        </button>
      </div>
      <div
        className="note-edit"
        onKeyDown={onKeyDown}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) keep(newest.current)
        }}
      >
        <NoteFields
          draft={draft}
          tags={tagsOf(all)}
          textRef={textRef}
          longest={note.replaces?.length}
          onChange={(next) => {
            write(next)
            // A choice is made with one click; words are kept when one leaves them.
            if (next.colour !== draft.colour) keep(next)
          }}
        />
        <p className="note-when">
          {time &&
            epochNs !== undefined &&
            `At ${formatDate(epochNs, time.from, zone)} ${formatClock(epochNs, time.from, zone, 3)} ${formatZone(epochNs, time.from, zone)}. `}
          {originText(placed)}
        </p>
      </div>
    </section>
  )
}

function originText({ note: { createdAt, editedAt, replaces }, imported }: PlacedNote): string {
  if (imported) return 'A comment in the file, which stays as it is: what you change is kept beside it, and exported.'
  if (replaces !== undefined) return `In place of a comment in the file, edited ${moment(editedAt)}`
  return `Written ${moment(createdAt)}${editedAt > createdAt ? `, edited ${moment(editedAt)}` : ''}`
}

function tagsOf(notes: readonly PlacedNote[]): readonly string[] {
  return [...new Set(notes.flatMap(({ note }) => note.tag ?? []))].toSorted()
}

function isSame(a: NoteDraft, b: NoteDraft): boolean {
  return a.text === b.text && a.tag === b.tag && a.colour === b.colour
}

const momentFormat = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }))
const moment = (ms: number) => momentFormat().format(ms)
