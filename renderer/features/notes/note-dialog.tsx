import { useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useModal } from '../../components/use-modal.ts'
import type { NoteColour } from '../../../common/model/note.ts'
import type { NoteSubject } from './anchors.ts'
import { NoteFields, type NoteDraft } from './note-fields.tsx'

export interface NoteDialogProps {
  /** What it may be on; the first is chosen. */
  readonly subjects: readonly NoteSubject[]
  readonly tags: readonly string[]
  readonly colour: NoteColour
  /** Rejects when it could not be kept. */
  readonly onSave: (subject: NoteSubject, draft: NoteDraft) => Promise<void>
  readonly onClose: () => void
}

/** A new note. Ctrl+Enter keeps it, Esc leaves it. */
export function NoteDialog({ subjects, tags, colour, onSave, onClose }: NoteDialogProps): ReactNode {
  const dialog = useModal()
  const text = useRef<HTMLTextAreaElement>(null)
  const [chosen, setChosen] = useState(0)
  const [draft, setDraft] = useState<NoteDraft>({ text: '', tag: '', colour })
  const [problem, setProblem] = useState<string>()
  const subject = subjects[chosen]

  // Closed before it leaves the page: only then the browser gives the focus back.
  useLayoutEffect(() => text.current?.focus(), [])

  async function save(): Promise<void> {
    if (draft.text.trim() === '') return
    try {
      await onSave(subject, draft)
      onClose()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void save()
  }

  return (
    <dialog
      ref={dialog}
      className="dialog note-dialog"
      aria-label="Add a note"
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onKeyDown={onKeyDown}
    >
      <form
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <h2>Add a note</h2>
        <fieldset className="note-subjects">
          <legend>On</legend>
          {subjects.map(({ title }, i) => (
            <label key={title}>
              <input type="radio" name="subject" checked={i === chosen} onChange={() => setChosen(i)} />
              {title}
            </label>
          ))}
        </fieldset>
        <NoteFields draft={draft} tags={tags} textRef={text} onChange={setDraft} />
        {problem !== undefined && (
          <p role="alert" className="note-problem">
            {problem}
          </p>
        )}
        <div className="note-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={draft.text.trim() === ''}
            title="Add the note (Ctrl+Enter)"
          >
            Add
          </button>
        </div>
      </form>
    </dialog>
  )
}
