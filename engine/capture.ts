import type { CaptureFacts, ConversationHarm } from './answers.ts'
import type { CapturePart, Compression, Unread } from '../common/model/capture.ts'
import type { StartPoint } from './capture-file/capture-reader.ts'
import { CaptureFileReader } from './capture-file/reader.ts'
import { Ingest } from './ingest.ts'
import { isOutOfMemory } from './kernel.ts'
import type { Limits } from './limits.ts'
import { PartSink } from './part-sink.ts'
import { expertCounts, type ExpertCounts } from './query/expert.ts'
import { harmMs, type HarmSpan, mostHarmed } from './query/harmed-conversations.ts'
import { labelCounts, verdictCounts } from './query/label-counts.ts'

export { COST, type Limits } from './limits.ts'
export { partText } from './part-text.ts'

export interface CaptureOptions {
  /**
   * Called with the decompressed bytes, in order, when the capture is compressed. Offsets of packets are positions in that
   * stream, so whoever wants to read a packet's bytes later must keep it. The bytes are valid during the call only.
   */
  readonly onDecompressed?: (bytes: Uint8Array) => void
  /** Reading ends when there is more than that. */
  readonly limits?: Limits
  /** How frames begin is kept, two bytes a packet: for filters that ask for it, and need not read packets then. */
  readonly heads?: boolean
  /** Only this part of the capture is read. */
  readonly part?: CapturePart
  /** With a part, which does not begin before it: what is pushed is the capture from there on. */
  readonly start?: StartPoint
}

/**
 * A capture being read, and what is counted of its packets: labels, verdicts and lost time. Feed it chunks of any size; after each it can be
 * asked. It is a small part of the engine, for those who want no more (`Engine` is the rest): of most packets it keeps nothing but the time.
 */
export class Capture {
  readonly #reader: CaptureFileReader
  protected readonly ingest: Ingest
  readonly #part: PartSink | undefined
  #finished = false

  /** `keepsAll`: of packets all columns are kept, and round trips measured. */
  constructor(options: CaptureOptions = {}, keepsAll = false) {
    this.ingest = new Ingest(
      (id) => this.#reader.interfaces[id].linkType,
      () => this.#reader.epoch,
      options.limits,
      keepsAll,
    )
    this.#part = options.part && new PartSink(this.ingest, options.part, () => this.#reader.epoch, options.start)
    this.#reader = new CaptureFileReader(this.#part ?? this.ingest, options.onDecompressed)
    if (options.start) this.#reader.resume(options.start)
  }

  get packets() {
    return this.ingest.packets
  }
  get conversations() {
    return this.ingest.conversations
  }
  get tcp() {
    return this.ingest.tcp
  }
  /** Comments of packets in the file, by row. */
  get packetComments() {
    return this.#reader.packetComments
  }
  /** Comments on all of the capture. */
  get captureComments() {
    return this.#reader.comments
  }
  /** Names of addresses that the file brings along. */
  get names() {
    return this.#reader.names
  }
  get interfaces() {
    return this.#reader.interfaces
  }
  get labelCounts() {
    return this.ingest.labelCounts
  }
  get verdicts() {
    return this.ingest.verdicts
  }
  /** Time of the latest packet. */
  get lastTime(): number {
    return this.ingest.lastTime
  }
  /** Nanoseconds since 1970 of the first frame; every time counts from it. */
  get epoch(): bigint | undefined {
    return this.#reader.epoch
  }

  /** Bytes of the file taken in, as stored. */
  get bytesRead(): number {
    return this.#reader.bytesRead
  }
  /** Known once four bytes are in; 'none' before. */
  get compression(): Compression {
    return this.#reader.compression
  }
  /** The file can't be read to its end. */
  get damaged(): boolean {
    return this.#reader.damage !== undefined
  }

  /** Set when a limit ended the reading before the file's end. */
  get unread(): Unread | undefined {
    return this.ingest.unread
  }
  /** Reading has ended before the file did, by damage, a limit or with the part; further bytes are ignored. */
  get ended(): boolean {
    return this.damaged || (this.#part ?? this.ingest).full
  }

  /** `bytes` bytes to read the file into before they are pushed; bytes that lie elsewhere are copied there. */
  room(bytes: number): Uint8Array {
    return this.ingest.room(bytes)
  }

  /** The next bytes of the file. When memory runs out, what was read so far stays (see `unread`). */
  push(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      this.ingest.outOfMemory()
    }
  }

  /** The file ends here. */
  finish(): void {
    this.#reader.finish()
    this.ingest.finish()
    this.#finished = true
  }

  facts(): CaptureFacts {
    const { epoch, damage, format } = this.#reader
    const ingest = this.ingest
    return {
      ...(format && { format }),
      compression: this.#reader.compression,
      bytesRead: this.#reader.bytesRead,
      packets: ingest.packets.rows,
      wireBytes: ingest.wireBytes,
      cutPackets: ingest.cutPackets,
      ...(epoch !== undefined && { epochNs: String(epoch) }),
      firstTime: ingest.firstTime,
      lastTime: ingest.lastTime,
      interfaces: this.#reader.interfaces,
      comments: this.#reader.comments,
      complete: this.complete,
      ...(damage && { damage }),
      ...(ingest.unread && { unread: ingest.unread }),
      ...(this.#part && { part: this.#part.read }),
      labels: labelCounts(ingest.labelCounts),
      ...verdictCounts(ingest.verdicts),
    }
  }

  /** Reading has come to its end, or as far as the file can be read. */
  get complete(): boolean {
    return this.#finished || this.ended
  }

  get conversationCount(): number {
    return this.conversations.count
  }

  /** The conversations that lost most time, at most `count`. */
  mostHarmed(count: number, span: HarmSpan = {}): ConversationHarm[] {
    return mostHarmed(this, count, span)
  }

  /** Milliseconds that conversation `id` lost. */
  harmMs(id: number, span: HarmSpan = {}): number {
    return harmMs(this, id, span)
  }

  /** Labels and verdicts, counted. */
  expertCounts(): ExpertCounts {
    return expertCounts(this)
  }
}
