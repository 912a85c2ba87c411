import { FLAG } from '../columns/packet-table.ts'
import { SEEN } from './connection-table.ts'
import {
  BIT_DATA,
  BIT_SETTLED,
  BIT_ZERO_WINDOW,
  BITS,
  DIRECTION_WORDS,
  LAST_ACK,
  LAST_ROW,
  NEXT_ROW,
  NEXT_SEQ,
  WINDOW_AND_COUNT,
} from './directions.ts'
import { LABEL } from './labels.ts'
import { LOST_TIME_CAUSES, type LostTimeCause } from './lost-time.ts'
import { ZERO_WINDOW_ROW } from './recovery-table.ts'
import { RESET_CAUSES, resetCause } from './resets.ts'
import { atOrAfter } from './sequence.ts'
import type { TcpState } from './tcp-state.ts'
import { INTERVALS, RESET_CAUSE, RESETS, SYN_ACK_RETRANSMISSIONS, SYN_RETRANSMISSIONS } from './trouble-table.ts'

const { syn: SYN, fin: FIN, rst: RST, ack: ACK } = FLAG
const EITHER = 3

const CAUSE: Readonly<Record<LostTimeCause, number>> = {
  retransmission: LOST_TIME_CAUSES.indexOf('retransmission'),
  'syn-timeout': LOST_TIME_CAUSES.indexOf('syn-timeout'),
  'zero-window': LOST_TIME_CAUSES.indexOf('zero-window'),
  reset: LOST_TIME_CAUSES.indexOf('reset'),
}

/** Whether a packet can change what is noted; nearly none does. `bits` are its direction's. */
export function concernsJournal(flags: number, window: number, bits: number): boolean {
  if ((flags & (SYN | FIN | RST)) !== 0 || (bits & BIT_SETTLED) === 0) return true
  return (window === 0) === ((bits & BIT_ZERO_WINDOW) === 0)
}

/**
 * Notes what happened to each connection and what it cost. It reads the state as it was before the packet, so it is told of a
 * packet before the packet becomes part of the state. `found` is conversation * 2 + direction.
 */
export class ConnectionJournal {
  readonly #state: TcpState

  constructor(state: TcpState) {
    this.#state = state
  }

  note(
    found: number,
    flags: number,
    seq: number,
    ack: number,
    window: number,
    labels: number,
    row: number,
    time: number,
  ): void {
    const { connections, directions } = this.#state
    const conversation = found >>> 1
    const direction = found & 1
    const f = found * DIRECTION_WORDS
    const r = (found ^ 1) * DIRECTION_WORDS
    const { words } = directions
    const isAck = (flags & ACK) !== 0

    if ((flags & SYN) !== 0) {
      if ((labels & LABEL.retransmission) !== 0) this.#synAgain(found, isAck, row, time)
      if (!isAck && connections.rttRow[conversation] === 0) {
        connections.synRow[conversation] = row + 1
        connections.seen[conversation] |= SEEN.rttOpen
      }
    } else if (isAck && (connections.seen[conversation] & SEEN.rttOpen) !== 0) {
      this.#endRtt(conversation, row, time)
    }
    if ((flags & RST) !== 0) this.#reset(found, flags, seq, window, time)

    if ((words[f + BITS] & BIT_ZERO_WINDOW) !== 0) {
      if (window !== 0 || (flags & RST) !== 0) this.#reopenWindow(f, conversation, time)
    } else if ((labels & LABEL.zero_window) !== 0) {
      words[f + BITS] |= BIT_ZERO_WINDOW
      const record = this.#state.recovery.of(directions, f)
      this.#state.recovery.words[record + ZERO_WINDOW_ROW] = row + 1
    }

    const acksAll = words[r + NEXT_SEQ] !== 0 && atOrAfter(ack, words[r + NEXT_SEQ])
    connections.note(conversation, direction, flags, acksAll)
    const settled = connections.isSettled(conversation) ? BIT_SETTLED : 0
    words[f + BITS] = (words[f + BITS] & ~BIT_SETTLED) | settled
    words[r + BITS] = (words[r + BITS] & ~BIT_SETTLED) | settled
  }

