import { addRow } from '../columns/sparse-columns.ts'
import { FLAG } from '../../columns/packet-columns.ts'
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
  BIT_TTL_VARIES,
  BIT_ZERO_WINDOW_PROBE,
  BITS,
  CONTIGUOUS,
  LAST_ACK,
  LAST_ROW,
  NEXT_ROW,
  NEXT_SEQ,
  OLDEST,
  SCALE,
  TTL_SHIFT,
  WINDOW_AND_COUNT,
} from '../../tcp/directions.ts'
import { LABEL } from '../../tcp/labels.ts'
import { DUPLICATE_ACKS, SACK_BLOCKS, SACK_EDGES } from '../../tcp/recovery-table.ts'
import { replace } from '../columns/conversations.ts'
import { setAcked, setBytesInFlight, setLabels } from '../columns/packet-columns.ts'
import { I32s } from '../memory.ts'
import { packet } from '../packet.ts'
import * as calm from './calm.ts'
import * as journal from './connection-journal.ts'
import * as connections from './connection-table.ts'
import { directionAt } from './directions.ts'
import * as recovery from './recovery-table.ts'
import { labelOfResent } from './resent-segments.ts'
import { after, atOrBefore, before } from './sequence.ts'
import { duplicateAcks, emptyRecords, reserve, retransmissions, withoutLength } from './tcp-state.ts'
import * as unacked from './unacked-segments.ts'

// Wireshark's TCP sequence analysis, as tshark 4.6.9 does it, and with it the journal of each connection. One pass in file order;
// nothing is allocated per packet.
//
// "Forward" is the packet's own direction, "reverse" the other; `f` and `r` are their records.

const SYN: i32 = FLAG.syn
const FIN: i32 = FLAG.fin
const RST: i32 = FLAG.rst
const ACK: i32 = FLAG.ack

/** Those of the last segment. */
export let labelsFound: i32 = 0

/**
 * Analyses the TCP segment in `packet` whose row is being written, after its own columns were. `found` is the answer of find() of
 * the conversations; a connection that reuses the ports of another gets a conversation of its own, so the answer may differ from
 * it. Writes the columns labels, acked and bytesInFlight.
 */
export function segment(row: i32, time: f64, found: i32): i32 {
  reserve(found >>> 1)
  labelsFound = packet.isPlain !== 0 ? calm.segment(row, found) : calm.NOT_CALM
  if (labelsFound === calm.NOT_CALM) return any(row, time, found)
  if (labelsFound !== 0) setLabels(labelsFound)
  return found
}

