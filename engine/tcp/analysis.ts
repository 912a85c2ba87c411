import type { ConversationTable } from '../columns/conversation-table.ts'
import { FLAG, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'
import { type ConnectionFacts, ConnectionReader } from './connection-facts.ts'
import { ConnectionJournal, concernsJournal } from './connection-journal.ts'
import {
  ACK_ROW,
  BASE_SEQ,
  BIT_BASE,
  BIT_BELOW_ACK,
  BIT_DATA,
  BIT_DISORDERED,
  BIT_DUPLICATES,
  BIT_FLIGHT_KNOWN,
  BIT_KEEP_ALIVE,
  BIT_MOVED_BY_ACK,
  BIT_SACK,
  BIT_SEEN,
  BIT_SYN_WINDOW,
  BIT_ZERO_WINDOW_PROBE,
  BITS,
  CONTIGUOUS,
  DIRECTION_WORDS,
  LAST_ACK,
  LAST_ROW,
  NEXT_ROW,
  NEXT_SEQ,
  OLDEST,
  SCALE,
  WINDOW_AND_COUNT,
} from './directions.ts'
import { LABEL, type Label } from './labels.ts'
import { DUPLICATE_ACKS, SACK_BLOCKS, SACK_EDGES } from './recovery-table.ts'
import { labelOfResent } from './resent-segments.ts'
import { after, atOrBefore, before } from './sequence.ts'
import { TcpState } from './tcp-state.ts'

const { syn: SYN, fin: FIN, rst: RST, ack: ACK } = FLAG
const {
  ack_lost_segment: ACK_LOST_SEGMENT,
  duplicate_ack: DUPLICATE_ACK,
  fast_retransmission: FAST_RETRANSMISSION,
  keep_alive: KEEP_ALIVE,
  keep_alive_ack: KEEP_ALIVE_ACK,
  lost_segment: LOST_SEGMENT,
  partial_ack: PARTIAL_ACK,
  retransmission: RETRANSMISSION,
  reused_ports: REUSED_PORTS,
  spurious_retransmission: SPURIOUS_RETRANSMISSION,
  window_full: WINDOW_FULL,
  window_update: WINDOW_UPDATE,
  zero_window: ZERO_WINDOW,
  zero_window_probe: ZERO_WINDOW_PROBE,
  zero_window_probe_ack: ZERO_WINDOW_PROBE_ACK,
} = LABEL

/** Bytes in flight from here on are taken for an artefact of odd sequence numbers. */
const FLIGHT_LIMIT = 2e9

/**
 * Wireshark's TCP sequence analysis, as tshark 4.6.9 does it, and with it the journal of each connection. One pass in file order;
 * nothing is allocated per packet.
 *
 * "Forward" is the packet's own direction, "reverse" the other; `f` and `r` are where their records start.
 */
export class TcpAnalysis {
  readonly #conversations: ConversationTable
  readonly #state: TcpState
  readonly #journal: ConnectionJournal
  readonly #reader: ConnectionReader

  /** `epoch` gives the nanoseconds since 1970 of the capture's first frame. */
  constructor(packets: PacketTable, conversations: ConversationTable, epoch?: () => bigint | undefined) {
    this.#conversations = conversations
    this.#state = new TcpState(packets, epoch)
    this.#journal = new ConnectionJournal(this.#state)
    this.#reader = new ConnectionReader(this.#state)
  }

  /**
   * Analyses the TCP segment whose row is being written, after its own columns were. `found` is ConversationTable.find's answer;
   * a connection that reuses the ports of another gets a conversation of its own, so the answer may differ from it. Writes the
   * columns labels, acked and bytesInFlight.
   *
   * Long, because every packet comes through here: what most packets need stands in line and on local variables, in the order in
   * which Wireshark looks at it; what few need is in the methods below.
   */
  segment(packet: Packet, chunk: PacketChunk, index: number, row: number, time: number, found: number): number {
    const state = this.#state
    state.reserve(found >>> 1)
    const flags = packet.tcpFlags
    let labels = 0
    if ((flags & SYN) !== 0) {
      if (this.#beginsAnother(flags, packet.seq | 0, found)) {
        found = this.#conversations.replace(found >>> 1, (found & 1) === 1) * 2
        state.reserve(found >>> 1)
        labels = REUSED_PORTS
      } else if ((flags & ACK) === 0 && !packet.optionsCut) {
        state.emptyRecords.add(row, 0, 0)
      }
    }
    const { unacked } = state
    const { words } = state.directions
    const f = found * DIRECTION_WORDS
    const r = (found ^ 1) * DIRECTION_WORDS
    const seq = packet.seq | 0
    const ack = packet.ack | 0
    const length = packet.payloadLength
    const window = packet.window
    const isAck = (flags & ACK) !== 0
    const plain = (flags & (SYN | FIN | RST)) === 0
    /** It takes up sequence numbers. */
    const occupies = length > 0 || (flags & (SYN | FIN)) !== 0
    /** 1 + the row that a retransmission's time-out counts from. */
    let since = 0

    let bits = words[f + BITS]
    if ((bits & BIT_BASE) === 0) {
      bits |= BIT_BASE
      words[f + BASE_SEQ] = (flags & SYN) !== 0 ? seq : (seq - 1) | 0
    }
    let reverseBits = words[r + BITS]
    if (!packet.hasPayloadLength) {
      state.withoutLength.add(row, 0, 0)
      words[f + BITS] = bits
      this.#noteSack(packet, 0, f)
      this.#journal.note(found, flags, seq, ack, window, 0, row, time)
      return found
    }
    if (isAck && (reverseBits & (BIT_BASE | BIT_FLIGHT_KNOWN)) !== (BIT_BASE | BIT_FLIGHT_KNOWN)) {
      if ((reverseBits & BIT_BASE) === 0) words[r + BASE_SEQ] = (ack - 1) | 0
      reverseBits |= BIT_BASE | BIT_FLIGHT_KNOWN
      words[r + BITS] = reverseBits
    }

    const next = words[f + NEXT_SEQ]
    const sameAck = ack === words[f + LAST_ACK]
    const reverseAck = words[r + LAST_ACK]
    if (
      length === 1 &&
      seq === next &&
      (words[r + WINDOW_AND_COUNT] & 0xffff) === 0 &&
      (reverseBits & BIT_SEEN) !== 0
    ) {
      labels |= ZERO_WINDOW_PROBE
    } else {
      if (window === 0 && plain) labels |= ZERO_WINDOW
      if (next !== 0 && after(seq, next) && (flags & RST) === 0) {
        labels |= LOST_SEGMENT
        bits &= ~BIT_FLIGHT_KNOWN
      }
      if (plain) {
        if (length <= 1 && seq === ((next - 1) | 0)) labels |= KEEP_ALIVE
        if (length === 0) {
          if (seq === next) {
            labels |= this.#pureAck(f, r, ack, window)
            if ((labels & DUPLICATE_ACK) !== 0) bits |= BIT_DUPLICATES
          }
        } else if ((reverseBits & SCALE.mask) !== SCALE.unknown) {
          const shift = (reverseBits & BIT_SYN_WINDOW) !== 0 ? 0 : shiftOf(reverseBits)
          const edge = (reverseAck + ((words[r + WINDOW_AND_COUNT] & 0xffff) << shift)) | 0
          if (((seq + length) | 0) === edge) labels |= WINDOW_FULL
        }
      }
    }
    if (!sameAck) {
      words[f + ACK_ROW] = row + 1
      if ((bits & BIT_DUPLICATES) !== 0) {
        const record = state.recovery.of(state.directions, f)
        state.recovery.words[record + DUPLICATE_ACKS] = 0
        bits &= ~BIT_DUPLICATES
      }
    }
    if (isAck && words[r + CONTIGUOUS] !== 0 && after(ack, words[r + CONTIGUOUS])) {
      labels |= this.#acksUnseen(f, r, seq, ack)
    }
    if (occupies && (labels & KEEP_ALIVE) === 0) {
      if (length > 0 && reverseAck !== 0 && atOrBefore(seq + length, reverseAck)) {
        labels |= SPURIOUS_RETRANSMISSION | RETRANSMISSION
      } else if (next !== 0 && before(seq, next) && !(length > 1 && seq === ((next - 1) | 0))) {
        labels |= labelOfResent(state, f, r, found >>> 1, seq, length, flags, time)
      }
      if ((labels & RETRANSMISSION) !== 0 && (labels & SPURIOUS_RETRANSMISSION) === 0) {
        if ((labels & FAST_RETRANSMISSION) === 0) since = unacked.oldestFrom(f, seq) || words[f + NEXT_ROW]
        if (length > 0) this.#journal.resent(f, found >>> 1, seq, time)
      }
    }
    if (concernsJournal(flags, window, bits)) {
      words[f + BITS] = bits
      this.#journal.note(found, flags, seq, ack, window, labels, row, time)
      bits = words[f + BITS]
    }

    // From here on the packet becomes part of the state.
    let end = (seq + length) | 0
    if (next === 0 || after(end, next)) bits = length === 0 ? bits | BIT_MOVED_BY_ACK : bits & ~BIT_MOVED_BY_ACK
    if (length > 0) bits |= BIT_DATA
    let span = 0
    if (occupies) {
      if (unacked.isFull(f)) span = unacked.span(f)
      else {
        if ((flags & (SYN | FIN)) !== 0) end = (end + 1) | 0
        span = unacked.add(f, row, seq, end)
        bits = (bits & ~BIT_DISORDERED) | (words[f + BITS] & BIT_DISORDERED)
      }
      if (!after(end, reverseAck) || after(reverseAck, seq)) bits |= BIT_BELOW_ACK
    }
    if ((labels & ZERO_WINDOW_PROBE) === 0) {
      if (next === 0 || after(end, next)) {
        words[f + NEXT_SEQ] = end
        words[f + NEXT_ROW] = row + 1
      }
      const contiguous = words[f + CONTIGUOUS]
      if (contiguous === 0 || seq === contiguous) words[f + CONTIGUOUS] = words[f + NEXT_SEQ]
    }
    words[f + WINDOW_AND_COUNT] = (words[f + WINDOW_AND_COUNT] & ~0xffff) | window
    words[f + LAST_ACK] = ack
    words[f + LAST_ROW] = row + 1
    bits = (bits & ~(BIT_KEEP_ALIVE | BIT_ZERO_WINDOW_PROBE)) | BIT_SEEN
    if (labels !== 0) {
      if ((labels & KEEP_ALIVE) !== 0) bits |= BIT_KEEP_ALIVE
      if ((labels & ZERO_WINDOW_PROBE) !== 0) bits |= BIT_ZERO_WINDOW_PROBE
    }
    if ((flags & SYN) !== 0) bits |= BIT_SYN_WINDOW
    else if (isAck) bits &= ~BIT_SYN_WINDOW
    words[f + BITS] = bits

    let acked = 0
    if (words[r + OLDEST] !== 0 && (!sameAck || (words[r + BITS] & BIT_BELOW_ACK) !== 0)) {
      unacked.acknowledge(r, ack)
      acked = unacked.acked
      if (unacked.partial) labels |= PARTIAL_ACK
    }
    let flight = 0
    const hasFlight = length > 0 && (bits & BIT_FLIGHT_KNOWN) !== 0
    if (hasFlight) {
      flight = (reverseBits & BIT_SACK) === 0 ? span : this.#withoutSacked(r, span)
      if (flight >= FLIGHT_LIMIT) flight = 0
      if (flight > 0 && (flags & (SYN | FIN)) !== 0) flight--
    }

    if (packet.hasSack || (bits & BIT_SACK) !== 0 || packet.windowShift >= 0 || (flags & SYN) !== 0) {
      this.#noteOptions(packet, flags, f, r)
      if (packet.hasSack && (labels & WINDOW_UPDATE) !== 0) {
        labels = (labels & ~WINDOW_UPDATE) | DUPLICATE_ACK
        this.#countDuplicate(f)
        words[f + BITS] |= BIT_DUPLICATES
      }
    }
    // Where the options are cut Wireshark shows nothing of the analysis. The columns hold zeros already.
    if (packet.optionsCut) return found
    if (acked !== 0) chunk.acked[index] = acked
    if (flight !== 0) chunk.bytesInFlight[index] = flight
    else if (hasFlight) state.emptyRecords.add(row, 0, 0)
    if (labels === 0) return found
    chunk.labels[index] = labels
    if (since !== 0) state.retransmissions.add(row, since, 0)
    if ((labels & DUPLICATE_ACK) !== 0) this.#noteDuplicate(f, row)
    if (labels !== PARTIAL_ACK) state.trouble.countLabels(state.troubleOf(found >>> 1), labels)
    return found
  }

  /** What is known of a TCP conversation. */
  connection(conversation: number): ConnectionFacts {
    return this.#reader.facts(conversation, this.#lastTime(conversation))
  }

  /** Nanoseconds the conversation stood still for all causes, each moment counted once. */
  lostNs(conversation: number): number {
    return this.#reader.lostNs(conversation, this.#lastTime(conversation))
  }

  /** Those of them that lie in [from, to). */
  lostWithin(conversation: number, from: number, to: number): number {
    return this.#reader.lostWithin(conversation, from, to, this.#lastTime(conversation))
  }

  /** How often packets of the conversation have the label; for sorting, where connection() would make too many objects. */
  labelCount(conversation: number, label: Label): number {
    return this.#reader.labelCount(conversation, label)
  }

  /** Whether anything was noted of the conversation: a label, a repeated SYN, a reset, time lost. */
  isTroubled(conversation: number): boolean {
    return this.#state.connections.trouble[conversation] > 0
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

  /** How far the direction's window fields are to be shifted; undefined if its SYN was not seen. */
  windowShift(conversation: number, direction: number): number | undefined {
    return this.#reader.windowShift(conversation, direction)
  }

  /** The window of a TCP row in bytes, as far as its scale is known. */
  scaledWindow(row: number): number {
    const chunk = this.#state.packets.chunk(row)
    const i = row & (chunk.flags.length - 1)
    const flags = chunk.flags[i]
    if ((flags & SYN) !== 0) return chunk.window[i]
    const shift = this.#reader.windowShift(chunk.conversation[i], (flags & FLAG.reverse) !== 0 ? 1 : 0) ?? 0
    return chunk.window[i] * 2 ** shift
  }

  /** Whether the length of a TCP row's payload could be told. */
  hasLength(row: number): boolean {
    return this.#state.withoutLength.find(row) < 0
  }

  /** The rows of [from, to) for which that is so. */
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

  #lastTime(conversation: number): number {
    return this.#state.packets.time(this.#conversations.lastRow(conversation))
  }

  /** A SYN or SYN-ACK that can't belong to the connection known by these ports. */
  #beginsAnother(flags: number, seq: number, found: number): boolean {
    const { words } = this.#state.directions
    const f = found * DIRECTION_WORDS
    if ((words[f + BITS] & BIT_BASE) === 0) {
      if ((flags & ACK) === 0) this.#state.connections.begin(found >>> 1)
      return false
    }
    if (seq !== words[f + BASE_SEQ] || this.#state.connections.isEnding(found >>> 1)) return true
    // The same SYN again. A RST may have moved the sequence number on in between.
    if ((flags & ACK) === 0) words[f + NEXT_SEQ] = words[f + CONTIGUOUS]
    return false
  }

  /** Labels of a packet without payload at the next sequence number that is neither SYN, FIN nor RST. */
  #pureAck(f: number, r: number, ack: number, window: number): number {
    const { words } = this.#state.directions
    const reverseBits = words[r + BITS]
    const lastAck = words[f + LAST_ACK]
    const sameWindow = window === (words[f + WINDOW_AND_COUNT] & 0xffff) && (words[f + BITS] & BIT_SEEN) !== 0
    if (!sameWindow) return window !== 0 && ack === lastAck ? WINDOW_UPDATE : 0
    if (window === 0) {
      if ((reverseBits & BIT_ZERO_WINDOW_PROBE) === 0) return 0
      if (ack === lastAck) return ZERO_WINDOW_PROBE_ACK
      if (ack !== ((lastAck + 1) | 0)) return 0
      // The receiver took the probe's byte.
      words[r + NEXT_SEQ] = ack
      words[r + CONTIGUOUS] = ack
      return ZERO_WINDOW_PROBE_ACK
    }
    if (ack !== lastAck) return 0
    if ((reverseBits & BIT_KEEP_ALIVE) !== 0) return KEEP_ALIVE_ACK
    this.#countDuplicate(f)
    return DUPLICATE_ACK
  }

  #countDuplicate(f: number): void {
    const { recovery, directions } = this.#state
    const record = recovery.of(directions, f)
    recovery.words[record + DUPLICATE_ACKS]++
  }

  #noteDuplicate(f: number, row: number): void {
    const { duplicateAcks, recovery, directions } = this.#state
    duplicateAcks.add(row, recovery.get(directions, f, DUPLICATE_ACKS), directions.words[f + ACK_ROW])
  }

  /** The ACK covers more than was seen without a hole. */
  #acksUnseen(f: number, r: number, seq: number, ack: number): number {
    const { words } = this.#state.directions
    if (
      (words[r + BITS] & BIT_ZERO_WINDOW_PROBE) !== 0 &&
      ack === ((words[f + LAST_ACK] + 1) | 0) &&
      seq === words[f + NEXT_SEQ]
    ) {
      words[r + NEXT_SEQ] = ack
      words[r + CONTIGUOUS] = ack
      return WINDOW_UPDATE
    }
    words[r + CONTIGUOUS] = this.#state.unacked.endOfRun(r, ack)
    return ACK_LOST_SEGMENT
  }

  /** The span less what the SACK blocks in the last packet of the direction at `r` cover, unsigned. */
  #withoutSacked(r: number, span: number): number {
    const { directions, recovery } = this.#state
    const record = recovery.of(directions, r)
    const { words } = recovery
    for (let i = 0; i < words[record + SACK_BLOCKS]; i++) {
      span = (span - words[record + SACK_EDGES + 2 * i + 1] + words[record + SACK_EDGES + 2 * i]) >>> 0
    }
    return span
  }

  /** A SYN whose options were cut does not tell that it has no window scale. */
  #noteOptions(packet: Packet, flags: number, f: number, r: number): void {
    this.#noteScale(packet.windowShift, packet.optionsCut ? 0 : flags, f, r)
    this.#noteSack(packet, packet.sackBlocks, f)
  }

  /**
   * RFC 7323 section 2.2: windows are scaled only if both SYNs have the option. Wireshark heeds the option on any packet, and
   * lets the first SYN without one decide for both directions.
   */
  #noteScale(shift: number, flags: number, f: number, r: number): void {
    const { words } = this.#state.directions
    if (shift >= 0) setScale(words, f, SCALE.shift + shift)
    if ((flags & SYN) === 0) return
    if ((words[f + BITS] & SCALE.mask) === SCALE.unknown) {
      setScale(words, f, SCALE.unused)
      setScale(words, r, SCALE.unused)
    } else if ((flags & ACK) !== 0 && (words[r + BITS] & SCALE.mask) === SCALE.unused) {
      setScale(words, f, SCALE.unused)
    }
  }

  #noteSack(packet: Packet, blocks: number, f: number): void {
    const { recovery, directions } = this.#state
    if (blocks === 0 && (directions.words[f + BITS] & BIT_SACK) === 0) return
    const record = recovery.of(directions, f)
    const { words } = recovery
    if (blocks !== 0) directions.words[f + BITS] |= BIT_SACK
    else directions.words[f + BITS] &= ~BIT_SACK
    words[record + SACK_BLOCKS] = blocks
    for (let i = 0; i < blocks * 2; i++) words[record + SACK_EDGES + i] = packet.sack[i]
  }
}

/** The shift count in a direction's bits; 0 if none is known or used. */
function shiftOf(bits: number): number {
  const scale = bits & SCALE.mask
  return scale >= SCALE.shift ? scale - SCALE.shift : 0
}

function setScale(words: Int32Array, at: number, scale: number): void {
  words[at + BITS] = (words[at + BITS] & ~SCALE.mask) | scale
}
