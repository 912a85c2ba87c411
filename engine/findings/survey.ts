import { clientIsB } from '../application/turn-taking.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { PROTOCOL } from '../decode/protocols.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import { NO_INTERFACE } from '../columns/packet-columns.ts'
import type { StackTable } from '../columns/stack-table.ts'
import type { CaptureTables } from '../query/capture-tables.ts'
import { StackLayers } from '../query/stack-layers.ts'
import { isRepetition, VERDICT, type Verdicts } from '../tcp/verdicts.ts'

/** A clock that goes back less than this only shows that several cores capture, each with its own queue. */
export const CLOCK_STEP_NS = 10e6
/** Between two packets of a conversation as long as receivers delay their ACKs: Linux's TCP_DELACK_MIN less a tick, TCP_DELACK_MAX with some room. */
export const DELAY_NS = { shortest: 35e6, longest: 230e6 } as const
/** So long nothing comes in a conversation that stands still for a moment. */
export const STILL_NS = { shortest: 30e6, longest: 1e9 } as const
/** Of what is rare there is no need for all. */
const MOST_ROWS = 20_000
const MOST_STILL = 1_000_000
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
 * About 20 ns a packet; while it is in use four bytes for each, and 14 for each conversation.
 */
export class Survey {
  readonly rows: number
  readonly icmp: Uint32Array
  readonly arp: Uint32Array
  readonly copies: Uint32Array
  readonly copyCount: number
  readonly clockSteps: readonly ClockStep[]
  /** Frames longer than any link carries. */
  readonly oversized: Uint32Array
  readonly oversizedCount: number
  /** TCP conversations, ascending; those in which anything was noted; and those in which segments came again. */
  readonly tcp: Uint32Array
  readonly troubled: readonly number[]
  /** Those of which the beginning was not captured: the first packet is no SYN, nor a reset. */
  readonly midStream: readonly number[]
  /** Those with resets. */
  readonly reset: readonly number[]
  readonly repeating: readonly number[]
  readonly #repetitions: ReadonlyMap<number, readonly number[]>
  /** By conversation: how many packets came DELAY_NS after the one before, 255 at most. */
  readonly delays: Uint8Array
  /** Rows that came STILL_NS after the one before of their conversation, ascending; the first MOST_STILL. */
  readonly afterStill: readonly number[]
  /** By conversation: 1 where end B asks, see clientIsB. */
  readonly clientIsB: Uint8Array
  /** Rows of the TCP and UDP conversations, those of each together and ascending: from `starts` to `ends`, without those captured a second time. */
  readonly ordered: Uint32Array
  readonly starts: Uint32Array
  readonly ends: Uint32Array

  constructor(tables: CaptureTables) {
    const { packets, conversations, stacks, tcp, verdicts } = tables
    const count = conversations.count
    this.clientIsB = new Uint8Array(count)
    this.delays = new Uint8Array(count)
    // Where each conversation's rows begin. A packet that was captured twice is counted as well: its place stays free.
    this.starts = new Uint32Array(count)
    let places = 0
    this.tcp = new Uint32Array(conversations.streams(TRANSPORT.tcp))
    let tcpCount = 0
    const midStream: number[] = []
    const { transport } = conversations
    for (let id = 0; id < count; id++) {
      if (transport[id] === TRANSPORT.tcp) {
        this.tcp[tcpCount++] = id
        const row = conversations.firstRow(id)
        const flags = packets.chunk(row).flags[row % CHUNK_ROWS]
        if ((flags & (FLAG.syn | FLAG.rst | FLAG.tcp)) === FLAG.tcp) midStream.push(id)
      }
      const wanted = transport[id] === TRANSPORT.tcp || transport[id] === TRANSPORT.udp
      this.starts[id] = wanted ? places : NOT_WANTED
      if (wanted) places += conversations.packets(id)
      if (clientIsB(tables, id)) this.clientIsB[id] = 1
    }
    this.ends = this.starts.slice()
    this.ordered = new Uint32Array(places)
    const rare = new RareRows(packets, stacks)
    const afterStill: number[] = []
    this.rows = packets.rows
    for (const chunk of packets.chunks) {
      const to = Math.min(CHUNK_ROWS, this.rows - chunk.first)
      rare.add(chunk, to)
      this.#order(chunk, to, packets, afterStill)
    }
    this.afterStill = afterStill
    this.midStream = midStream
    this.troubled = tcp.troubled()
    this.reset = tcp.reset()
    this.#repetitions = repetitionsByConversation(packets, verdicts)
    this.repeating = Array.from(this.#repetitions.keys()).sort((a, b) => a - b)
    this.icmp = rare.icmp.rows()
    this.arp = rare.arp.rows()
    const copies = copiesOf(verdicts)
    this.copies = copies.rows()
    this.copyCount = copies.count
    this.oversized = rare.oversized.rows()
    this.oversizedCount = rare.oversized.count
    this.clockSteps = rare.clockSteps
  }

  /** Appends the chunk's first `to` rows to those of their conversations, without what was captured a second time. */
  #order(chunk: PacketChunk, to: number, packets: PacketTable, afterStill: number[]): void {
    const { conversation, time, verdict, first } = chunk
    const { starts, ends, ordered, delays } = this
    const { shortest, longest } = DELAY_NS
    for (let i = 0; i < to; i++) {
      const id = conversation[i]
      if (id === NO_CONVERSATION || verdict[i] === VERDICT.copy) continue
      const end = ends[id]
      if (end === NOT_WANTED) continue
      ordered[end] = first + i
      ends[id] = end + 1
      if (end === starts[id]) continue
      const before = ordered[end - 1]
      const wait = time[i] - (before >= first ? time[before - first] : packets.time(before))
      if (!(wait >= STILL_NS.shortest && wait <= STILL_NS.longest)) continue
      if (afterStill.length < MOST_STILL) afterStill.push(first + i)
      if (wait >= shortest && wait <= longest && delays[id] < 255) delays[id]++
    }
  }

