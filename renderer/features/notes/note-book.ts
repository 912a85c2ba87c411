import { createStore, type StoreApi } from 'zustand/vanilla'
import { deletionOf, type Note } from '../../../common/model/note.ts'

/** Where notes are kept beyond this window. Both reject when that failed. */
export interface NotePlace {
  put(note: Note): Promise<void>
  remove(id: string): Promise<void>
}

/** Of one note: what it was and what it became; undefined where it was not, or is no longer. */
interface Change {
  readonly before: Note | undefined
  readonly after: Note | undefined
}

export interface NoteBookState {
  readonly notes: readonly Note[]
  /** Grows with every change of them. */
  readonly revision: number
  /** What was changed here, the last one last, and what of that was taken back. */
  readonly done: readonly Change[]
  readonly undone: readonly Change[]
}

/** The notes on one capture, and the changes that this window made to them. */
export interface NoteBook {
  readonly store: StoreApi<NoteBookState>
  /** Nowhere but in this window. */
  readonly passing: boolean
  /** The notes are these, as the place says. */
  told(notes: readonly Note[]): void
  put(note: Note): Promise<void>
  /** Deletes it, and with it the comment of the file that it stands for, if any. */
  remove(note: Note): Promise<void>
  /** Shows comments of the file again as they are there: what stands for them goes. */
  restore(notes: readonly Note[]): Promise<void>
  /** The id of the note that was changed back. */
  undo(): Promise<string | undefined>
  /** The id of the note that was changed again. */
  redo(): Promise<string | undefined>
}

const REMEMBERED = 200

/** @param place without, notes last as long as the window */
export function createNoteBook(place?: NotePlace): NoteBook {
  const store = createStore<NoteBookState>(() => ({ notes: [], revision: 0, done: [], undone: [] }))
  /** One change at a time: the next one begins with what this one left. */
  let last: Promise<unknown> = Promise.resolve()

  function become(notes: readonly Note[], more: Partial<NoteBookState> = {}): void {
    store.setState((state) => ({ notes, revision: state.revision + 1, ...more }))
  }

  async function make({ before, after }: Change): Promise<string> {
    const { id } = after ?? before ?? { id: '' }
    if (after) await place?.put(after)
    else await place?.remove(id)
    const others = store.getState().notes.filter((note) => note.id !== id)
    become(after ? [...others, after].toSorted((a, b) => a.createdAt - b.createdAt) : others)
    return id
  }

  function soon<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }

  async function change(id: string, after: Note | undefined): Promise<void> {
    const before = store.getState().notes.find((note) => note.id === id)
    if (!before && !after) return
    const made = { before, after }
    await make(made)
    store.setState(({ done }) => ({ done: [...done, made].slice(-REMEMBERED), undone: [] }))
  }

  return {
    store,
    passing: place === undefined,
    told: (notes) => become(notes),
    put: (note) => soon(() => change(note.id, note)),
    remove: (note) => soon(() => change(note.id, deletionOf(note))),
    restore: (notes) =>
      soon(async () => {
        for (const { id } of notes) await change(id, undefined)
      }),
    undo: () =>
      soon(async () => {
        const made = store.getState().done.at(-1)
        if (!made) return undefined
        const id = await make({ before: made.after, after: made.before })
        store.setState(({ done, undone }) => ({ done: done.slice(0, -1), undone: [...undone, made] }))
        return id
      }),
    redo: () =>
      soon(async () => {
        const made = store.getState().undone.at(-1)
        if (!made) return undefined
        const id = await make(made)
        store.setState(({ done, undone }) => ({ done: [...done, made], undone: undone.slice(0, -1) }))
        return id
      }),
  }
}
