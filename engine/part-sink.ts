import type { CaptureMoment, CapturePart, ReadPart } from '../common/model/capture.ts'
import type { FrameSink, StartPoint } from './capture-file/capture-reader.ts'
import type { Ingest } from './ingest.ts'

/**
 * Hands on the frames of a part of a capture, in the order of the file. Those in front of it are counted and not looked into; with the last
 * one reading ends.
 */
export class PartSink implements FrameSink {
  readonly #ingest: Ingest
  readonly #part: CapturePart
  readonly #epoch: () => bigint | undefined
  #from = -Infinity
  #to = Infinity
  #resolved = false
  /** Frames of the file so far. */
  #frames = 0
  #latest = -Infinity
  #stage: 'before' | 'in it' | 'behind' = 'before'

  /** `epoch`: see CaptureReader; `start`: the first frame will be the one there. */
  constructor(ingest: Ingest, part: CapturePart, epoch: () => bigint | undefined, start?: StartPoint) {
    this.#ingest = ingest
    this.#part = part
    this.#epoch = epoch
    if (!start) return
    this.#frames = ingest.packets.before = start.frames
    this.#latest = start.latest
  }

  get rows(): number {
    return this.#ingest.rows
  }

  get full(): boolean {
    return this.#stage === 'behind' || this.#ingest.full
  }

  get read(): ReadPart {
    return { before: this.#ingest.packets.before, latestBefore: this.#latest }
  }

  bytes(bytes: Uint8Array, from: number, to: number): void {
    this.#ingest.bytes(bytes, from, to)
  }

  frame(
    bytes: Uint8Array,
    at: number,
    capturedLength: number,
    length: number,
    time: number,
    offset: number,
    interfaceId: number,
  ): void {
    if (this.#stage === 'behind') return
    const { firstFrame = 1, lastFrame = Infinity } = this.#part
    if (!this.#resolved) this.#resolve()
    const frame = ++this.#frames
    if (this.#stage === 'before') {
      if (frame < firstFrame || time < this.#from) {
        this.#ingest.packets.before = frame
        if (time > this.#latest) this.#latest = time
        return
      }
      this.#stage = 'in it'
    }
    if (time >= this.#to) {
      this.#stage = 'behind'
      return
    }
    this.#ingest.frame(bytes, at, capturedLength, length, time, offset, interfaceId)
    if (frame >= lastFrame) this.#stage = 'behind'
  }

  /** The first frame says what times count from. */
  #resolve(): void {
    this.#resolved = true
    const epoch = this.#epoch() ?? 0n
    const since = (moment: CaptureMoment) => ('since' in moment ? moment.since : Number(BigInt(moment.at) - epoch))
    if (this.#part.from) this.#from = since(this.#part.from)
    if (this.#part.to) this.#to = since(this.#part.to)
  }
}
