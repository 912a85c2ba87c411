import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { CaptureOrder, LibraryName, type Subscription } from '../../../common/contract.ts'
import { HostError } from '../../../common/host-error.ts'
import { isDeletion } from '../../../common/model/note.ts'
import type { LibraryCapture } from '../../../common/model/live-capture.ts'
import { fileFailure, isFileError } from '../../file-errors.ts'
import { partsOf } from '../../kubernetes/capture/capture-manifest.ts'
import { countPackets } from '../../kubernetes/capture/count-packets.ts'
import { writeWhole } from '../../kubernetes/capture/write-whole.ts'
import { NoteFile, type NotePlaces, notesBeside } from '../../notes/note-file.ts'
import { stillRuns } from '../../running-process.ts'
import { Watched } from '../../streams.ts'
import { captureFileName, targetText } from './capture-names.ts'

// FILE.capture.json beside each capture: what it is. Holds no credentials.
const About = z.object({
  version: z.literal(1),
  title: z.string(),
  context: z.string(),
  startedAt: z.number(),
  endedAt: z.optional(z.number()),
  state: z.enum(['live', 'complete', 'incomplete', 'failed']),
  message: z.optional(z.string()),
  packets: z.optional(z.number()),
  points: z.array(z.string()),
  /** Of the host that makes it. */
  pid: z.number(),
  /** Absent of what was not captured but joined. */
  order: z.optional(CaptureOrder),
  /** Names of the captures that it was joined of. */
  joined: z.optional(z.array(z.string())),
})
export type About = z.infer<typeof About>
type CapturedAbout = About & { readonly order: CaptureOrder }

/** The captures that are kept in the person's folder: files one can also find without Hopscope. */
export class CaptureStore {
  readonly folder: string
  readonly #notePlaces: NotePlaces
  readonly #list = new Watched<readonly LibraryCapture[]>([])
  /** Made by this host at this moment. */
  readonly #live = new Set<string>()
  /** How many times the list was asked for, and the last of these that is in it. */
  #asked = 0
  #answered = 0

  constructor(folder: string, notePlaces: NotePlaces) {
    this.folder = folder
    this.#notePlaces = notePlaces
  }

  async watch(): Promise<Subscription<readonly LibraryCapture[]>> {
    await this.refresh()
    return this.#list.watch()
  }

