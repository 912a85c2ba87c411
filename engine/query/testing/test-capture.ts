import type { CaptureInterface } from '../../../common/model/capture.ts'
import { Ingest } from '../../ingest.ts'
import type { CaptureTables } from '../filter-field.ts'

/** A capture made frame by frame, with its bytes. */
export class TestCapture implements CaptureTables {
  readonly interfaces: readonly CaptureInterface[]
  epoch: bigint | undefined
  readonly #ingest: Ingest
  readonly #frames: { readonly bytes: Uint8Array; readonly time: bigint; readonly offset: number }[] = []
  #length = 0

  constructor(names: readonly string[] = ['eth0'], linkType = 1) {
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
  }

  get packets() {
    return this.#ingest.packets
  }
  get conversations() {
    return this.#ingest.conversations
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

  add(time: bigint, bytes: Uint8Array, { interfaceId = 0, length = bytes.length } = {}): this {
    this.epoch ??= time
    this.#ingest.frame(bytes, 0, bytes.length, length, Number(time - this.epoch), this.#length, interfaceId)
    this.#frames.push({ bytes, time, offset: this.#length })
    this.#length += bytes.length
    return this
  }

  /** The bytes of the "file", which is the frames one after the other. */
  readonly read = (offset: number, length: number): Promise<Uint8Array> => {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.#length - offset)))
    for (const { bytes, offset: start } of this.#frames) {
      const from = Math.max(offset, start)
      const to = Math.min(offset + out.length, start + bytes.length)
      if (from < to) out.set(bytes.subarray(from - start, to - start), from - offset)
    }
    return Promise.resolve(out)
  }
}
