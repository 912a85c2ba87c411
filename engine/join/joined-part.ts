import { PartFrames, type PartToJoin, type TakenFrame } from './part-frames.ts'

/** A part with what becomes of it in the whole. */
export class JoinedPart extends PartFrames {
  /** What its point is called where its interfaces don't say. */
  point: string
  /** Numbers of interfaces in the whole, by those in the part. */
  readonly joined = new Map<number, number>()
  /** Nanoseconds since 1970 of its earliest packet and its latest. */
  from: bigint | undefined
  until: bigint | undefined
  /** Numbers that the frames which notes are about have in the whole, by those in the part. */
  readonly moved = new Map<number, number>()
  readonly #noted: ReadonlySet<number>
  /** Of all its packets: those of a copy have the same. */
  #digest = 0

  constructor(part: PartToJoin) {
    super(part)
    this.point = withoutEndings(part.name)
    this.#noted = new Set(part.notes.flatMap(({ anchor }) => (anchor.kind === 'packet' ? [anchor.frame] : [])))
  }

  /** The next frame; undefined for a block without a packet. `number` is that of the frame in the whole. */
  takePacket(number: number): TakenFrame | undefined {
    const frame = this.take()
    if (frame.interface < 0) return undefined
    const { time, bytes, length } = frame
    if (this.from === undefined || time < this.from) this.from = time
    if (this.until === undefined || time > this.until) this.until = time
    if (this.#noted.has(frame.number)) this.moved.set(frame.number, number)
    // The ends of a packet tell it from others: addresses, numbers and checksums are at its beginning, data at its end.
    const parts = [bytes.subarray(0, 128), bytes.subarray(Math.max(128, bytes.length - 32))]
    let digest = mixed(mixed(this.#digest, Number(BigInt.asIntN(32, time))), length)
    for (const part of parts) for (const byte of part) digest = mixed(digest, byte)
    this.#digest = digest
    return frame
  }

  /** Of the file, as far as they were read. */
  comments(): readonly string[] {
    return this.reader.comments
  }

  /** What the point at this interface is called: as in the part where that tells it from all others, else after the file. */
  pointName(id: number, parts: readonly JoinedPart[]): string {
    const { interfaces } = this.reader
    const own = interfaces[id].name
    // A name that Hopscope gave says the pod or node: "shop/web-1 eth0".
    const tells =
      own !== undefined &&
      /[ /]/.test(own) &&
      !parts.some((part) => part !== this && part.reader.interfaces.some(({ name }) => name === own))
    if (tells) return own
    return interfaces.length === 1 ? this.point : `${this.point} ${own ?? `interface ${id}`}`
  }

  overlaps(other: JoinedPart): boolean {
    if (this.from === undefined || this.until === undefined) return false
    return other.from !== undefined && other.until !== undefined && this.from <= other.until && other.from <= this.until
  }

  isCopyOf(other: JoinedPart): boolean {
    return this.#digest === other.#digest && this.taken === other.taken
  }

  /** "2026-11-21 05:40:12 to 05:42:10 UTC" */
  spanText(): string {
    const [from, until] = [this.from, this.until].map((time) =>
      new Date(Number((time ?? 0n) / 1_000_000n)).toISOString().slice(0, 19).split('T'),
    )
    const end = from[0] === until[0] ? until[1] : until.join(' ')
    return end === from[1] ? `${from.join(' ')} UTC` : `${from.join(' ')} to ${end} UTC`
  }
}

/** FNV-1a's step. */
const mixed = (digest: number, word: number): number => Math.imul(digest ^ word, 0x0100_0193)

/** "web-1.pcap.gz": web-1 */
const withoutEndings = (name: string): string =>
  name.replace(/(?<=.)(\.(pcap|pcapng|cap|dmp|snoop))?(\.(gz|zst))?$/i, '')
