import { TRANSPORT } from '../decode/packet.ts'
import { PROTOCOL } from '../decode/protocols.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION, type PacketTable } from '../columns/packet-table.ts'
import { NO_INTERFACE } from '../ingest.ts'
import type { CaptureTables } from '../query/filter-field.ts'
import { StackLayers } from '../query/stack-layers.ts'
import { isRepetition, VERDICT, type Verdicts } from '../tcp/verdicts.ts'

/** A clock that goes back less than this only shows that several cores capture, each with its own queue. */
export const CLOCK_STEP_NS = 10e6
/** Of what is rare there is no need for all. */
const MOST_ROWS = 20_000
/** In place of a start: rows of other conversations are not kept. */
const NOT_WANTED = 0xffffffff
/** Frames longer than any jumbo frame with its headers were never on a wire. */
export const LONGEST_FRAME = 9_300

export interface ClockStep {
  readonly row: number
  readonly interfaceId: number
  /** Nanoseconds that it went back. */
  readonly by: number
}

/**
 * One pass over the columns: which rows each TCP and UDP conversation has, and what is rare enough to be kept in lists.
 * About 15 ns a packet, and four bytes for each while it is in use.
 */
export class Survey {
  readonly rows: number
  readonly icmp: Uint32Array
  readonly arp: Uint32Array
  readonly copies: Uint32Array
  copyCount = 0
  readonly clockSteps: readonly ClockStep[]
  /** Frames longer than any link carries. */
  readonly oversized: Uint32Array
  oversizedCount = 0
  cutWithPayload = 0
  firstCut = -1
  /** TCP conversations, ascending; those in which anything was noted; and those in which segments came again. */
  readonly tcp: readonly number[]
  readonly troubled: readonly number[]
  readonly repeating: readonly number[]
  readonly #repetitions: ReadonlyMap<number, readonly number[]>
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  readonly #ordered: Uint32Array

  constructor({ packets, conversations, stacks, tcp, verdicts }: CaptureTables) {
    const layers = new StackLayers(stacks)
    const icmpStack = layers.having([PROTOCOL.icmp, PROTOCOL.icmpv6])
    const arpStack = layers.having([PROTOCOL.arp])
    const count = conversations.count
    // Where each conversation's rows begin. A packet that was captured twice is counted as well: its place stays free.
    const starts = new Uint32Array(count)
    let places = 0
    const tcpIds: number[] = []
    for (let id = 0; id < count; id++) {
      const transport = conversations.transport[id]
      if (transport === TRANSPORT.tcp) tcpIds.push(id)
      const wanted = transport === TRANSPORT.tcp || transport === TRANSPORT.udp
      starts[id] = wanted ? places : NOT_WANTED
      if (wanted) places += conversations.packets(id)
    }
    const ends = starts.slice()
    const ordered = new Uint32Array(places)
    const icmp = new RowSample()
    const arp = new RowSample()
    const copies = new RowSample()
    const oversized = new RowSample()
    const steps: ClockStep[] = []
    const latest: number[] = []
    this.rows = packets.rows
    for (let number = 0; number * CHUNK_ROWS < this.rows; number++) {
      const chunk = packets.chunks[number]
      const to = Math.min(CHUNK_ROWS, this.rows - number * CHUNK_ROWS)
      for (let i = 0; i < to; i++) {
        const interfaceId = chunk.interface[i]
        if (interfaceId === NO_INTERFACE) continue
        const row = number * CHUNK_ROWS + i
        const time = chunk.time[i]
        const last = latest[interfaceId]
        if (last !== undefined && last - time > CLOCK_STEP_NS && steps.length < MOST_ROWS) {
          steps.push({ row, interfaceId, by: last - time })
        }
        latest[interfaceId] = time
        const stack = chunk.stack[i]
        if (icmpStack[stack] !== 0) icmp.add(row)
        else if (arpStack[stack] !== 0) arp.add(row)
        if (chunk.length[i] > LONGEST_FRAME) oversized.add(row)
        if ((chunk.flags[i] & FLAG.cut) !== 0 && chunk.payloadLength[i] > 0) {
          if (this.firstCut < 0) this.firstCut = row
          this.cutWithPayload++
        }
        if (chunk.verdict[i] === VERDICT.copy) {
          copies.add(row)
          continue
        }
        const id = chunk.conversation[i]
        if (id !== NO_CONVERSATION && ends[id] !== NOT_WANTED) ordered[ends[id]++] = row
      }
    }
    this.tcp = tcpIds
    this.troubled = tcpIds.filter((id) => tcp.isTroubled(id))
    this.#repetitions = repetitionsByConversation(packets, verdicts)
    this.repeating = Array.from(this.#repetitions.keys()).sort((a, b) => a - b)
    this.#starts = starts
    this.#ends = ends
    this.#ordered = ordered
    this.icmp = icmp.rows()
    this.arp = arp.rows()
    this.copies = copies.rows()
    this.copyCount = copies.count
    this.oversized = oversized.rows()
    this.oversizedCount = oversized.count
    this.clockSteps = steps
  }

  /** Rows of a TCP or UDP conversation, ascending, without those that were captured a second time. */
  rowsOf(conversation: number): Uint32Array {
    return this.#ordered.subarray(this.#starts[conversation], this.#ends[conversation])
  }

  /** The entries in `Verdicts` of the conversation's segments that came again, in file order. */
  repetitionsOf(conversation: number): readonly number[] {
    return this.#repetitions.get(conversation) ?? []
  }
}

/** Entries of the segments that came again, not those captured twice or late. */
function repetitionsByConversation(packets: PacketTable, verdicts: Verdicts): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>()
  for (let entry = 0; entry < verdicts.count; entry++) {
    if (!isRepetition(verdicts.verdict(entry))) continue
    const row = verdicts.row(entry)
    const id = packets.chunk(row).conversation[row % CHUNK_ROWS]
    const known = found.get(id)
    if (known) known.push(entry)
    else found.set(id, [entry])
  }
  return found
}

/** The first rows of a kind, and how many there are. */
class RowSample {
  count = 0
  readonly #rows: number[] = []
  add(row: number): void {
    if (this.count++ < MOST_ROWS) this.#rows.push(row)
  }
  rows(): Uint32Array {
    return Uint32Array.from(this.#rows)
  }
}