/** Any segment. In the order in which Wireshark looks at it, on local variables; what few need is in the functions below. */
function any(row: i32, time: f64, found: i32): i32 {
  labelsFound = 0
  const flags = packet.tcpFlags
  let labels = 0
  if ((flags & SYN) !== 0) {
    if (beginsAnother(flags, packet.seq, found)) {
      found = replace(found >>> 1, (found & 1) === 1) * 2
      reserve(found >>> 1)
      labels = LABEL.reused_ports
    } else if ((flags & ACK) === 0 && packet.optionsCut === 0) {
      addRow(emptyRecords, row, 0, 0)
    }
  }
  const f = directionAt(found)
  const r = directionAt(found ^ 1)
  const seq = packet.seq
  const ack = packet.ack
  const length = packet.payloadLength
  const window = packet.window
  const isAck = (flags & ACK) !== 0
  const plain = (flags & (SYN | FIN | RST)) === 0
  /** It takes up sequence numbers. */
  const occupies = length > 0 || (flags & (SYN | FIN)) !== 0
  /** 1 + the row that a retransmission's time-out counts from. */
  let since = 0

  let bits = f[BITS]
  if ((bits & BIT_BASE) === 0) {
    bits |= BIT_BASE
    f[BASE_SEQ] = (flags & SYN) !== 0 ? seq : seq - 1
  }
  let reverseBits = r[BITS]
  if (packet.hasPayloadLength === 0) {
    addRow(withoutLength, row, 0, 0)
    f[BITS] = bits
    noteSack(0, f)
    journal.note(found, flags, seq, ack, window, 0, row, time)
    return found
  }
  if (isAck && (reverseBits & (BIT_BASE | BIT_FLIGHT_KNOWN)) !== (BIT_BASE | BIT_FLIGHT_KNOWN)) {
    if ((reverseBits & BIT_BASE) === 0) r[BASE_SEQ] = ack - 1
    reverseBits |= BIT_BASE | BIT_FLIGHT_KNOWN
    r[BITS] = reverseBits
  }

  const next = f[NEXT_SEQ]
  const sameAck = ack === f[LAST_ACK]
  const reverseAck = r[LAST_ACK]
  if (length === 1 && seq === next && (r[WINDOW_AND_COUNT] & 0xffff) === 0 && (reverseBits & BIT_SEEN) !== 0) {
    labels |= LABEL.zero_window_probe
  } else {
    if (window === 0 && plain) labels |= LABEL.zero_window
    if (next !== 0 && after(seq, next) && (flags & RST) === 0) {
      labels |= LABEL.lost_segment
      bits &= ~BIT_FLIGHT_KNOWN
    }
    if (plain) {
      if (length <= 1 && seq === next - 1) labels |= LABEL.keep_alive
      if (length === 0) {
        if (seq === next) {
          labels |= pureAck(f, r, ack, window)
          if ((labels & LABEL.duplicate_ack) !== 0) bits |= BIT_DUPLICATES
        }
      } else if ((reverseBits & SCALE.mask) !== SCALE.unknown) {
        const shift = (reverseBits & BIT_SYN_WINDOW) !== 0 ? 0 : shiftOf(reverseBits)
        const edge = reverseAck + ((r[WINDOW_AND_COUNT] & 0xffff) << shift)
        if (seq + length === edge) labels |= LABEL.window_full
      }
    }
  }
  if (!sameAck) {
    f[ACK_ROW] = row + 1
    if ((bits & BIT_DUPLICATES) !== 0) {
      recovery.recordOf(f)[DUPLICATE_ACKS] = 0
      bits &= ~BIT_DUPLICATES
    }
  }
  if (isAck) {
    const contiguous = r[CONTIGUOUS]
    if (contiguous !== 0 && after(ack, contiguous)) labels |= acksUnseen(f, r, seq, ack)
  }
  if (occupies && (labels & LABEL.keep_alive) === 0) {
    if (length > 0 && reverseAck !== 0 && atOrBefore(seq + length, reverseAck)) {
      labels |= LABEL.spurious_retransmission | LABEL.retransmission
    } else if (next !== 0 && before(seq, next) && !(length > 1 && seq === next - 1)) {
      labels |= labelOfResent(f, r, found >>> 1, seq, length, flags, time)
    }
    if ((labels & LABEL.retransmission) !== 0 && (labels & LABEL.spurious_retransmission) === 0) {
      if ((labels & LABEL.fast_retransmission) === 0) since = unacked.oldestFrom(f, seq) || f[NEXT_ROW]
      if (length > 0) journal.resent(f, seq)
    }
  }
  if (journal.concernsJournal(flags, window, bits)) {
    f[BITS] = bits
    journal.note(found, flags, seq, ack, window, labels, row, time)
    bits = f[BITS]
  }

  // From here on the packet becomes part of the state.
  let end = seq + length
  // Wireshark keeps the length in eight bits.
  if (next === 0 || after(end, next)) bits = (length & 0xff) === 0 ? bits | BIT_MOVED_BY_ACK : bits & ~BIT_MOVED_BY_ACK
  if (length > 0) bits |= BIT_DATA
  let span = 0
  if (occupies) {
    if (unacked.isFull(f)) span = unacked.span(f)
    else {
      if ((flags & (SYN | FIN)) !== 0) end++
      span = unacked.add(f, row, seq, end)
      bits = (bits & ~BIT_DISORDERED) | (f[BITS] & BIT_DISORDERED)
    }
    if (!after(end, reverseAck) || after(reverseAck, seq)) bits |= BIT_BELOW_ACK
  }
  if ((labels & LABEL.zero_window_probe) === 0) {
    if (next === 0 || after(end, next)) {
      f[NEXT_SEQ] = end
      f[NEXT_ROW] = row + 1
    }
    const contiguous = f[CONTIGUOUS]
    if (contiguous === 0 || seq === contiguous) f[CONTIGUOUS] = f[NEXT_SEQ]
  }
  f[WINDOW_AND_COUNT] = (f[WINDOW_AND_COUNT] & ~0xffff) | window
  f[LAST_ACK] = ack
  f[LAST_ROW] = row + 1
  if (bits >>> TTL_SHIFT !== packet.ttl) bits = noteTtl(bits)
  bits = (bits & ~(BIT_KEEP_ALIVE | BIT_ZERO_WINDOW_PROBE)) | BIT_SEEN
  if (labels !== 0) {
    if ((labels & LABEL.keep_alive) !== 0) bits |= BIT_KEEP_ALIVE
    if ((labels & LABEL.zero_window_probe) !== 0) bits |= BIT_ZERO_WINDOW_PROBE
  }
  if ((flags & SYN) !== 0) bits |= BIT_SYN_WINDOW
  else if (isAck) bits &= ~BIT_SYN_WINDOW
  f[BITS] = bits

  let acked = 0
  if (r[OLDEST] !== 0 && (!sameAck || (r[BITS] & BIT_BELOW_ACK) !== 0)) {
    acked = unacked.acknowledge(r, ack)
    if (unacked.partial) labels |= LABEL.partial_ack
  }
  let flight = 0
  const hasFlight = length > 0 && (bits & BIT_FLIGHT_KNOWN) !== 0
  if (hasFlight) {
    flight = (reverseBits & BIT_SACK) === 0 ? span : withoutSacked(r, span)
    if (flight < 0 || flight >= unacked.FLIGHT_LIMIT) flight = 0
    if (flight > 0 && (flags & (SYN | FIN)) !== 0) flight--
  }

  const hasSack = packet.hasSack !== 0
  if (hasSack || (bits & BIT_SACK) !== 0 || packet.windowShift >= 0 || (flags & SYN) !== 0) {
    noteOptions(flags, f, r)
    if (hasSack && (labels & LABEL.window_update) !== 0) {
      labels = (labels & ~LABEL.window_update) | LABEL.duplicate_ack
      countDuplicate(f)
      f[BITS] |= BIT_DUPLICATES
    }
  }
  // Where the options are cut Wireshark shows nothing of the analysis. The columns hold zeros already.
  if (packet.optionsCut !== 0) return found
  if (acked !== 0) setAcked(acked)
  if (flight !== 0) setBytesInFlight(flight)
  else if (hasFlight) addRow(emptyRecords, row, 0, 0)
  if (labels === 0) return found
  setLabels(labels)
  labelsFound = labels
  if (since !== 0) addRow(retransmissions, row, since, 0)
  if ((labels & LABEL.duplicate_ack) !== 0) addRow(duplicateAcks, row, recovery.get(f, DUPLICATE_ACKS), f[ACK_ROW])
  return found
}

