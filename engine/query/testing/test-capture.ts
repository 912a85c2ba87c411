import type { CaptureInterface } from '../../../common/model/capture.ts'
import type { CapturePiece, PieceBytes } from '../../../common/model/capture-pieces.ts'
import { firstPlace } from '../../binary-search.ts'
import { Ingest } from '../../ingest.ts'
import type { CaptureTables } from '../capture-tables.ts'
import type { ReadBytes } from '../frame-bytes.ts'

/** A capture made frame by frame, with its bytes. */
export class TestCapture implements CaptureTables {
  readonly interfaces: readonly CaptureInterface[]
  epoch: bigint | undefined
  readonly #ingest: Ingest
  readonly #frames: { readonly bytes: Uint8Array; readonly time: bigint; readonly offset: number }[] = []
  #length = 0

  constructor(names: readonly string[] = ['eth0'], linkType = 1, heads = true) {
    this.interfaces = names.map((name, id) => ({
      id,
      name,
      linkType,
      snapLength: 0,
      ticksPerSecond: 1e9,
      offsetSeconds: 0,
      comments: [],
    }))
    this.#ingest = new Ingest((id) => this.interfaces[id].linkType)
    if (heads) this.#ingest.keepHeads()
  }

  get packets() {
    return this.#ingest.packets
  }
  get conversations() {
    return this.#ingest.conversations
  }
  get heads() {
    return this.#ingest.heads
  }
  get stacks() {
    return this.#ingest.stacks
  }
  get tcp() {
    return this.#ingest.tcp
  }
  get verdicts() {
    return this.#ingest.verdicts
  }
  get roundTrips() {
    return this.#ingest.roundTrips
  }
  /** Every frame with its time in nanoseconds since 1970, to write it to a file. */
  get frames(): readonly { readonly bytes: Uint8Array; readonly time: bigint }[] {
    return this.#frames
  }

  /** `gap`: bytes of the file in front of it. */
  add(time: bigint, bytes: Uint8Array, { interfaceId = 0, length = bytes.length, gap = 0 } = {}): this {
    this.epoch ??= time
    this.#length += gap
    this.#ingest.frame(bytes, 0, bytes.length, length, Number(time - this.epoch), this.#length, interfaceId)
    this.#frames.push({ bytes, time, offset: this.#length })
    this.#length += bytes.length
    return this
  }

  /** The bytes of the "file", which is the frames one after the other. */
  readonly read = (offset: number, length: number): Promise<Uint8Array> => {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.#length - offset)))
    for (let n = this.#firstBehind(offset); n < this.#frames.length; n++) {
      const { bytes, offset: start } = this.#frames[n]
      if (start >= offset + out.length) break
      const from = Math.max(offset, start)
      const to = Math.min(offset + out.length, start + bytes.length)
      if (from < to) out.set(bytes.subarray(from - start, to - start), from - offset)
    }
    return Promise.resolve(out)
  }

  /** The number of the first frame that ends behind the offset. */
  #firstBehind(offset: number): number {
    return firstPlace(0, this.#frames.length, (i) => {
      const frame = this.#frames[i]
      return frame.offset + frame.bytes.length > offset
    })
  }

  /** The same, with many pieces at once: one behind the other, and then bytes that are none of theirs. */
  readonly readPieces: ReadBytes = Object.assign(
    (offset: number, length: number): Promise<Uint8Array> => this.read(offset, length),
    {
      pieces: async (pieces: readonly CapturePiece[]): Promise<PieceBytes> => {
        const parts = await Promise.all(pieces.map(({ offset, length }) => this.read(offset, length)))
        const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 2000)).fill(0x45)
        const places = new Uint32Array(parts.length)
        let at = 0
        for (const [n, part] of parts.entries()) {
          places[n] = at
          bytes.set(part, at)
          at += part.length
        }
        return { bytes, places, lengths: Uint32Array.from(parts, ({ length }) => length) }
      },
    },
  )
}
