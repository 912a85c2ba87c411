import type { ConversationState, ResetCause } from '../answers.ts'
import { FLAG, type PacketTable } from '../columns/packet-table.ts'
import type { Kernel } from '../kernel.ts'
import { type ConnectionFacts, ConnectionReader } from './connection-facts.ts'
import type { Label } from './labels.ts'
import type { LostTimeCause } from './lost-time.ts'
import { TcpState } from './tcp-state.ts'

/** What the kernel's TCP analysis (kernel/tcp/analysis.ts) has found, beyond the columns of the packet table. */
export class TcpAnalysis {
  readonly #state: TcpState
  readonly #reader: ConnectionReader

  constructor(kernel: Kernel, packets: PacketTable) {
    this.#state = new TcpState(kernel, packets)
    this.#reader = new ConnectionReader(kernel, this.#state)
  }

  /** What is known of a TCP conversation. */
  connection(conversation: number): ConnectionFacts {
    return this.#reader.facts(conversation)
  }

  /** How far the conversation got. */
  state(conversation: number): ConversationState {
    return this.#reader.state(conversation)
  }

  /** Why the first reset was sent; undefined without one. */
  resetCause(conversation: number): ResetCause | undefined {
    return this.#reader.resetCause(conversation)
  }

  /** Nanoseconds the conversation stood still for all causes, each moment counted once. */
  lostNs(conversation: number): number {
    return this.#reader.lostNs(conversation)
  }

  /** Those that are charged to one cause. */
  lostTo(cause: LostTimeCause, conversation: number): number {
    return this.#reader.lostTo(cause, conversation)
  }

  /** Those of them that lie in [from, to). */
  lostWithin(conversation: number, from: number, to: number): number {
    return this.#reader.lostWithin(conversation, from, to)
  }

  /** How often packets of the conversation have the label; for sorting, where connection() would make too many objects. */
  labelCount(conversation: number, label: Label): number {
    return this.#reader.labelCount(conversation, label)
  }

  /** The conversations of which anything was noted, ascending: a label, a repeated SYN, a reset, time lost. */
  troubled(): number[] {
    return this.#reader.troubled()
  }

  /** Those of them that have resets. */
  reset(): number[] {
    return this.#reader.reset()
  }

  /** How many resets the conversation has. */
  resets(conversation: number): number {
    return this.#reader.resets(conversation)
  }

  /** Nanoseconds from the last SYN to the first ACK after it; 0 = not known. */
  initialRtt(conversation: number): number {
    return this.#reader.initialRtt(conversation)
  }

  /** Whether tshark shows `initial_rtt` at the row of the conversation: once it is known, on packets with anything else to show. */
  showsInitialRtt(row: number, conversation: number): boolean {
    const chunk = this.#state.packets.chunk(row)
    const i = row & (chunk.labels.length - 1)
    const known = this.#state.connections.rttRow[conversation]
    if (known === 0 || row + 1 < known) return false
    if ((chunk.labels[i] | chunk.acked[i] | chunk.bytesInFlight[i]) !== 0) return true
    return this.#state.emptyRecords.find(row) >= 0
  }

  /** The sequence number from which the direction's (0 = from A) relative ones count; undefined if it is not known. */
  baseSeq(conversation: number, direction: number): number | undefined {
    return this.#reader.baseSeq(conversation, direction)
  }

  /** The TTL (IPv4) or hop limit (IPv6) of the direction's first packet; 0 if there was none. */
  ttl(conversation: number, direction: number): number {
    return this.#reader.ttl(conversation, direction)
  }

  /** How far the direction's window fields are to be shifted; undefined if its SYN was not seen. */
  windowShift(conversation: number, direction: number): number | undefined {
    return this.#reader.windowShift(conversation, direction)
  }

  /** The window of a TCP row in bytes, as far as its scale is known. */
  scaledWindow(row: number): number {
    const chunk = this.#state.packets.chunk(row)
    const i = row & (chunk.flags.length - 1)
    const flags = chunk.flags[i]
    if ((flags & FLAG.syn) !== 0) return chunk.window[i]
    const shift = this.#reader.windowShift(chunk.conversation[i], (flags & FLAG.reverse) !== 0 ? 1 : 0) ?? 0
    return chunk.window[i] * 2 ** shift
  }

  /** Whether the length of a TCP row's payload could be told. */
  hasLength(row: number): boolean {
    return this.#state.withoutLength.find(row) < 0
  }

  /** The rows of [from, to) for which it could not. */
  withoutLength(from: number, to: number): Uint32Array {
    return this.#state.withoutLength.rows(from, to)
  }

  /** For a duplicate ACK: how many there have been of it, and the row of the ACK it repeats (-1 if that was not seen). */
  duplicateAck(row: number): { readonly number: number; readonly original: number } | undefined {
    const { duplicateAcks } = this.#state
    const at = duplicateAcks.find(row)
    return at < 0 ? undefined : { number: duplicateAcks.first(at), original: duplicateAcks.second(at) - 1 }
  }

  /** For a retransmission neither fast nor spurious: the row that its retransmission time-out (`tcp.analysis.rto`) counts from. */
  retransmissionSince(row: number): number | undefined {
    const { retransmissions } = this.#state
    const at = retransmissions.find(row)
    return at < 0 || retransmissions.first(at) === 0 ? undefined : retransmissions.first(at) - 1
  }
}