  /** A segment of the direction at `f` was sent again: what it carries was due since it was first sent. */
  resent(f: number, conversation: number, seq: number, time: number): void {
    const state = this.#state
    // Where the first copy was not seen, the wait is at least since what was sent after it.
    const row = state.unacked.oldestBeyond(f, seq) || state.directions.words[f + NEXT_ROW]
    if (row !== 0) this.#lose(conversation, CAUSE.retransmission, state.packets.time(row - 1), time)
  }

  #lose(conversation: number, cause: number, from: number, to: number): void {
    const { trouble, lostTime } = this.#state
    const record = this.#state.troubleOf(conversation)
    trouble.set(record, INTERVALS, lostTime.add(trouble.get(record, INTERVALS), from, to))
    trouble.addLost(record, cause, lostTime.added)
  }

  #synAgain(found: number, isAck: boolean, row: number, time: number): void {
    const { connections, directions, packets, trouble, unacked } = this.#state
    const conversation = found >>> 1
    const f = found * DIRECTION_WORDS
    trouble.increment(this.#state.troubleOf(conversation), isAck ? SYN_ACK_RETRANSMISSIONS : SYN_RETRANSMISSIONS)
    const since = unacked.oldest(f) || (isAck ? directions.words[f + LAST_ROW] : connections.synRow[conversation])
    if (since !== 0 && since !== row + 1) {
      this.#lose(conversation, CAUSE['syn-timeout'], packets.time(since - 1), time)
    }
  }

  #endRtt(conversation: number, row: number, time: number): void {
    const { connections, packets } = this.#state
    // A difference of nothing counts as none yet.
    if (packets.time(connections.synRow[conversation] - 1) === time) return
    connections.rttRow[conversation] = row + 1
    connections.seen[conversation] &= ~SEEN.rttOpen
  }

  #reopenWindow(f: number, conversation: number, time: number): void {
    const { directions, recovery, packets } = this.#state
    const record = recovery.of(directions, f)
    const since = recovery.words[record + ZERO_WINDOW_ROW]
    recovery.words[record + ZERO_WINDOW_ROW] = 0
    directions.words[f + BITS] &= ~BIT_ZERO_WINDOW
    this.#lose(conversation, CAUSE['zero-window'], packets.time(since - 1), time)
  }

  #reset(found: number, flags: number, seq: number, window: number, time: number): void {
    const { connections, directions, packets, trouble, unacked } = this.#state
    const { words } = directions
    const conversation = found >>> 1
    const peer = (found & 1) ^ 1
    const f = found * DIRECTION_WORDS
    const r = (found ^ 1) * DIRECTION_WORDS
    const seen = connections.seen[conversation]
    const record = this.#state.troubleOf(conversation)
    trouble.increment(record, RESETS)
    if (trouble.get(record, RESET_CAUSE) !== 0) return

    const hasPeerData = (words[r + BITS] & BIT_DATA) !== 0
    const peerDataRow = words[r + NEXT_ROW]
    const cause = resetCause({
      acks: (flags & ACK) !== 0,
      seq: seq >>> 0,
      peerSentSyn: (seen & (SEEN.syn << peer)) !== 0,
      sentSyn: (seen & (SEEN.syn << (found & 1))) !== 0,
      senderSpoke: words[f + LAST_ROW] !== 0,
      anyFin: (seen & (EITHER * SEEN.fin)) !== 0,
      peerSpoke: words[r + LAST_ROW] !== 0,
      peerAck: words[r + LAST_ACK] >>> 0,
      peerSpokeLast: hasPeerData && peerDataRow > words[f + NEXT_ROW],
      window,
      windowBefore: words[f + WINDOW_AND_COUNT] & 0xffff,
      sincePeerData: hasPeerData ? time - packets.time(peerDataRow - 1) : Infinity,
    })
    trouble.set(record, RESET_CAUSE, RESET_CAUSES.indexOf(cause))
    // What the peer had sent and nobody took was waited for in vain.
    const since = cause === 'refused' ? connections.synRow[conversation] : unacked.oldest(r)
    if (since !== 0) this.#lose(conversation, CAUSE.reset, packets.time(since - 1), time)
  }
}