/** Keeps the TTL of the direction's first packet, or that others have another one. */
function noteTtl(bits: i32): i32 {
  return bits | ((bits & BIT_SEEN) === 0 ? packet.ttl << TTL_SHIFT : BIT_TTL_VARIES)
}

/** A SYN or SYN-ACK that can't belong to the connection known by these ports. */
function beginsAnother(flags: i32, seq: i32, found: i32): bool {
  const f = directionAt(found)
  if ((f[BITS] & BIT_BASE) === 0) {
    if ((flags & ACK) === 0) connections.begin(found >>> 1)
    return false
  }
  if (seq !== f[BASE_SEQ] || connections.isEnding(found >>> 1)) return true
  // The same SYN again. A RST may have moved the sequence number on in between.
  if ((flags & ACK) === 0) f[NEXT_SEQ] = f[CONTIGUOUS]
  return false
}

/** Labels of a packet without payload at the next sequence number that is neither SYN, FIN nor RST. */
function pureAck(f: I32s, r: I32s, ack: i32, window: i32): i32 {
  const lastAck = f[LAST_ACK]
  const sameWindow = window === (f[WINDOW_AND_COUNT] & 0xffff) && (f[BITS] & BIT_SEEN) !== 0
  if (!sameWindow) return window !== 0 && ack === lastAck ? LABEL.window_update : 0
  if (window === 0) {
    if ((r[BITS] & BIT_ZERO_WINDOW_PROBE) === 0) return 0
    if (ack === lastAck) return LABEL.zero_window_probe_ack
    if (ack !== lastAck + 1) return 0
    // The receiver took the probe's byte.
    r[NEXT_SEQ] = ack
    r[CONTIGUOUS] = ack
    return LABEL.zero_window_probe_ack
  }
  if (ack !== lastAck) return 0
  if ((r[BITS] & BIT_KEEP_ALIVE) !== 0) return LABEL.keep_alive_ack
  countDuplicate(f)
  return LABEL.duplicate_ack
}

