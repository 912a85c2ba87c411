import { useContext, type ReactNode } from 'react'
import type { PlacedNote } from '../../../engine/engine.ts'
import { formatCounted } from '../../components/format.ts'
import { noteColour, noteLine, NoteMarksContext } from '../../components/note-marks.tsx'
import { NOTE_LANE, RULER } from './lane-specs.ts'
import type { TimeScale } from './time-scale.ts'

/** Pixels that a mark takes. */
const WIDTH = 10

interface Mark {
  readonly left: number
  readonly notes: readonly PlacedNote[]
}

/** Notes where they are in time, below the ruler: a mark for each, and a line for what lasts. */
export function NoteLane({ scale }: { readonly scale: TimeScale }): ReactNode {
  const { timed, onOpen } = useContext(NoteMarksContext)
  const { from, to } = scale.range
  const visible = timed.filter(({ time }) => time && time.to >= from && time.from <= to)
  return (
    <div className="note-lane" role="group" aria-label="Notes" style={{ top: RULER, height: NOTE_LANE }}>
      {visible.map((placed) => (
        <Span key={placed.note.id} placed={placed} scale={scale} />
      ))}
      {marksOf(visible, scale).map(({ left, notes }) => (
        <button
          key={notes[0].note.id}
          type="button"
          tabIndex={-1}
          className="note-pin"
          style={{ left }}
          title={notes.map(noteLine).join('\n')}
          aria-label={notes.length === 1 ? noteLine(notes[0]) : formatCounted(notes.length, 'note')}
          onClick={() => onOpen(notes[0])}
        >
          <i className="note-mark" style={{ background: noteColour(notes[0]) }} aria-hidden />
          {notes.length > 1 && <span className="note-pin-count">{notes.length}</span>}
        </button>
      ))}
    </div>
  )
}

/** The time that was noted on. Conversations last as well, but their lines would fill the lane. */
function Span({ placed, scale }: { readonly placed: PlacedNote; readonly scale: TimeScale }): ReactNode {
  const { time, note } = placed
  if (!time || note.anchor.kind !== 'range' || time.from === time.to) return null
  const left = Math.max(0, Math.round(scale.x(time.from)))
  const right = Math.min(scale.width, Math.round(scale.x(time.to)))
  return <i className="note-span" style={{ left, width: Math.max(2, right - left), background: noteColour(placed) }} />
}

/** By where they begin, whole also at the edges of the screen; those that would cover each other become one. */
export function marksOf(notes: readonly PlacedNote[], scale: TimeScale): readonly Mark[] {
  const marks: { left: number; notes: PlacedNote[] }[] = []
  for (const note of notes) {
    const left = Math.min(Math.max(0, Math.round(scale.x(note.time?.from ?? 0))), scale.width - WIDTH)
    const last = marks.at(-1)
    if (last && left - last.left < WIDTH) last.notes.push(note)
    else marks.push({ left, notes: [note] })
  }
  return marks
}
