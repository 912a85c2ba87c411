import type { ConversationTable } from '../columns/conversation-table.ts'
import { FLAG, type PacketChunk, type PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'
import { type ConnectionFacts, ConnectionReader } from './connection-facts.ts'
import { ConnectionJournal } from './connection-journal.ts'
import {
  ACK_ROW,
  BASE_SEQ,
  BIT,
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
        labels = LABEL.reused_ports
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
    if ((bits & BIT.base) === 0) {
      bits |= BIT.base
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
    if (isAck && (reverseBits & (BIT.base | BIT.flightKnown)) !== (BIT.base | BIT.flightKnown)) {
      if ((reverseBits & BIT.base) === 0) words[r + BASE_SEQ] = (ack - 1) | 0
      reverseBits |= BIT.base | BIT.flightKnown
      words[r + BITS] = reverseBits
    }

    const next = words[f + NEXT_SEQ]
    const sameAck = ack === words[f + LAST_ACK]
    const reverseAck = words[r + LAST_ACK]
    if (
      length === 1 &&
      seq === next &&
      (words[r + WINDOW_AND_COUNT] & 0xffff) === 0 &&
      (reverseBits & BIT.seen) !== 0
    ) {
      labels |= LABEL.zero_window_probe
    } else {
      if (window === 0 && plain) labels |= LABEL.zero_window
      if (next !== 0 && after(seq, next) && (flags & RST) === 0) {
        labels |= LABEL.lost_segment
        bits &= ~BIT.flightKnown
      }
      if (plain) {
        if (length <= 1 && seq === ((next - 1) | 0)) labels |= LABEL.keep_alive
        if (length === 0) {
          if (seq === next) {
            labels |= this.#pureAck(f, r, ack, window)
            if ((labels & LABEL.duplicate_ack) !== 0) bits |= BIT.duplicates
          }
        } else if ((reverseBits & SCALE.mask) !== SCALE.unknown) {
          const shift = (reverseBits & BIT.synWindow) !== 0 ? 0 : shiftOf(reverseBits)
          const edge = (reverseAck + ((words[r + WINDOW_AND_COUNT] & 0xffff) << shift)) | 0
          if (((seq + length) | 0) === edge) labels |= LABEL.window_full
        }
      }
    }
    if (!sameAck) {
      words[f + ACK_ROW] = row + 1
      if ((bits & BIT.duplicates) !== 0) {
        const record = state.recovery.of(state.directions, f)
        state.recovery.words[record + DUPLICATE_ACKS] = 0
        bits &= ~BIT.duplicates
      }
    }
    if (isAck && words[r + CONTIGUOUS] !== 0 && after(ack, words[r + CONTIGUOUS])) {
      labels |= this.#acksUnseen(f, r, seq, ack)
    }
    if (occupies && (labels & LABEL.keep_alive) === 0) {
      if (length > 0 && reverseAck !== 0 && atOrBefore(seq + length, reverseAck)) {
        labels |= LABEL.spurious_retransmission | LABEL.retransmission
      } else if (next !== 0 && before(seq, next) && !(length > 1 && seq === ((next - 1) | 0))) {
        labels |= labelOfResent(state, f, r, found >>> 1, seq, length, flags, time)
      }
      if ((labels & LABEL.retransmission) !== 0 && (labels & LABEL.spurious_retransmission) === 0) {
        if ((labels & LABEL.fast_retransmission) === 0) since = unacked.oldestFrom(f, seq) || words[f + NEXT_ROW]
        if (length > 0) this.#journal.resent(f, found >>> 1, seq, time)
      }
    }
    if (ConnectionJournal.concerns(flags, window, bits)) {
      words[f + BITS] = bits
      this.#journal.note(found, flags, seq, ack, window, labels, row, time)
      bits = words[f + BITS]
    }

    // From here on the packet becomes part of the state.
    let end = (seq + length) | 0
    if (next === 0 || after(end, next)) bits = length === 0 ? bits | BIT.movedByAck : bits & ~BIT.movedByAck
    if (length > 0) bits |= BIT.data
    let span = 0
    if (occupies) {
      if (unacked.isFull(f)) span = unacked.span(f)
      else {
        if ((flags & (SYN | FIN)) !== 0) end = (end + 1) | 0
        span = unacked.add(f, row, seq, end)
        bits = (bits & ~BIT.disordered) | (words[f + BITS] & BIT.disordered)
      }
      if (!after(end, reverseAck) || after(reverseAck, seq)) bits |= BIT.belowAck
    }
    if ((labels & LABEL.zero_window_probe) === 0) {
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
    bits = (bits & ~(BIT.keepAlive | BIT.zeroWindowProbe)) | BIT.seen
    if (labels !== 0) {
      if ((labels & LABEL.keep_alive) !== 0) bits |= BIT.keepAlive
      if ((labels & LABEL.zero_window_probe) !== 0) bits |= BIT.zeroWindowProbe
    }
    if ((flags & SYN) !== 0) bits |= BIT.synWindow
    else if (isAck) bits &= ~BIT.synWindow
    words[f + BITS] = bits

    let acked = 0
    if (words[r + OLDEST] !== 0 && (!sameAck || (words[r + BITS] & BIT.belowAck) !== 0)) {
      unacked.acknowledge(r, ack)
      acked = unacked.acked
      if (unacked.partial) labels |= LABEL.partial_ack
    }
    let flight = 0
    const hasFlight = length > 0 && (bits & BIT.flightKnown) !== 0
    if (hasFlight) {
      flight = (reverseBits & BIT.sack) === 0 ? span : this.#withoutSacked(r, span)
      if (flight >= FLIGHT_LIMIT) flight = 0
      if (flight > 0 && (flags & (SYN | FIN)) !== 0) flight--
    }

    if (packet.hasSack || (bits & BIT.sack) !== 0 || packet.windowShift >= 0 || (flags & SYN) !== 0) {
      this.#noteOptions(packet, flags, f, r)
      if (packet.hasSack && (labels & LABEL.window_update) !== 0) {
        labels = (labels & ~LABEL.window_update) | LABEL.duplicate_ack
        this.#countDuplicate(f)
        words[f + BITS] |= BIT.duplicates
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
    if ((labels & LABEL.duplicate_ack) !== 0) this.#noteDuplicate(f, row)
    if (labels !== LABEL.partial_ack) state.trouble.countLabels(state.troubleOf(found >>> 1), labels)
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
    if ((words[f + BITS] & BIT.base) === 0) {
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
    const sameWindow = window === (words[f + WINDOW_AND_COUNT] & 0xffff) && (words[f + BITS] & BIT.seen) !== 0
    if (!sameWindow) return window !== 0 && ack === lastAck ? LABEL.window_update : 0
    if (window === 0) {
      if ((reverseBits & BIT.zeroWindowProbe) === 0) return 0
      if (ack === lastAck) return LABEL.zero_window_probe_ack
      if (ack !== ((lastAck + 1) | 0)) return 0
      // The receiver took the probe's byte.
      words[r + NEXT_SEQ] = ack
      words[r + CONTIGUOUS] = ack
      return LABEL.zero_window_probe_ack
    }
    if (ack !== lastAck) return 0
    if ((reverseBits & BIT.keepAlive) !== 0) return LABEL.keep_alive_ack
    this.#countDuplicate(f)
    return LABEL.duplicate_ack
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
      (words[r + BITS] & BIT.zeroWindowProbe) !== 0 &&
      ack === ((words[f + LAST_ACK] + 1) | 0) &&
      seq === words[f + NEXT_SEQ]
    ) {
      words[r + NEXT_SEQ] = ack
      words[r + CONTIGUOUS] = ack
      return LABEL.window_update
    }
    words[r + CONTIGUOUS] = this.#state.unacked.endOfRun(r, ack)
    return LABEL.ack_lost_segment
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
    if (blocks === 0 && (directions.words[f + BITS] & BIT.sack) === 0) return
    const record = recovery.of(directions, f)
    const { words } = recovery
    if (blocks !== 0) directions.words[f + BITS] |= BIT.sack
    else directions.words[f + BITS] &= ~BIT.sack
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
