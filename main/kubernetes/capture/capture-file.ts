import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { HOLD_BYTES, PacketMerge } from './packet-merge.ts'
import type { InterfaceFacts, StatisticsFacts } from './pcapng-blocks.ts'
import { interfaceDescription, interfaceStatistics, nameResolution, sectionHeader } from './pcapng-blocks.ts'
import type { PacketBatch } from './segment-packets.ts'

const TICK_MS = 50

/**
 * The capture's one file, while it grows: packets of all points in the order of their time, as far as they come in time. Only whole blocks
 * are ever written, so that it can be read at any moment.
 */
export class CaptureFile {
  readonly #file: FileHandle
  readonly #merge = new PacketMerge()
  #interfaces = 0
  #writing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #room = Promise.withResolvers<void>()
  #failed: Error | undefined
  #closed = false
  bytes = 0
  packets = 0
  /** Packets that came too late to be put in order. */
  late = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** `exclusive`: fails with EEXIST when the file is there. */
  static async create(path: string, exclusive: boolean): Promise<CaptureFile> {
    const capture = new CaptureFile(await open(path, exclusive ? 'wx' : 'w', 0o600))
    await capture.#append(sectionHeader('Hopscope'))
    return capture
  }

  /** A point that will deliver packets: those of others wait for it. */
  join(point: number): void {
    this.#merge.join(point)
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

  addInterface(facts: InterfaceFacts): number {
    void this.#append(interfaceDescription(facts)).catch(() => undefined)
    return this.#interfaces++
  }

  /** Resolved when the disk has taken what could be written, and there is room for more. Throws what the disk said. */
  async add(point: number, batch: PacketBatch, comment?: string): Promise<void> {
    this.#merge.add(point, batch, Date.now(), comment)
    this.#emit()
    await this.#writing
    while (this.#merge.bytes > HOLD_BYTES && !this.#failed && !this.#closed) await this.#room.promise
    if (this.#failed) throw this.#failed
  }

  addNames(names: readonly { readonly address: string; readonly name: string }[]): Promise<void> {
    return names.length === 0 ? Promise.resolve() : this.#append(nameResolution(names))
  }

  addStatistics(facts: StatisticsFacts): Promise<void> {
    return this.#append(interfaceStatistics(facts))
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    this.#emit(true)
    await this.#writing
    if (this.#failed) throw this.#failed
  }

  async sync(): Promise<void> {
    await this.flush()
    await this.#file.sync()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    try {
      await this.flush()
    } finally {
      await this.#file.close()
    }
  }

  /** Writes what need wait no longer; what has to is looked at again. */
  #emit(all = false): void {
    const { parts, packets, late, done } = this.#merge.take(Date.now(), all)
    if (parts.length > 0) {
      this.late += late
      const [only] = parts
      const bytes = parts.length === 1 && only ? only : Buffer.concat(parts)
      const written = this.#append(bytes, packets).catch(() => undefined)
      if (done.length > 0) void written.then(() => done.forEach((batch) => batch.release?.()))
      this.#room.resolve()
      this.#room = Promise.withResolvers()
    }
    if (this.#merge.bytes > 0 && !this.#closed) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#emit()
      }, TICK_MS)
    }
  }

  #append(bytes: Buffer, packets = 0): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#failed) throw this.#failed
      const before = this.bytes
      try {
        for (let done = 0; done < bytes.length;)
          done += (await this.#file.write(bytes, done, undefined, before + done)).bytesWritten
        this.bytes = before + bytes.length
        this.packets += packets
      } catch (error) {
        this.#failed = error instanceof Error ? error : new Error(String(error))
        // A block that is there by half would be the end of every reader's patience.
        await this.#file.truncate(before).catch(() => undefined)
        throw this.#failed
      }
    })
    const done = this.#writing
    this.#writing = done.catch(() => undefined)
    return done
  }
}
