import { createHash } from 'node:crypto'
import { type PacketFilter, packetFilter } from './packet-filter.ts'
import type { ReplayedTraffic } from './traffic.ts'

const TICK_MS = 50
const FILE_HEADER = 24
const PACKET_HEADER = 16

class Segment {
  size = 0
  #bytes: Buffer = Buffer.allocUnsafe(64 << 10)

  /** The next `length` bytes, to be written. */
  room(length: number): Buffer {
    if (this.size + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.size + length))
      this.#bytes.copy(larger, 0, 0, this.size)
      this.#bytes = larger
    }
    this.size += length
    return this.#bytes.subarray(this.size - length, this.size)
  }

  read(from: number, length = this.size - from): Buffer {
    return this.#bytes.subarray(from, from + length)
  }
}

/** What tcpdump does in a pod with the command that it is given, and what the supervisor of pod-scripts.ts adds to it. */
export class ReplayCapture {
  readonly #traffic: ReplayedTraffic
  readonly #address: string
  readonly #filter: PacketFilter
  readonly #snapLength: number
  readonly #most: number
  readonly #segmentBytes: number
  readonly #segments = new Map<number, Segment>()
  readonly #ring: number
  readonly #end: number
  readonly #timer: NodeJS.Timeout
  #from = Date.now()
  #newest = 0
  #captured = 0
  /** The oldest segment that is there when some were given up, and the sizes of those. */
  first = 0
  readonly lost = new Map<number, number>()
  ended = false
  why = 'end'

  constructor(
    traffic: ReplayedTraffic,
    address: string,
    command: readonly string[],
    limits: { readonly seconds: number; readonly segments: number },
  ) {
    this.#traffic = traffic
    this.#address = address
    const option = (name: string, otherwise: number) => {
      const place = command.indexOf(name)
      return place < 0 ? otherwise : Number(command[place + 1])
    }
    this.#snapLength = option('-s', 262_144)
    this.#most = option('-c', Number.POSITIVE_INFINITY)
    this.#segmentBytes = option('-C', 8) * 1e6
    const words = command.indexOf('--')
    this.#filter = packetFilter(words < 0 ? '' : command.slice(words + 1).join(' '))
    this.#ring = limits.segments
    this.#end = Date.now() + limits.seconds * 1000
    this.#begin()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  get newest(): number {
    return this.#newest
  }

  get words(): string {
    const count = this.#captured
    return `${count} packets captured\n${count} packets received by filter\n0 packets dropped by kernel\n`
  }

  segment(number: number): Segment | undefined {
    return this.#segments.get(number)
  }

  /** Bytes that are there from a place on. */
  bytesFrom(number: number, offset: number): number {
    let bytes = -offset
    for (const [n, { size }] of this.#segments) if (n >= number) bytes += size
    return Math.max(0, bytes)
  }

  isWhole(number: number): boolean {
    return number < this.#newest || (this.ended && number === this.#newest)
  }

  digest(number: number): string {
    return createHash('sha256')
      .update(this.#segments.get(number)?.read(0) ?? '')
      .digest('hex')
  }

  /** The segment is safe elsewhere. */
  forget(number: number): void {
    if (this.isWhole(number)) this.#segments.delete(number)
  }

  stop(why: string): void {
    if (this.ended) return
    this.#tick()
    this.#finish(why)
  }

  #finish(why: string): void {
    clearInterval(this.#timer)
    this.ended = true
    this.why = why
  }

  #begin(): void {
    const segment = new Segment()
    const header = segment.room(FILE_HEADER).fill(0)
    header.writeUInt32LE(0xa1b23c4d, 0)
    header.writeUInt16LE(2, 4)
    header.writeUInt16LE(4, 6)
    header.writeUInt32LE(this.#snapLength, 16)
    header.writeUInt32LE(1, 20)
    this.#segments.set(this.#newest, segment)
  }

  #tick(): void {
    const now = Date.now()
    for (const { time, bytes, length, ends } of this.#traffic.passing(this.#address, this.#from, now)) {
      if (!this.#filter(ends)) continue
      const segment = this.#segments.get(this.#newest)
      const captured = Math.min(bytes.length, this.#snapLength)
      const record = segment?.room(PACKET_HEADER + captured)
      if (!segment || !record) return
      const seconds = Math.floor(time / 1000)
      record.writeUInt32LE(seconds, 0)
      record.writeUInt32LE(Math.floor((time - seconds * 1000) * 1e6), 4)
      record.writeUInt32LE(captured, 8)
      record.writeUInt32LE(length, 12)
      bytes.copy(record, PACKET_HEADER, 0, captured)
      this.#captured++
      if (this.#captured >= this.#most) return this.#finish('end')
      if (segment.size > this.#segmentBytes) this.#rotate()
    }
    this.#from = now
    if (now > this.#end) this.#finish('duration')
  }

  #rotate(): void {
    this.#newest++
    this.#begin()
    while (this.#newest - this.first >= this.#ring) {
      const segment = this.#segments.get(this.first)
      if (segment) this.lost.set(this.first, segment.size)
      this.#segments.delete(this.first)
      this.first++
    }
  }
}
