import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'
import { HostError } from '../../../common/host-error.ts'
import { whyFileFailed } from '../../file-errors.ts'
import type { PointEnd, PointMark } from './capture-journal.ts'
import { CaptureJournal, NOTHING_YET, readJournal } from './capture-journal.ts'
import { FileGone, isGone, putBack } from './file-place.ts'
import { type Gap, HOLD_BYTES, PacketMerge } from './packet-merge.ts'
import type { InterfaceFacts, StatisticsFacts } from './pcapng-blocks.ts'
import { interfaceDescription, interfaceStatistics, nameResolution, sectionHeader } from './pcapng-blocks.ts'
import { QuickWriter } from './quick-write.ts'
import type { PacketBatch } from './segment-packets.ts'
import { wholeBlocks } from './whole-blocks.ts'

const TICK_MS = 50
/** So much may be on its way to the file before who adds is to wait. */
const UNWRITTEN_BYTES = 8 << 20
/** So much is brought to the disk at once while packets come quickly; else whole segments are after SYNC_MS. */
const SYNC_BYTES = 16 << 20
const SYNC_MS = 1000

/** The segments of a point that are before this one are on the disk: its pod may forget them. */
export type OnSafe = (segment: number) => void

/**
 * The capture's one file, while it grows: packets of all points in the order of their time, as far as they come in time. Only whole blocks
 * are ever written, so that it can be read at any moment. The journal beside it says how much of each point is in it.
 */
export class CaptureFile {
  readonly #path: string
  readonly #file: FileHandle
  #journal: CaptureJournal
  readonly #journalPath: string
  readonly #writer = new QuickWriter()
  readonly #merge = new PacketMerge()
  readonly #marks: Map<number, PointMark>
  readonly #onSafe = new Map<number, OnSafe>()
  /** What was said there. */
  readonly #safe = new Map<number, number>()
  #interfaces = 0
  #writing: Promise<void> = Promise.resolve()
  #unwritten = 0
  #syncing: Promise<void> | undefined
  #synced: number
  #syncedAt = 0
  #timer: NodeJS.Timeout | undefined
  #syncTimer: NodeJS.Timeout | undefined
  #room = Promise.withResolvers<void>()
  #failed: Error | undefined
  readonly #failure = Promise.withResolvers<never>()
  #closed = false
  #looking: Promise<void> | undefined
  bytes = 0
  packets = 0
  /** Packets that came too late to be put in order. */
  late = 0

  private constructor(path: string, file: FileHandle, journalPath: string, journal: CaptureJournal) {
    this.#path = path
    this.#file = file
    this.#journalPath = journalPath
    this.#journal = journal
    this.#failure.promise.catch(() => undefined)
    const { bytes, packets, late, points } = journal.written
    this.bytes = bytes
    this.packets = packets
    this.late = late
    this.#marks = new Map(points)
    this.#synced = bytes
    for (const [id, mark] of points) {
      this.#safe.set(id, mark.segment)
      if (mark.interface !== undefined) this.#interfaces = Math.max(this.#interfaces, mark.interface + 1)
    }
  }

  /** `exclusive`: fails with EEXIST when the file is there. `journal`: its path. */
  static async create(path: string, journal: string, exclusive: boolean): Promise<CaptureFile> {
    // Also for reading: see lookAfter.
    const file = await open(path, exclusive ? 'wx+' : 'w+', 0o600)
    try {
      const header = sectionHeader('Hopscope')
      await file.write(header)
      await file.datasync()
      const written = { bytes: header.length, packets: 0, late: 0, points: new Map() }
      return new CaptureFile(path, file, journal, await CaptureJournal.begin(journal, written))
    } catch (error) {
      await file.close()
      // Nothing is in it; one that was there before is none of ours to remove.
      if (exclusive) await rm(path, { force: true })
      throw error
    }
  }