  /** A name that is free; the file is not there yet. */
  async newName(title: string): Promise<string> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw fileFailure(this.folder, error)
    }
    const at = new Date()
    for (let again = 0; ; again++) {
      const name = captureFileName(title, at, again)
      const path = this.pathOf(name)
      if (await exists(path)) continue
      try {
        // Another Hopscope may begin one in the same second.
        await writeFile(aboutPath(path), '', { flag: 'wx', mode: 0o600 })
      } catch (error) {
        if (isFileError(error, 'EEXIST')) continue
        throw fileFailure(path, error)
      }
      this.#live.add(name)
      return name
    }
  }

  /** What is known of one that is to be gone on with: nobody else does that, or deletes it, until it is written or let go. */
  async claim(name: string): Promise<CapturedAbout> {
    if (this.#live.has(name)) throw new HostError('invalid-argument', 'It is being captured already.')
    this.#live.add(name)
    try {
      const about = await this.about(name)
      if (!about?.order) throw new HostError('not-found', `Nothing is known of how ${name} was captured.`)
      await this.#refuseElsewhere(name, about)
      return { ...about, order: about.order }
    } catch (error) {
      this.#live.delete(name)
      throw error
    }
  }

  /** One that was claimed, or whose name was given out, and did not begin. */
  async letGo(name: string): Promise<void> {
    this.#live.delete(name)
    await this.refresh()
  }

  pathOf(name: string): string {
    if (!LibraryName.safeParse(name).success) throw new HostError('invalid-argument', `"${name}" is not its name.`)
    return join(this.folder, name)
  }

  async about(name: string): Promise<About | undefined> {
    try {
      return About.safeParse(JSON.parse(await readFile(aboutPath(this.pathOf(name)), 'utf8'))).data
    } catch {
      return undefined
    }
  }

  async write(name: string, about: About): Promise<void> {
    if (about.state === 'live') this.#live.add(name)
    try {
      await writeWhole(aboutPath(this.pathOf(name)), JSON.stringify(about, undefined, 1))
      if (about.state !== 'live') this.#live.delete(name)
    } catch (error) {
      // It does not begin.
      this.#live.delete(name)
      throw fileFailure(this.pathOf(name), error)
    } finally {
      await this.refresh()
    }
  }

  /** It did not begin, there is no file: the name is free again. */
  async discard(name: string): Promise<void> {
    this.#live.delete(name)
    const path = this.pathOf(name)
    await rm(partsOf(path), { recursive: true, force: true })
    await rm(aboutPath(path), { force: true })
    await this.refresh()
  }

  async delete(name: string): Promise<void> {
    if (this.#live.has(name)) throw new HostError('invalid-argument', 'It is being captured: stop it first.')
    if (!(await exists(this.pathOf(name)))) throw new HostError('not-found', `There is no capture ${name}.`)
    await this.#refuseElsewhere(name, await this.about(name))
    const path = this.pathOf(name)
    try {
      for (const one of [path, `${path}.names.json`, notesBeside(path)]) await rm(one, { force: true })
      await this.discard(name)
    } catch (error) {
      throw fileFailure(path, error)
    }
  }

  /** Where a capture is put together before it has its name: what a crash leaves of one is none. */
  unfinishedOf(name: string): string {
    return `${this.pathOf(name)}${UNFINISHED}`
  }

  /** Removes what hosts that are gone had not finished. */
  async removeUnfinished(): Promise<void> {
    const files = await readdir(this.folder).catch(() => [])
    for (const file of files) {
      const name = file.slice(0, -UNFINISHED.length)
      if (!file.endsWith(UNFINISHED) || !LibraryName.safeParse(name).success || this.#live.has(name)) continue
      const about = await this.about(name)
      if (about && (await this.#isLiveElsewhere(name, about))) continue
      await rm(this.unfinishedOf(name), { force: true })
      if (!(await exists(this.pathOf(name)))) await this.discard(name)
    }
  }

  async diskFree(): Promise<number | undefined> {
    try {
      const { bavail, bsize } = await statfs(this.folder)
      return bavail * bsize
    } catch {
      return undefined
    }
  }

  async refresh(): Promise<void> {
    const asked = ++this.#asked
    let names: readonly string[]
    try {
      names = await readdir(this.folder)
    } catch (error) {
      if (!isFileError(error, 'ENOENT')) throw fileFailure(this.folder, error)
      names = []
    }
    const own = names.filter((name) => LibraryName.safeParse(name).success)
    const found = await Promise.all(own.map((name) => this.#describe(name)))
    // One that was asked for earlier may take longer, and saw what was before.
    if (asked < this.#answered) return
    this.#answered = asked
    this.#list.set(found.flatMap((one) => one ?? []).toSorted((a, b) => b.startedAt - a.startedAt))
  }

  async #describe(name: string): Promise<LibraryCapture | undefined> {
    // Looked at before what is written of it: one that is live no more has its end there.
    const isLive = this.#live.has(name)
    const path = this.pathOf(name)
    const stats = await stat(path).catch(() => undefined)
    if (!stats?.isFile()) return undefined
    const about = await this.about(name)
    const notes = await this.#countNotes(path)
    const file = { name, path, size: stats.size, ...(notes > 0 && { notes }) }
    // Put there by the person: a capture like another.
    if (!about) {
      return {
        ...file,
        title: name.replace(/\.pcapng$/, ''),
        context: '',
        startedAt: stats.mtimeMs,
        state: 'complete',
        points: [],
        filter: '',
      }
    }
    const { title, context, startedAt, endedAt, message, order, joined } = about
    // Written when it began, it does not know.
    const packets = about.state === 'live' ? await countPackets(path).catch(() => undefined) : about.packets
    return {
      ...file,
      title,
      context,
      startedAt,
      state: await this.#stateOf(name, path, about, isLive),
      points: about.points.length > 0 ? about.points : (order?.targets.map(targetText) ?? []),
      filter: order?.filter ?? '',
      ...(order && { order }),
      ...(joined && { joined }),
      ...(endedAt === undefined ? {} : { endedAt }),
      ...(message === undefined ? {} : { message }),
      ...(packets === undefined ? {} : { packets }),
    }
  }

  /** None where they can't be read: whoever opens the capture is told why. */
  async #countNotes(path: string): Promise<number> {
    try {
      const notes = await (await NoteFile.of(path, this.#notePlaces)).read()
      return notes.filter((note) => !isDeletion(note)).length
    } catch {
      return 0
    }
  }

  /** One that says it is live: is its host? One that a crash or the disk cut short can be gone on with while its parts are there. */
  async #stateOf(name: string, path: string, about: About, isLive: boolean): Promise<LibraryCapture['state']> {
    const { state } = about
    if (isLive) return 'live'
    if (state === 'complete') return state
    if (await this.#isLiveElsewhere(name, about)) return 'live'
    // Its parts, and what a capture needs to go on with them.
    if (await exists(join(partsOf(path), 'capture.json'))) return 'interrupted'
    return state === 'live' ? 'incomplete' : state
  }

  async #refuseElsewhere(name: string, about: About | undefined): Promise<void> {
    if (!about || !(await this.#isLiveElsewhere(name, about))) return
    throw new HostError(
      'invalid-argument',
      `Another Hopscope (process ${about.pid}) is capturing it: stop it there first.`,
    )
  }

  async #isLiveElsewhere(name: string, { state, pid }: About): Promise<boolean> {
    if (state !== 'live' || pid === process.pid) return false
    const { mtimeMs } = await stat(aboutPath(this.pathOf(name)))
    return stillRuns(pid, mtimeMs)
  }
}

/** Behind the name of what is being put together. */
const UNFINISHED = '.unfinished'

const aboutPath = (path: string) => `${path}.capture.json`

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
