import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Dialog } from '../../components/dialog.tsx'
import type { NoteColour } from '../../../common/model/note.ts'
import type { NoteSubject } from './anchors.ts'
import { NoteFields, type NoteDraft } from './note-fields.tsx'

export interface NoteDialogProps {
  /** What it may be on; the first is chosen. The note can be written before they are known. */
  readonly subjects: Promise<readonly NoteSubject[]>
  readonly tags: readonly string[]
  readonly colour: NoteColour
  /** Rejects when it could not be kept. */
  readonly onSave: (subject: NoteSubject, draft: NoteDraft) => Promise<void>
  readonly onClose: () => void
}

/** A new note. Ctrl+Enter keeps it, Esc leaves it: once there is text, pressed twice. */
export function NoteDialog({ subjects, tags, colour, onSave, onClose }: NoteDialogProps): ReactNode {
  const [known, setKnown] = useState<readonly NoteSubject[]>([])
  const [chosen, setChosen] = useState(0)
  const [draft, setDraft] = useState<NoteDraft>({ text: '', tag: '', colour })
  /** The text that Esc was pressed on, and is to be pressed on again. */
  const [leaving, setLeaving] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const [saving, setSaving] = useState(false)
  // What holds at once, and not only from the next rendering on.
  const isSaving = useRef(false)
  const isLeft = useRef(false)
  const fail = (error: unknown) => setProblem(error instanceof Error ? error.message : String(error))
  useEffect(() => void subjects.then(setKnown, fail), [subjects])

  async function save(): Promise<void> {
    if (draft.text.trim() === '' || isSaving.current) return
    setSaving((isSaving.current = true))
    try {
      const subject = (await subjects)[chosen]
      if (isLeft.current) return
      await onSave(subject, draft)
      if (!isLeft.current) onClose()
    } catch (error) {
      fail(error)
    } finally {
      setSaving((isSaving.current = false))
    }
  }

  function leave(): void {
    isLeft.current = true
    onClose()
  }

  function escape(): void {
    if (draft.text.trim() === '' || isSaving.current || draft.text === leaving) leave()
    else setLeaving(draft.text)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void save()
  }

  return (
    <Dialog
      title="Add a note"
      className={known.length === 0 ? 'note-dialog asking' : 'note-dialog'}
      onSubmit={() => void save()}
      onKeyDown={onKeyDown}
      onClose={escape}
      problem={problem}
      status={draft.text === leaving ? 'Esc again leaves it unwritten, Ctrl+Enter adds it' : 'Ctrl+Enter adds it'}
      actions={
        <>
          <button type="button" className="button" onClick={leave}>
            Cancel
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={draft.text.trim() === ''}
            aria-disabled={saving}
            title="Add the note (Ctrl+Enter)"
          >
            Add
          </button>
        </>
      }
    >
      <fieldset className="note-subjects">
        <legend>On</legend>
        {known.map(({ title }, i) => (
          <label key={title}>
            <input type="radio" name="subject" checked={i === chosen} onChange={() => setChosen(i)} />
            {title}
          </label>
        ))}
      </fieldset>
      <NoteFields draft={draft} tags={tags} onChange={setDraft} />
    </Dialog>
  )
}