function countDuplicate(f: I32s): void {
  const record = recovery.recordOf(f)
  record[DUPLICATE_ACKS]++
}

/** The ACK covers more than was seen without a hole. */
function acksUnseen(f: I32s, r: I32s, seq: i32, ack: i32): i32 {
  if ((r[BITS] & BIT_ZERO_WINDOW_PROBE) !== 0 && ack === f[LAST_ACK] + 1 && seq === f[NEXT_SEQ]) {
    r[NEXT_SEQ] = ack
    r[CONTIGUOUS] = ack
    return LABEL.window_update
  }
  r[CONTIGUOUS] = unacked.endOfRun(r, ack)
  return LABEL.ack_lost_segment
}

/** The span less what the SACK blocks in the last packet of the direction at `r` cover, unsigned. */
function withoutSacked(r: I32s, span: i32): i32 {
  const record = recovery.recordOf(r)
  const blocks = record[SACK_BLOCKS]
  for (let i = 0; i < blocks; i++) span += record[SACK_EDGES + 2 * i] - record[SACK_EDGES + 2 * i + 1]
  return span
}

/** A SYN whose options were cut does not tell that it has no window scale. */
function noteOptions(flags: i32, f: I32s, r: I32s): void {
  noteScale(packet.windowShift, packet.optionsCut !== 0 ? 0 : flags, f, r)
  noteSack(packet.sackBlocks, f)
}

/**
 * RFC 7323 section 2.2: windows are scaled only if both SYNs have the option. Wireshark heeds the option on any packet, and
 * lets the first SYN without one decide for both directions.
 */
function noteScale(shift: i32, flags: i32, f: I32s, r: I32s): void {
  if (shift >= 0) setScale(f, SCALE.shift + shift)
  if ((flags & SYN) === 0) return
  if ((f[BITS] & SCALE.mask) === SCALE.unknown) {
    setScale(f, SCALE.unused)
    setScale(r, SCALE.unused)
  } else if ((flags & ACK) !== 0 && (r[BITS] & SCALE.mask) === SCALE.unused) {
    setScale(f, SCALE.unused)
  }
}

function noteSack(blocks: i32, f: I32s): void {
  const bits = f[BITS]
  if (blocks === 0 && (bits & BIT_SACK) === 0) return
  const record = recovery.recordOf(f)
  f[BITS] = blocks !== 0 ? bits | BIT_SACK : bits & ~BIT_SACK
  record[SACK_BLOCKS] = blocks
  for (let i = 0; i < blocks * 2; i++) record[SACK_EDGES + i] = packet.sack[i]
}

/** The shift count in a direction's bits; 0 if none is known or used. */
function shiftOf(bits: i32): i32 {
  const scale = bits & SCALE.mask
  return scale >= SCALE.shift ? scale - SCALE.shift : 0
}

function setScale(direction: I32s, scale: i32): void {
  direction[BITS] = (direction[BITS] & ~SCALE.mask) | scale
}
