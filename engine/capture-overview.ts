import type { CapturePart, Compression, Damage } from '../common/model/capture.ts'
import type { FrameSink, StartPoint } from './capture-file/capture-reader.ts'
import { CaptureFileReader } from './capture-file/reader.ts'

/** Where in time the frames of a capture are, and where in the file reading may begin. Plain data: it crosses a worker's port as it is. */
export interface Overview {
  readonly frames: number
  readonly compression: Compression
  /** Nanoseconds since 1970 of the first frame; absent when there is none. */
  readonly epoch?: bigint
  /** Time of the latest frame; nanoseconds since the epoch, like all times here. */
  readonly latest: number
  /** Packets, and their bytes on the wire, in equal parts of the time from the first frame on; of what is earlier in the first part. */
  readonly bucketNs: number
  readonly packets: Float64Array
  readonly bytes: Float64Array
  /** Places to start at, in the order of the file; none where it is compressed. */
  readonly starts: readonly OverviewStart[]
  /** The descriptions of all of them, one behind the other. */
  readonly descriptions: Uint8Array
  readonly damage?: Damage
}

/** A StartPoint, of whose descriptions it has the first `described` bytes. */
interface OverviewStart extends Pick<StartPoint, 'offset' | 'frames' | 'time' | 'latest'> {
  readonly described: number
}

/** Twice as many are made before every other one is dropped. */
const STARTS = 2048
const BUCKETS = 1024
/** Bytes between two starts at first, and at least. */
const FIRST_STEP = 1 << 20
const FIRST_BUCKET_NS = 1000
/** Names and interfaces beyond that are not kept, and reading can't begin behind them. */
const MOST_DESCRIBED = 16 << 20

/**
 * Walks through a capture without looking into its frames, and keeps what is needed to choose a part of it and to begin there. However long
 * the capture is, that are some hundred kilobytes, and up to 16 MB where it brings many names along.
 */
export class CaptureOverview implements FrameSink {
  readonly #reader = new CaptureFileReader(this)
  #frames = 0
  #latest = -Infinity
  #time = 0
  #step: number
  #starts: OverviewStart[] = []
  #bucketNs = FIRST_BUCKET_NS
  readonly #packets = new Float64Array(BUCKETS)
  readonly #bytes = new Float64Array(BUCKETS)
  #descriptions = new Uint8Array(4096)
  #described = 0

  constructor(step = FIRST_STEP) {
    this.#step = step
  }

  /** The next bytes of the file. Places to start at are made between two calls. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk)
    if (this.#frames > 0 && this.#reader.compression === 'none') this.#markStart()
  }

  finish(): void {
    this.#reader.finish()
  }

  get ended(): boolean {
    return this.#reader.damage !== undefined
  }
  /** Bytes taken in, as stored. */
  get bytesRead(): number {
    return this.#reader.bytesRead
  }

  /** As much as is known so far. */
  overview(): Overview {
    const { epoch, damage, compression } = this.#reader
    return {
      frames: this.#frames,
      compression,
      ...(epoch !== undefined && { epoch }),
      latest: this.#latest,
      bucketNs: this.#bucketNs,
      packets: this.#packets.slice(),
      bytes: this.#bytes.slice(),
      starts: [...this.#starts],
      descriptions: this.#descriptions.slice(0, Math.min(this.#described, MOST_DESCRIBED)),
      ...(damage && { damage }),
    }
  }

  description(bytes: Uint8Array, from: number, to: number): void {
    const start = this.#described
    const end = (this.#described += to - from)
    if (end > MOST_DESCRIBED) return
    if (end > this.#descriptions.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#descriptions.length))
      larger.set(this.#descriptions)
      this.#descriptions = larger
    }
    this.#descriptions.set(bytes.subarray(from, to), start)
  }

  frame(
    _bytes: Uint8Array,
    _at: number,
    _capturedLength: number,
    length: number,
    time: number,
    _offset: number,
    interfaceId: number,
  ): void {
    this.#frames++
    this.#time = time
    if (time > this.#latest) this.#latest = time
    let bucket = time > 0 ? Math.floor(time / this.#bucketNs) : 0
    while (bucket >= BUCKETS) {
      this.#widen()
      bucket = Math.floor(time / this.#bucketNs)
    }
    this.#packets[bucket]++
    if (interfaceId >= 0) this.#bytes[bucket] += length
  }

  #widen(): void {
    this.#bucketNs *= 2
    for (const counts of [this.#packets, this.#bytes]) {
      for (let i = 0; i < BUCKETS / 2; i++) counts[i] = counts[2 * i] + counts[2 * i + 1]
      counts.fill(0, BUCKETS / 2)
    }
  }

  #markStart(): void {
    const offset = this.#reader.parsed
    const last = this.#starts.at(-1)?.offset ?? 0
    if (offset - last < this.#step || this.#described > MOST_DESCRIBED) return
    this.#starts.push({
      offset,
      frames: this.#frames,
      time: this.#time,
      latest: this.#latest,
      described: this.#described,
    })
    if (this.#starts.length < 2 * STARTS) return
    this.#starts = this.#starts.filter((_, i) => i % 2 === 1)
    this.#step *= 2
  }
}

/** The last place at which the part can't have begun yet; undefined where that is the beginning of the file. */
export function startBefore(overview: Overview, { firstFrame = 1, from }: CapturePart): StartPoint | undefined {
  const { epoch, starts, descriptions } = overview
  if (epoch === undefined) return undefined
  const since = from && ('since' in from ? from.since : Number(BigInt(from.at) - epoch))
  const start = starts.findLast(
    ({ frames, latest }) => (firstFrame > 1 && frames < firstFrame) || (since !== undefined && latest < since),
  )
  if (!start) return undefined
  const { described, ...point } = start
  return { ...point, epoch, descriptions: descriptions.slice(0, described) }
}