  /** One that a crash interrupted: what the journal does not know of is cut off, to be fetched again. */
  static async reopen(path: string, journal: string): Promise<CaptureFile> {
    const read = await readJournal(journal)
    const [oldest] = read?.moments ?? []
    if (!read || !oldest) {
      const words = 'what the file holds can be opened, but the capture can not be gone on with.'
      throw new HostError('unavailable', `The journal beside ${path} can't be read: ${words}`)
    }
    const file = await open(path, 'r+').catch((error: unknown) => {
      throw new HostError('unavailable', `${path} can't be gone on with: ${whyFileFailed(error)}`)
    })
    try {
      const { size } = await file.stat()
      let whole = Math.min(size, read.synced)
      for await (const { end } of wholeBlocks(file, whole, size)) whole = end
      const last = read.moments.findLast(({ bytes }) => bytes <= whole)
      if (!last) {
        const words = `It was cut or replaced since: it should hold at least ${oldest.bytes} bytes.`
        throw new HostError('unavailable', `${path} can't be gone on with. ${words}`)
      }
      await file.truncate(last.bytes)
      await file.datasync()
      return new CaptureFile(path, file, journal, await CaptureJournal.begin(journal, last))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Rejected with what the disk said, once it fails: also when nothing comes any more that would have to be written. */
  get failure(): Promise<never> {
    return this.#failure.promise
  }

  /** How far a point is. */
  mark(point: number): PointMark {
    return this.#marks.get(point) ?? NOTHING_YET
  }

  /** A point that will deliver packets: those of others wait for it. */
  join(point: number, onSafe?: OnSafe): void {
    this.#merge.join(point)
    if (onSafe) this.#onSafe.set(point, onSafe)
  }

  /** It delivers no more. */
  leave(point: number): void {
    this.#merge.leave(point)
    this.#emit()
  }

  /** All its packets up to this time (milliseconds since 1970, by its own clock) were added. */
  reached(point: number, time: number): void {
    this.#merge.reached(point, time)
    this.#emit()
  }

  /** The number of the point's interface. */
  addInterface(point: number, facts: InterfaceFacts): number {
    const known = this.mark(point).interface
    if (known !== undefined) return known
    const number = this.#interfaces++
    const mark = { ...this.mark(point), interface: number }
    void this.#append(interfaceDescription(facts), 0, new Map([[point, mark]])).catch(() => undefined)
    return number
  }

  /** What is known of an interface by now. */
  addStatistics(facts: StatisticsFacts): void {
    void this.#append(interfaceStatistics(facts), 0, new Map()).catch(() => undefined)
  }

  /** Undefined when there is room for more; else resolved once there is. Throws what the disk said. */
  add(point: number, batch: PacketBatch, gap?: Gap): Promise<void> | undefined {
    this.#merge.add(point, batch, performance.now(), gap)
    this.#emit()
    if (this.#failed) throw this.#failed
    return this.#isFull ? this.#untilRoom() : undefined
  }

  /** All of the point was added: resolved once it is on the disk, and that it ended so is known there. */
  async end(point: number, lostBytes: number, end: PointEnd): Promise<void> {
    this.leave(point)
    while (this.#merge.holds(point) && !this.#failed) await this.#room.promise
    const mark = { ...this.mark(point), lostBytes, end }
    await this.#append(Buffer.alloc(0), 0, new Map([[point, mark]]))
    while (this.#syncing) await this.#syncing
    await this.#sync()
    if (this.#failed) throw this.#failed
  }

  /** At the beginning. */
  addNames(names: readonly { readonly address: string; readonly name: string }[]): Promise<void> {
    return names.length === 0 ? Promise.resolve() : this.#append(nameResolution(names), 0, new Map())
  }

  /** What is added at the end is not in the journal: who goes on from before it adds it again. */
  async addLast(
    statistics: readonly StatisticsFacts[],
    names: readonly { readonly address: string; readonly name: string }[],
  ): Promise<void> {
    await this.flush()
    for (const facts of statistics) await this.#append(interfaceStatistics(facts))
    if (names.length > 0) await this.#append(nameResolution(names))
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    this.#emit(true)
    await this.#writing
    if (this.#failed) throw this.#failed
  }

  /** A file that is not at its place any more is put back with its journal, as far as it is whole, and that is what failed then. */
  lookAfter(): Promise<void> {
    this.#looking ??= this.#lookAfter().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #lookAfter(): Promise<void> {
    if (this.#failed instanceof FileGone || !(await isGone(this.#file, this.#path))) return
    // Whatever is to be written waits for it, and is refused then.
    const done = this.#writing.then(async () => {
      const gone = await putBack(this.#file, this.#path, this.bytes)
      this.#failed = gone
      this.#fail(gone)
      if (!gone.isBack) return
      await this.#journal.close().catch(() => undefined)
      this.#journal = await CaptureJournal.begin(this.#journalPath, this.#journal.written)
    })
    this.#writing = done.catch(() => undefined)
    await this.#writing
  }

  /** What is held is written, and all is brought to the disk. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#syncTimer)
    try {
      await this.#writing
      await this.lookAfter()
      await this.flush()
      await this.#syncing
      await this.#file.datasync()
    } finally {
      this.#room.resolve()
      await this.#journal.close().catch(() => undefined)
      await this.#file.close()
    }
  }

  get #isFull(): boolean {
    if (this.#failed || this.#closed) return false
    return this.#unwritten > UNWRITTEN_BYTES || this.#merge.bytes > HOLD_BYTES
  }

  async #untilRoom(): Promise<void> {
    while (this.#isFull) await this.#room.promise
    if (this.#failed) throw this.#failed
  }

  #isRoom(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers()
  }

  /** Writes what need wait no longer; what has to is looked at again. */
  #emit(all = false): void {
    const { parts, packets, late, points, done } = this.#merge.take(performance.now(), all)
    if (parts.length > 0) {
      this.late += late
      const marks = new Map<number, PointMark>()
      for (const [id, taken] of points) {
        const before = this.mark(id)
        marks.set(id, { ...before, ...taken, packets: before.packets + taken.packets })
      }
      const [only] = parts
      const bytes = parts.length === 1 && only ? only : Buffer.concat(parts)
      const written = this.#append(bytes, packets, marks).catch(() => undefined)
      void written.then(() => {
        for (const batch of done) batch.release?.()
        this.#isRoom()
      })
    }
    if (this.#merge.bytes > 0 && !this.#closed) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#emit()
      }, TICK_MS)
    }
  }

  /** `marks`: how far points are with these bytes; without them the journal does not hear of it. */
  #append(bytes: Buffer, packets = 0, marks?: ReadonlyMap<number, PointMark>): Promise<void> {
    for (const [id, mark] of marks ?? []) this.#marks.set(id, mark)
    this.#unwritten += bytes.length
    this.#writing = this.#writing.then(async () => {
      if (this.#failed) throw this.#failed
      const before = this.bytes
      try {
        await this.#writer.write(this.#file, bytes, before)
        this.bytes = before + bytes.length
        this.packets += packets
        if (marks) await this.#journal.add({ bytes: this.bytes, packets: this.packets, late: this.late, points: marks })
      } catch (error) {
        this.#fail(error)
        // A block that is there by half would be the end of every reader's patience.
        if (this.bytes === before) await this.#file.truncate(before).catch(() => undefined)
        throw error
      } finally {
        this.#unwritten -= bytes.length
      }
      if (marks) this.#syncSoon(marks)
    })
    const done = this.#writing
    this.#writing = done.catch(() => undefined)
    return done
  }

  #fail(error: unknown): void {
    this.#failed ??= error instanceof Error ? error : new Error(String(error))
    this.#failure.reject(this.#failed)
    this.#isRoom()
  }

  /** When much is new, or a segment can be forgotten in its pod. */
  #syncSoon(changed: ReadonlyMap<number, PointMark>): void {
    if (this.#syncing || this.#closed) return
    if (this.bytes - this.#synced >= SYNC_BYTES || this.#journal.isLong) {
      void this.#sync()
      return
    }
    if (![...changed].some(([id, { segment }]) => segment > (this.#safe.get(id) ?? 0))) return
    this.#syncTimer ??= setTimeout(
      () => {
        this.#syncTimer = undefined
        if (!this.#syncing) void this.#sync()
      },
      Math.max(0, this.#syncedAt + SYNC_MS - performance.now()),
    )
  }

  /** Brings to the disk what is written, and says so in the journal, and then to the points. */
  #sync(): Promise<void> {
    const { written } = this.#journal
    const work = async () => {
      try {
        await this.#file.datasync()
        // Lines are written one after the other.
        const said = this.#writing.then(() => this.#journal.synced(written))
        this.#writing = said.catch(() => undefined)
        await said
        this.#synced = written.bytes
        this.#syncedAt = performance.now()
      } catch (error) {
        this.#fail(error)
      }
      this.#syncing = undefined
      if (this.#failed) return
      for (const [id, { segment }] of written.points) {
        if (segment <= (this.#safe.get(id) ?? 0)) continue
        this.#safe.set(id, segment)
        this.#onSafe.get(id)?.(segment)
      }
      this.#isRoom()
    }
    this.#syncing = work()
    return this.#syncing
  }
}
