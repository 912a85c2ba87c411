import { describe, expect, it } from 'vitest'
import type { Note } from '../../../common/model/note.ts'
import { createNoteBook, type NotePlace } from './note-book.ts'

const note = (id: string, text = id): Note => ({
  id,
  anchor: { kind: 'packet', frame: 1, time: '5' },
  text,
  createdAt: id.charCodeAt(0),
  editedAt: 1,
})

describe('a book of notes', () => {
  it('takes back additions, edits and deletions, last first, and makes them again', async () => {
    const book = createNoteBook()
    const states: (readonly Note[])[] = [[]]
    const now = () => book.store.getState().notes
    for (const change of [
      () => book.put(note('a')),
      () => book.put(note('b')),
      () => book.put(note('a', 'edited')),
      () => book.remove(note('b')),
    ]) {
      await change()
      states.push(now())
    }
    expect(now()).toEqual([note('a', 'edited')])
    for (const state of states.slice(0, -1).toReversed()) {
      await book.undo()
      expect(now()).toEqual(state)
    }
    await book.undo()
    expect(now()).toEqual([])
    for (const state of states.slice(1)) {
      await book.redo()
      expect(now()).toEqual(state)
    }
    await book.redo()
    expect(now()).toEqual([note('a', 'edited')])
  })

  it('deletes a comment of the file by what stands in its place, and gives it back', async () => {
    const said: string[] = []
    const book = createNoteBook(recorder(said))
    const now = () => book.store.getState().notes
    const comment: Note = { ...note('comment-1-ab', 'as it was'), replaces: 'as it was' }
    await book.put({ ...comment, text: 'edited' })
    await book.remove(comment)
    expect(now()).toMatchObject([{ id: comment.id, text: '', replaces: 'as it was' }])
    await book.undo()
    expect(now()).toMatchObject([{ text: 'edited' }])
    await book.undo()
    expect(now()).toEqual([])
    await book.remove(comment)
    await book.restore(now())
    expect(now()).toEqual([])
    await book.undo()
    expect(now()).toMatchObject([{ text: '' }])
    expect(said).toEqual([
      'put edited',
      'put ',
      'put edited',
      'remove comment-1-ab',
      'put ',
      'remove comment-1-ab',
      'put ',
    ])
  })

  it('forgets what was taken back when something else is changed', async () => {
    const book = createNoteBook()
    await book.put(note('a'))
    await book.undo()
    await book.put(note('b'))
    await book.redo()
    expect(book.store.getState().notes).toEqual([note('b')])
  })

  it('tells its place every change, also those taken back, in order', async () => {
    const said: string[] = []
    const book = createNoteBook(recorder(said))
    await Promise.all([
      book.put(note('a')),
      book.put(note('a', 'edited')),
      book.undo(),
      book.remove(note('a')),
      book.undo(),
    ])
    expect(said).toEqual(['put a', 'put edited', 'put a', 'remove a', 'put a'])
  })

  it('keeps what another window changed, and takes back only its own changes', async () => {
    const book = createNoteBook(recorder([]))
    await book.put(note('a'))
    book.told([note('a'), note('z')])
    expect(await book.undo()).toBe('a')
    expect(book.store.getState().notes).toEqual([note('z')])
  })

  it('changes nothing when its place refuses, and can be asked again', async () => {
    const refusing = { now: true }
    const place = recorder([])
    const book = createNoteBook({
      ...place,
      put: (one) => (refusing.now ? Promise.reject(new Error('The disk is full.')) : place.put(one)),
    })
    await expect(book.put(note('a'))).rejects.toThrow('The disk is full.')
    expect(book.store.getState()).toMatchObject({ notes: [], done: [] })
    refusing.now = false
    await book.put(note('a'))
    expect(book.store.getState().notes).toEqual([note('a')])
  })
})

function recorder(said: string[]): NotePlace {
  return {
    put: async ({ text }) => void said.push(`put ${text}`),
    remove: async (id) => void said.push(`remove ${id}`),
  }
}
