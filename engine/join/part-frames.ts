import type { Note } from '../../common/model/note.ts'
import type { FrameSink } from '../capture-file/capture-reader.ts'
import { CaptureFileReader } from '../capture-file/reader.ts'

/** A capture that is to be joined with others. */
export interface PartToJoin {
  /** Of its file. */
  readonly name: string
  /** Its next bytes as stored, valid until it is asked again; undefined at the end. */
  readonly next: () => Promise<Uint8Array | undefined>
  /** What was noted about it. */
  readonly notes: readonly Note[]
}

/** A frame as it was taken. The bytes are valid until the next is asked for. */
export interface TakenFrame {
  /** From 1, as the part's own reader numbers it. */
  readonly number: number
  /** Nanoseconds since 1970. */
  readonly time: bigint
  readonly bytes: Uint8Array
  /** Bytes on the wire. */
  readonly length: number
  /** Of the part; -1 for a block without a packet. */
  readonly interface: number
  readonly options: FrameOptions | undefined
}

/** What few frames have; see FrameSink. */
interface FrameOptions {
  readonly flags?: number
  readonly dropped?: number
}

const WORDS = 4

/** The frames of one part, read as they are taken: what is held is what one piece of its file brings. */
export class PartFrames {
  readonly name: string
  readonly reader: CaptureFileReader
  readonly notes: readonly Note[]
  readonly #next: PartToJoin['next']
  #ended = false
  #bytes = new Uint8Array(1 << 18)
  #used = 0
  readonly #times: number[] = []
  /** Of each frame: where its bytes begin, how many they are, how many were on the wire, its interface. */
  readonly #words: number[] = []
  /** By its place in them. */
  readonly #options = new Map<number, FrameOptions>()
  #secrets: { readonly kind: number; readonly bytes: Uint8Array }[] = []
  #at = 0
  #taken = 0

  constructor({ name, next, notes }: PartToJoin) {
    this.name = name
    this.notes = notes
    this.#next = next
    this.reader = new CaptureFileReader({
      frame: this.#frame,
      options: (flags, dropped) =>
        this.#options.set(this.#times.length, {
          ...(flags !== undefined && { flags }),
          ...(dropped !== undefined && { dropped }),
        }),
      secrets: (kind, secret) => this.#secrets.push({ kind, bytes: secret.slice() }),
    })
  }

  readonly #frame: FrameSink['frame'] = (bytes, at, captured, length, time, _, id) => {
    const end = this.#used + captured
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, end))
      larger.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = larger
    }
    this.#bytes.set(bytes.subarray(at, at + captured), this.#used)
    this.#times.push(time)
    this.#words.push(this.#used, captured, length, id)
    this.#used = end
  }

  /** Whether there is a frame to take; where it must be read first, `fill` does. */
  get ready(): boolean {
    return this.#at < this.#times.length
  }

  /** Reads until there is a frame to take or the part has ended. */
  async fill(): Promise<void> {
    while (!this.ready && !this.#ended) {
      this.#at = 0
      this.#used = 0
      this.#times.length = 0
      this.#words.length = 0
      this.#options.clear()
      const bytes = await this.#next()
      if (bytes) this.reader.push(bytes)
      else this.reader.finish()
      this.#ended = bytes === undefined || this.reader.damage !== undefined
    }
  }

  /** Of the frame that is taken next: nanoseconds since the part's epoch. */
  get time(): number {
    return this.#times[this.#at]
  }

  /** Nanoseconds since 1970 at so many since the part's epoch. */
  timeOf(since: number): bigint {
    return (this.reader.epoch ?? 0n) + BigInt(Math.round(since))
  }

  take(): TakenFrame {
    const { time } = this
    const options = this.#options.get(this.#at)
    const at = this.#at++ * WORDS
    const [start, captured, length, id] = this.#words.slice(at, at + WORDS)
    this.#taken++
    return {
      number: this.#taken,
      time: this.timeOf(time),
      bytes: this.#bytes.subarray(start, start + captured),
      length,
      interface: id,
      options,
    }
  }

  /** The decryption secrets that were read since it was asked last: no frame that is taken from now on needs others. */
  takeSecrets(): readonly { readonly kind: number; readonly bytes: Uint8Array }[] {
    const secrets = this.#secrets
    this.#secrets = []
    return secrets
  }

  /** How many were taken. */
  get taken(): number {
    return this.#taken
  }
}
