import { useId, type ReactNode, type Ref } from 'react'
import { NOTE_COLOURS, PLAIN_COLOUR, type Note, type NoteColour } from '../../../common/model/note.ts'

/** What a person writes into a note. */
export interface NoteDraft {
  readonly text: string
  readonly tag: string
  readonly colour: NoteColour
}

export function draftOf({ text, tag, colour }: Pick<Note, 'text' | 'tag' | 'colour'>): NoteDraft {
  return { text, tag: tag ?? '', colour: colour ?? PLAIN_COLOUR }
}

/** The note as it is after it was edited; undefined while there is nothing to keep. */
export function edited(note: Omit<Note, 'editedAt'>, { text, tag, colour }: NoteDraft): Note | undefined {
  if (text.trim() === '') return undefined
  const { id, anchor, replaces, createdAt } = note
  return {
    id,
    anchor,
    text: text.trim(),
    ...(tag.trim() !== '' && { tag: tag.trim() }),
    ...(colour !== PLAIN_COLOUR && { colour }),
    ...(replaces !== undefined && { replaces }),
    createdAt,
    editedAt: Date.now(),
  }
}

const LONGEST_TEXT = 10_000
const LONGEST_TAG = 64

interface NoteFieldsProps {
  readonly draft: NoteDraft
  /** Tags that were used before. */
  readonly tags: readonly string[]
  readonly textRef?: Ref<HTMLTextAreaElement>
  /** Characters that it may always have: a comment of the file may be longer than what one writes. */
  readonly longest?: number | undefined
  readonly onChange: (draft: NoteDraft) => void
}

/** Text, tag and colour of a note. */
export function NoteFields({ draft, tags, textRef, longest = 0, onChange }: NoteFieldsProps): ReactNode {
  const id = useId()
  return (
    <>
      <textarea
        ref={textRef}
        data-first-focus
        className="note-text"
        aria-label="Note"
        placeholder="What is to be known about this?"
        rows={4}
        maxLength={Math.max(LONGEST_TEXT, longest)}
        value={draft.text}
        onChange={(event) => onChange({ ...draft, text: event.target.value })}
      />
      <div className="note-looks">
        <label>
          Tag
          <input
            type="text"
            list={`${id}-tags`}
            maxLength={LONGEST_TAG}
            value={draft.tag}
            onChange={(event) => onChange({ ...draft, tag: event.target.value })}
          />
        </label>
        <datalist id={`${id}-tags`}>
          {tags.map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
        <fieldset className="note-colours">
          <legend className="aloud">Colour</legend>
          {NOTE_COLOURS.map((colour) => (
            <input
              key={colour}
              type="radio"
              name={`${id}-colour`}
              aria-label={colour}
              title={colour}
              checked={draft.colour === colour}
              style={{ background: `var(--note-${colour})` }}
              onChange={() => onChange({ ...draft, colour })}
            />
          ))}
        </fieldset>
      </div>
    </>
  )
}
