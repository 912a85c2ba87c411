import type { Note } from '../../common/model/note.ts'
import { PcapngWriter } from '../capture-file/pcapng-writer.ts'
import { addressNames, interfaceOptions } from '../export.ts'
import { JoinedPart } from './joined-part.ts'
import { movedNotes } from './moved-notes.ts'
import type { PartToJoin } from './part-frames.ts'

/** Written so much at a time. */
const PIECE_BYTES = 4 << 20

/** What came of it. */
export interface JoinedCapture {
  readonly packets: number
  /** Nanoseconds since 1970; undefined where there is no packet. */
  readonly from: bigint | undefined
  readonly until: bigint | undefined
  /** The points, as its interfaces are called. */
  readonly points: readonly string[]
  /** Those of the parts, where their packets are now. */
  readonly notes: readonly Note[]
  /** Parts that were not read to their end, and why: sentences. */
  readonly cut: readonly string[]
  /** Why it may not be what was meant: sentences. */
  readonly doubts: readonly string[]
}

/** Nothing can be joined; the message is for the person. */
export class JoinError extends Error {}

/**
 * Puts captures of one time together into one pcapng section: an interface for each point, packets in the order of their times, as their clocks have
 * them. What names a point stays: an interface that no other has the name of keeps it, else it is called as its file. Comments, directions of
 * packets, decryption secrets, names of addresses and drop counts go along; a block without a packet leaves its place to none.
 *
 * Throws JoinError where nothing can be read of a part, and what a part's `next` throws.
 */
export async function* joinCaptures(given: readonly PartToJoin[]): AsyncGenerator<Uint8Array, JoinedCapture> {
  const parts = given.map((part) => new JoinedPart(part))
  for (const part of parts) {
    await part.fill()
    const { damage } = part.reader
    if (!part.ready)
      throw new JoinError(`${part.name} can't be joined: ${damage ? damage.reason : 'there is no packet in it.'}`)
  }
  nameParts(parts)
  const names = parts.map(({ name }) => name)
  const writer = new PcapngWriter({
    comments: [
      ...new Set([`Joined by Hopscope from: ${names.join(', ')}`, ...parts.flatMap((part) => part.comments())]),
    ],
  })
  const points: string[] = []
  const interfaceOf = (part: JoinedPart, id: number): number => {
    const known = part.joined.get(id)
    if (known !== undefined) return known
    const point = freeName(part.pointName(id, parts), points)
    points.push(point)
    const number = writer.interface({ ...interfaceOptions(part.reader.interfaces[id]), name: point })
    part.joined.set(id, number)
    return number
  }

  const keepSecrets = (part: JoinedPart) => {
    for (const { kind, bytes } of part.takeSecrets()) writer.secrets(kind, bytes)
  }
  for (const part of parts) keepSecrets(part)
  // In the order of the parts, as far as they are known; others once they have a packet.
  for (const part of parts) for (const { id } of part.reader.interfaces) interfaceOf(part, id)

  // Times as numbers, from the first part's epoch on.
  const epoch = parts[0].reader.epoch ?? 0n
  const offsets = new Map(parts.map((part) => [part, Number((part.reader.epoch ?? epoch) - epoch)]))
  let packets = 0
  for (;;) {
    let first: JoinedPart | undefined
    let earliest = Infinity
    for (const part of parts) {
      if (!part.ready) {
        await part.fill()
        keepSecrets(part)
      }
      if (!part.ready) continue
      const time = part.time + (offsets.get(part) ?? 0)
      if (first && time >= earliest) continue
      first = part
      earliest = time
    }
    if (!first) break
    const frame = first.takePacket(packets + 1)
    // A block that holds no packet is no frame of the whole.
    if (!frame) continue
    packets++
    const { bytes, length, time, options } = frame
    const comments = first.reader.packetComments.get(frame.number - 1)
    writer.packet(interfaceOf(first, frame.interface), time, bytes, {
      length,
      ...options,
      ...(comments && { comments }),
    })
    if (writer.pending >= PIECE_BYTES) yield writer.take()
  }

  for (const part of parts) {
    const { interfaces, damage } = part.reader
    writer.names(addressNames(part.reader.names))
    for (const { id, statistics, remarks = [] } of interfaces) {
      const number = interfaceOf(part, id)
      for (const { time, text } of remarks) writer.statistics(number, part.timeOf(time), {}, text)
      if (statistics) writer.statistics(number, part.until ?? 0n, statistics)
    }
    const [point] = part.joined.values()
    if (damage && point !== undefined) writer.statistics(point, part.until ?? 0n, {}, cutText(part))
  }
  yield writer.take()

  const spans = parts.flatMap(({ from, until }) => (from === undefined || until === undefined ? [] : [{ from, until }]))
  return {
    packets,
    from: spans.map(({ from }) => from).reduce((a, b) => (b < a ? b : a)),
    until: spans.map(({ until }) => until).reduce((a, b) => (b > a ? b : a)),
    points,
    notes: movedNotes(parts),
    cut: parts.filter(({ reader }) => reader.damage).map(cutText),
    doubts: doubtsAbout(parts),
  }
}

const cutText = ({ name, reader }: JoinedPart): string =>
  `${name} ends at byte ${reader.damage?.offset}: ${reader.damage?.reason}`

/** Files of one name, from several folders. */
function nameParts(parts: readonly JoinedPart[]): void {
  const taken: string[] = []
  for (const part of parts) {
    part.point = freeName(part.point, taken)
    taken.push(part.point)
  }
}

function freeName(name: string, taken: readonly string[]): string {
  let free = name
  for (let again = 2; taken.includes(free); again++) free = `${name} (${again})`
  return free
}

function doubtsAbout(parts: readonly JoinedPart[]): string[] {
  const doubts: string[] = []
  for (const [i, part] of parts.entries()) {
    const others = parts.filter((other) => other !== part)
    if (!others.some((other) => part.overlaps(other))) {
      doubts.push(
        `No other was captured at the time of ${part.name} (${part.spanText()}): no packet can be in both, unless a clock was wrong by that much.`,
      )
    }
    const twin = parts.slice(i + 1).find((other) => part.isCopyOf(other))
    if (twin)
      doubts.push(
        `${part.name} and ${twin.name} hold the very same packets at the same times: one looks like a copy of the other.`,
      )
  }
  // Of two that don't meet both say the same.
  return parts.length === 2 && doubts.length === 2 && !parts[0].overlaps(parts[1])
    ? [
        `${parts[0].name} (${parts[0].spanText()}) and ${parts[1].name} (${parts[1].spanText()}) were not captured at the same time: no packet can be in both, unless a clock was wrong by that much.`,
      ]
    : doubts
}
