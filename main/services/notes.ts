import type { NotesSection, Subscription } from '../../common/contract.ts'
import type { Note } from '../../common/model/note.ts'
import { NoteFile, type NotePlaces } from '../notes/note-file.ts'
import { Watched } from '../streams.ts'
import type { CaptureLibrary } from './captures.ts'

// Another window's notes come at once; another program's, which only the disk tells of, this late.
const LOOK_MS = 1000

/** The notes on the captures of this host, for any of its windows. */
export class NotesService implements NotesSection {
  readonly #captures: CaptureLibrary
  readonly #places: NotePlaces
  /** By capture; only while somebody watches. */
  readonly #watched = new Map<string, WatchedNotes>()

  constructor(captures: CaptureLibrary, places: NotePlaces) {
    this.#captures = captures
    this.#places = places
  }

  async watch(capture: string): Promise<Subscription<readonly Note[]>> {
    const file = await this.#fileOf(capture)
    let notes = this.#watched.get(capture)
    if (!notes) {
      notes = new WatchedNotes(file, () => this.#watched.delete(capture))
      this.#watched.set(capture, notes)
    }
    return notes.watch()
  }

  async put(capture: string, note: Note): Promise<void> {
    await (await this.#fileOf(capture)).put(note)
    await this.#watched.get(capture)?.refresh()
  }

  async remove(capture: string, id: string): Promise<void> {
    await (await this.#fileOf(capture)).remove(id)
    await this.#watched.get(capture)?.refresh()
  }

  async #fileOf(capture: string): Promise<NoteFile> {
    return NoteFile.of((await this.#captures.find(capture)).path, this.#places)
  }
}

/** A file of notes that is read again when it changes, until the last who watches has left. */
class WatchedNotes {
  readonly #file: NoteFile
  readonly #onLeft: () => void
  #now: Watched<readonly Note[]> | undefined
  #stamp: string | undefined
  #watchers = 0
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<unknown> = Promise.resolve()

  constructor(file: NoteFile, onLeft: () => void) {
    this.#file = file
    this.#onLeft = onLeft
  }

  /** Rejects with HostError when they can't be read. */
  async watch(): Promise<Subscription<readonly Note[]>> {
    this.#watchers++
    const now = await this.#read().catch((error: unknown) => {
      this.#leave()
      throw error
    })
    const inner = now.watch().getReader()
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS).unref()
    return new ReadableStream<readonly Note[]>(
      {
        pull: async (controller) => {
          const answer = await inner.read()
          if (!answer.done) controller.enqueue(answer.value)
        },
        cancel: async () => {
          this.#leave()
          await inner.cancel()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Tells what is on disk now. What can't be read stays as it was last seen; a later look may succeed. */
  async refresh(): Promise<void> {
    await this.#read().catch(() => undefined)
  }

  /** After what is being read already, so that what was read last is told last. */
  #read(): Promise<Watched<readonly Note[]>> {
    const read = async () => {
      // Looked at before: what is written while it is read is read again.
      const stamp = await this.#file.stamp()
      const notes = await this.#file.read()
      this.#stamp = stamp
      if (this.#now) this.#now.set(notes)
      else this.#now = new Watched(notes)
      return this.#now
    }
    const reading = this.#reading.then(read, read)
    this.#reading = reading.catch(() => undefined)
    return reading
  }

  async #look(): Promise<void> {
    if ((await this.#file.stamp()) !== this.#stamp) await this.refresh()
  }

  #leave(): void {
    this.#watchers--
    if (this.#watchers > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#onLeft()
  }
}
