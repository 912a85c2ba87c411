import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { NOTE_FIELD, PLAIN_COLOUR } from '../../common/model/note.ts'
import type { CaptureFacts, ConversationRow, PacketRow, PlacedNote } from '../../engine/engine.ts'
import type { MenuItem } from '../components/context-menu.tsx'
import { noteMarks, type NotedOn, type NoteMarks } from '../components/note-marks.tsx'
import { useAnswer } from '../components/use-answer.ts'
import { useWatched } from '../components/use-watched.ts'
import {
  CAPTURE_SUBJECT,
  conversationSubject,
  createNoteBook,
  edited,
  NoteDialog,
  Notes,
  packetSubject,
  rangeSubject,
  subjectText,
  type NoteDraft,
  type NoteSubject,
} from '../features/notes/index.tsx'
import type { CaptureSession } from './capture-session.ts'
import type { CommandRegistry } from './commands.ts'
import type { HostConnection } from './host.ts'
import type { ViewStore } from './view-store.ts'
import { withCondition } from '../components/filter-text.ts'
import { queryOf } from '../components/query-of.ts'
import { focusSoon } from './panes.ts'

interface Noted {
  readonly connection: HostConnection
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly commands: CommandRegistry
  readonly announce: (text: string) => void
  /** Adds a condition to the display filter. */
  readonly onFilter: (condition: string) => void
}

export interface NotesHere {
  readonly marks: NoteMarks
  /** Grows when what filters find by notes may have changed. */
  readonly revision: number
  readonly pane: (facts: CaptureFacts) => ReactNode
  /** What is to be drawn over the workspace. */
  readonly dialog: () => ReactNode
  readonly packetItem: (row: PacketRow) => MenuItem
  readonly conversationItem: (row: ConversationRow) => MenuItem
}

/** How far around a moment one sees when one goes there. */
const AROUND_NS = 500e6