  /** Rows of a TCP or UDP conversation, ascending, without those that were captured a second time. */
  rowsOf(conversation: number): Uint32Array {
    return this.ordered.subarray(this.starts[conversation], this.ends[conversation])
  }

  /** The entries in `Verdicts` of the conversation's segments that came again, in file order. */
  repetitionsOf(conversation: number): readonly number[] {
    return this.#repetitions.get(conversation) ?? []
  }
}

/** What is rare enough to be kept in lists, whatever conversation it belongs to. */
class RareRows {
  readonly icmp = new RowSample()
  readonly arp = new RowSample()
  readonly oversized = new RowSample()
  readonly clockSteps: ClockStep[] = []
  /** By interface; -Infinity before its first packet. */
  readonly #latest = new Float64Array(NO_INTERFACE).fill(-Infinity)
  readonly #icmpStack: Uint8Array
  readonly #arpStack: Uint8Array
  readonly #hasMessages: boolean
  readonly #hasSteps: boolean
  readonly #hasLong: boolean

  constructor({ mostBack, longestFrame }: PacketTable, stacks: StackTable) {
    this.#hasSteps = mostBack > CLOCK_STEP_NS
    this.#hasLong = longestFrame > LONGEST_FRAME
    const layers = new StackLayers(stacks)
    this.#icmpStack = layers.having([PROTOCOL.icmp, PROTOCOL.icmpv6])
    this.#arpStack = layers.having([PROTOCOL.arp])
    this.#hasMessages = this.#icmpStack.includes(1) || this.#arpStack.includes(1)
  }

  /** The chunk's first `to` rows, a column after the other: small loops are soon compiled. Mostly the capture has nothing of the kind. */
  add(chunk: PacketChunk, to: number): void {
    if (this.#hasSteps) this.#addClockSteps(chunk, to)
    if (this.#hasLong) this.#addLong(chunk, to)
    if (this.#hasMessages) this.#addMessages(chunk, to)
  }

  #addClockSteps({ interface: interfaces, time, first }: PacketChunk, to: number): void {
    const latest = this.#latest
    for (let i = 0; i < to; i++) {
      const interfaceId = interfaces[i]
      if (interfaceId === NO_INTERFACE) continue
      const by = latest[interfaceId] - time[i]
      latest[interfaceId] = time[i]
      if (by > CLOCK_STEP_NS && this.clockSteps.length < MOST_ROWS) {
        this.clockSteps.push({ row: first + i, interfaceId, by })
      }
    }
  }

  #addLong({ length, interface: interfaces, first }: PacketChunk, to: number): void {
    for (let i = 0; i < to; i++) {
      if (length[i] > LONGEST_FRAME && interfaces[i] !== NO_INTERFACE) this.oversized.add(first + i)
    }
  }

  #addMessages({ stack, interface: interfaces, first }: PacketChunk, to: number): void {
    for (let i = 0; i < to; i++) {
      if (interfaces[i] === NO_INTERFACE) continue
      if (this.#icmpStack[stack[i]] !== 0) this.icmp.add(first + i)
      else if (this.#arpStack[stack[i]] !== 0) this.arp.add(first + i)
    }
  }
}

/** What was captured a second time. */
function copiesOf(verdicts: Verdicts): RowSample {
  const copies = new RowSample()
  for (let entry = 0; entry < verdicts.count; entry++) {
    if (verdicts.verdict(entry) === VERDICT.copy) copies.add(verdicts.row(entry))
  }
  return copies
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
