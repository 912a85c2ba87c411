import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { InterfaceFacts, StatisticsFacts } from './pcapng-blocks.ts'
import {
  interfaceDescription,
  interfaceStatistics,
  nameResolution,
  sectionHeader,
  withComment,
} from './pcapng-blocks.ts'
import type { PacketBatch } from './segment-packets.ts'

/** How long a packet waits for older ones of other points before it is written. */
const HOLD_MS = 500
const TICK_MS = 100
/** More is not held, in order or not: memory has an end. */
const HOLD_BYTES = 16 << 20

interface Held {
  readonly batch: PacketBatch
  readonly arrived: number
  next: number
  comment: string | undefined
}

/**
 * The capture's one file, while it grows: packets of all points in the order of their time, as far as they come in time. Only whole blocks
 * are ever written, so that it can be read at any moment.
 */
export class CaptureFile {
  readonly #file: FileHandle
  /** By point: a point's own packets keep their order. */
  readonly #held = new Map<number, Held[]>()
  readonly #newest = new Map<number, { time: number; heard: number }>()
  #points = 1
  #heldBytes = 0
  #interfaces = 0
  #writing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #failed: Error | undefined
  bytes = 0
  packets = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** `exclusive`: fails with EEXIST when the file is there. */
  static async create(path: string, exclusive: boolean): Promise<CaptureFile> {
    const capture = new CaptureFile(await open(path, exclusive ? 'wx' : 'w', 0o600))
    await capture.#append(sectionHeader('Hopscope'))
    return capture
  }

  /** How many points deliver packets: with one nothing is held back. */
  set points(count: number) {
    this.#points = count
  }

  /** Whether packets wait here for those of other points, so that their memory is still needed. */
  get holds(): boolean {
    return this.#points > 1 || this.#held.size > 0
  }

  addInterface(facts: InterfaceFacts): number {
    void this.#append(interfaceDescription(facts)).catch(() => undefined)
    return this.#interfaces++
  }

  /** Resolved when the disk has taken it, or, with several points, when there is room for more. */
  add(point: number, batch: PacketBatch, comment?: string): Promise<void> {
    if (this.#points <= 1 && this.#held.size === 0)
      return this.#append(commented(batch, 0, comment), batch.times.length)
    const held = { batch, arrived: Date.now(), next: 0, comment }
    const queue = this.#held.get(point)
    if (queue) queue.push(held)
    else this.#held.set(point, [held])
    this.#newest.set(point, { time: batch.times.at(-1) ?? 0, heard: Date.now() })
    this.#heldBytes += batch.blocks.length
    if (this.#heldBytes > HOLD_BYTES) this.#emit(Number.POSITIVE_INFINITY)
    else this.#timer ??= setTimeout(() => this.#tick(), TICK_MS)
    return this.#writing
  }

  addNames(names: readonly { readonly address: string; readonly name: string }[]): Promise<void> {
    return names.length === 0 ? Promise.resolve() : this.#append(nameResolution(names))
  }

  addStatistics(facts: StatisticsFacts): Promise<void> {
    return this.#append(interfaceStatistics(facts))
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    this.#emit(Number.POSITIVE_INFINITY)
    await this.#writing
    if (this.#failed) throw this.#failed
  }

  async sync(): Promise<void> {
    await this.flush()
    await this.#file.sync()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      await this.flush()
    } finally {
      await this.#file.close()
    }
  }

  #tick(): void {
    this.#timer = undefined
    const now = Date.now()
    // Up to the time that every point which still talks has reached.
    let until = Number.POSITIVE_INFINITY
    for (const { time, heard } of this.#newest.values()) if (now - heard < HOLD_MS) until = Math.min(until, time)
    this.#emit(until, now - HOLD_MS)
    if (this.#held.size > 0) this.#timer = setTimeout(() => this.#tick(), TICK_MS)
  }

  /** Writes, in order of time, what is not after `until`, and what came before `arrivedBy` in any case. */
  #emit(until: number, arrivedBy = Number.POSITIVE_INFINITY): void {
    const parts: Buffer[] = []
    let packets = 0
    for (;;) {
      let first: Held | undefined
      let from = 0
      let earliest = Number.POSITIVE_INFINITY
      for (const [point, [held]] of this.#held) {
        const time = held?.batch.times[held.next] ?? 0
        if (!held || time >= earliest || (time > until && held.arrived > arrivedBy)) continue
        first = held
        from = point
        earliest = time
      }
      if (!first) break
      const { batch, next } = first
      const block = batch.blocks.subarray(batch.starts[next], batch.starts[next + 1])
      this.#heldBytes -= block.length
      parts.push(first.comment ? withComment(block, first.comment) : block)
      first.comment = undefined
      first.next++
      packets++
      if (first.next < batch.times.length) continue
      const queue = this.#held.get(from)
      queue?.shift()
      if (queue?.length === 0) this.#held.delete(from)
    }
    if (parts.length > 0) void this.#append(Buffer.concat(parts), packets).catch(() => undefined)
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

function commented(batch: PacketBatch, index: number, comment: string | undefined): Buffer {
  if (!comment) return batch.blocks
  const start = batch.starts[index] ?? 0
  const end = batch.starts[index + 1] ?? batch.blocks.length
  return Buffer.concat([
    batch.blocks.subarray(0, start),
    withComment(batch.blocks.subarray(start, end), comment),
    batch.blocks.subarray(end),
  ])
}