/** The notes on the open capture: where they are in it, and all that can be done with them. */
export function useNotes({ connection, session, view, commands, announce, onFilter }: Noted): NotesHere {
  const { source, engine } = session
  const [book] = useState(() => {
    const { notes } = connection.host
    return createNoteBook(
      source === undefined
        ? undefined
        : { put: (note) => notes.put(source, note), remove: (id) => notes.remove(source, id) },
    )
  })
  const [subjects, setSubjects] = useState<Promise<readonly NoteSubject[]>>()
  const [colour, setColour] = useState(PLAIN_COLOUR)
  const chosen = useStore(view.store, (state) => state.note)
  const written = useStore(book.store, (state) => state.revision)
  const version = useStore(session.progress, ({ progress }) => progress?.version)

  const told = useWatched(connection, source && `notes ${source}`, (host) => host.notes.watch(source ?? ''))
  useEffect(() => {
    if (told.value) book.told(told.value)
  }, [book, told.value])
  useEffect(() => session.progress.setState({ notes: book.store.getState().notes }), [session, book, written])
  const { value: placed } = useAnswer(version === undefined ? undefined : `${written} ${version}`, () =>
    engine.placeNotes(book.store.getState().notes),
  )

  const open = useCallback(
    ({ note }: PlacedNote) => {
      view.change({ list: 'notes', note: note.id }, 'push')
      focusSoon(['[data-grid=notes]'])
    },
    [view],
  )
  const asked = useCallback(
    (work: Promise<string | void>, done: string) =>
      work.then(
        (changed) => {
          if (changed !== undefined) view.change({ note: changed })
          announce(done)
        },
        (error: unknown) => announce(error instanceof Error ? error.message : String(error)),
      ),
    [announce, view],
  )

  /** Asks for a note on this, or else on what is selected. */
  const add = useCallback(
    (subject?: NoteSubject) => {
      // At once, with what is meant still to come: what is typed behind M is the note.
      setSubjects(
        selectedSubjects(session, view, document.activeElement).then((selected) =>
          subject ? [subject, ...selected.filter(({ title }) => title !== subject.title)] : selected,
        ),
      )
    },
    [session, view],
  )

  const addAt = useCallback(
    (on: NotedOn) => {
      const epochNs = epochOf(session)
      add(
        'conversation' in on
          ? conversationSubject(on.conversation, epochNs)
          : rangeSubject({ from: on.moment, to: on.moment }, epochNs),
      )
    },
    [add, session],
  )
  const marks = useMemo(() => noteMarks(placed?.notes ?? [], { onOpen: open, onAdd: addAt }), [placed, open, addAt])

  useEffect(
    () =>
      commands.register([
        {
          id: 'note.add',
          title: 'Add a note',
          wireshark: 'Mark Packet, Packet Comment',
          group: 'Notes',
          keys: ['M'],
          run: () => add(),
        },
        {
          id: 'note.undo',
          title: 'Undo the last change of notes',
          group: 'Notes',
          keys: ['Ctrl+Z'],
          inText: false,
          enabled: () => book.store.getState().done.length > 0,
          run: () => void asked(book.undo(), 'Undone: the last change of notes'),
        },
        {
          id: 'note.redo',
          title: 'Redo the change of notes',
          group: 'Notes',
          keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
          inText: false,
          enabled: () => book.store.getState().undone.length > 0,
          run: () => void asked(book.redo(), 'Redone: the change of notes'),
        },
        {
          id: 'note.filter',
          title: 'Filter on packets with notes',
          group: 'Notes',
          run: () => onFilter(NOTE_FIELD),
        },
      ]),
    [add, asked, book, commands, onFilter],
  )

  async function save(subject: NoteSubject, draft: NoteDraft): Promise<void> {
    const now = Date.now()
    const note = edited(
      { id: crypto.randomUUID().slice(0, 8), anchor: subject.anchor, text: '', createdAt: now },
      draft,
    )
    if (!note) return
    await book.put({ ...note, editedAt: now })
    setColour(draft.colour)
    view.change({ note: note.id })
    announce(`Note added: ${subject.title}`)
  }

  async function go({ note, row, frame, conversation, time }: PlacedNote): Promise<void> {
    if (row !== undefined) {
      const now = view.store.getState()
      const filter = withCondition(now.filter, `frame.number == ${frame}`)
      const hidden = (await engine.firstPacket({ ...queryOf(now), filter })) === undefined
      const lifted = hidden ? { filter: '', range: undefined, conversation: undefined } : {}
      view.change({ row, detail: undefined, note: note.id, ...lifted }, 'push')
      if (hidden) announce('The filter hid this packet: it is lifted')
    } else if (conversation !== undefined) view.change({ conversation, note: note.id }, 'push')
    else if (time) {
      const moment = time.from === time.to
      view.change(moment ? { zoom: { from: time.from - AROUND_NS, to: time.to + AROUND_NS } } : { range: time }, 'push')
    }
  }

  return {
    marks,
    revision: placed?.revision ?? 0,
    pane: ({ epochNs }) => (
      <Notes
        placed={placed}
        error={told.error}
        passing={book.passing}
        chosen={chosen}
        epochNs={epochNs}
        onChoose={({ note }) => view.change({ note: note.id })}
        onGo={(note) => void go(note)}
        onEdit={(note) => void asked(book.put(note), 'Note kept')}
        onDelete={(note) => void asked(book.remove(note.note), `Note deleted: ${subjectText(note)}. Ctrl+Z undoes`)}
        onRestore={(notes) => void asked(book.restore(notes), 'As in the file again. Ctrl+Z undoes')}
        onAdd={() => add()}
        onFilter={() => onFilter(NOTE_FIELD)}
      />
    ),
    dialog: () =>
      subjects && (
        <NoteDialog
          subjects={subjects}
          tags={[...new Set((placed?.notes ?? []).flatMap(({ note }) => note.tag ?? []))].toSorted()}
          colour={colour}
          onSave={save}
          onClose={() => setSubjects(undefined)}
        />
      ),
    packetItem: (row) => ({
      title: 'Add a note…',
      hint: 'M',
      run: () => add(packetSubject(row, epochOf(session))),
    }),
    conversationItem: (row) => ({
      title: 'Add a note…',
      hint: 'M',
      run: () => add(conversationSubject(row, epochOf(session))),
    }),
  }
}

function epochOf(session: CaptureSession): string | undefined {
  return session.progress.getState().progress?.facts.epochNs
}

/** What a note may be on now, the most likely first: what the focus is in, else the nearest to a packet. */
async function selectedSubjects(
  { engine, progress }: CaptureSession,
  view: ViewStore,
  focused: Element | null,
): Promise<readonly NoteSubject[]> {
  const { row, conversation, range } = view.store.getState()
  const epochNs = progress.getState().progress?.facts.epochNs
  const packet = row === undefined ? undefined : await engine.packet(row)
  const around = conversation ?? packet?.conversation
  const chosen = around === undefined ? undefined : await engine.conversation(around)
  const found = {
    packet: packet && packetSubject(packet, epochNs),
    conversation: chosen && conversationSubject(chosen, epochNs),
    range: range && rangeSubject(range, epochNs),
  }
  const first = focused?.closest('.timeline')
    ? found.range
    : focused?.closest('[data-grid=conversations]')
      ? found.conversation
      : undefined
  const all = [first, found.packet, found.range, found.conversation, CAPTURE_SUBJECT]
  return [...new Set(all)].filter((subject) => subject !== undefined)
}
