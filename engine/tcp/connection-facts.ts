import type { ConversationState, ResetCause } from '../answers.ts'
import { BASE_SEQ, BIT_BASE, BIT_DATA, BIT_ZERO_WINDOW, BITS, DIRECTION_WORDS, SCALE } from './directions.ts'
import { LABEL, LABELS, NO_LABELS, type Label } from './labels.ts'
import { LOST_TIME_CAUSES, type LostTimeCause } from './lost-time.ts'
import { ZERO_WINDOW_ROW } from './recovery-table.ts'
import { RESET_CAUSES } from './resets.ts'
import type { TcpState } from './tcp-state.ts'
import { INTERVALS, RESET_CAUSE, RESETS, SYN_ACK_RETRANSMISSIONS, SYN_RETRANSMISSIONS } from './trouble-table.ts'

/** What is known of one TCP connection after the packets seen so far. */
export interface ConnectionFacts {
  readonly state: ConversationState
  readonly resets: number
  /** Why the first reset was sent. */
  readonly resetCause?: ResetCause
  readonly synRetransmissions: number
  readonly synAckRetransmissions: number
  /** From the last SYN to the first ACK after it. */
  readonly initialRttNs?: number
  readonly labels: Readonly<Record<Label, number>>
  /** Nanoseconds in which the connection stood still, each counted once, by what it waited for. */
  readonly lostNs: Readonly<Record<LostTimeCause, number>>
}

/** The counts of all labels; the word of a label's count is the number of its bit. */
function labelRecord(get: (word: number) => number): Record<Label, number> {
  const counts = { ...NO_LABELS }
  for (const label of LABELS) counts[label] = get(31 - Math.clz32(LABEL[label]))
  return counts
}

/** Reads TcpState for those who ask. `lastTime` is the time of a conversation's last packet, to which a closed window counts. */
export class ConnectionReader {
  readonly #state: TcpState

  constructor(state: TcpState) {
    this.#state = state
  }

  facts(conversation: number, lastTime: number): ConnectionFacts {
    const { connections, trouble } = this.#state
    const record = this.#troubleOf(conversation)
    const get = (word: number) => (record === 0 ? 0 : trouble.get(record, word))
    const cause = RESET_CAUSES[get(RESET_CAUSE)]
    const rtt = this.initialRtt(conversation)
    return {
      state: connections.state(conversation, cause === 'refused', this.#hasData(conversation)),
      resets: get(RESETS),
      ...(cause && { resetCause: cause }),
      synRetransmissions: get(SYN_RETRANSMISSIONS),
      synAckRetransmissions: get(SYN_ACK_RETRANSMISSIONS),
      ...(rtt > 0 && { initialRttNs: rtt }),
      labels: labelRecord(get),
      lostNs: this.#lost(conversation, record, lastTime),
    }
  }

  /** Nanoseconds, or 0 if it is not known. */
  initialRtt(conversation: number): number {
    const { connections, packets } = this.#state
    const { rttRow, synRow } = connections
    if (conversation >= rttRow.length || rttRow[conversation] === 0) return 0
    return packets.time(rttRow[conversation] - 1) - packets.time(synRow[conversation] - 1)
  }

  /** How often packets of the connection have the label. */
  labelCount(conversation: number, label: Label): number {
    const record = this.#troubleOf(conversation)
    return record === 0 ? 0 : this.#state.trouble.get(record, 31 - Math.clz32(LABEL[label]))
  }

  resets(conversation: number): number {
    const record = this.#troubleOf(conversation)
    return record === 0 ? 0 : this.#state.trouble.get(record, RESETS)
  }

  /** All that the connection lost. */
  lostNs(conversation: number, lastTime: number): number {
    const record = this.#troubleOf(conversation)
    if (record === 0) return 0
    const lost = this.#lost(conversation, record, lastTime)
    return LOST_TIME_CAUSES.reduce((sum, cause) => sum + lost[cause], 0)
  }

  /** The part of it that lies in [from, to). */
  lostWithin(conversation: number, from: number, to: number, lastTime: number): number {
    const { trouble, lostTime } = this.#state
    const record = this.#troubleOf(conversation)
    if (record === 0 || !(to > from)) return 0
    const intervals = trouble.get(record, INTERVALS)
    const open = this.#closedSince(conversation)
    return (
      to -
      from -
      lostTime.uncovered(intervals, from, to) +
      lostTime.uncovered(intervals, Math.max(open, from), Math.min(lastTime, to))
    )
  }

  /** The sequence number that relative ones count from; undefined if the direction was not seen and nothing acknowledged it. */
  baseSeq(conversation: number, direction: number): number | undefined {
    const at = this.#state.directions.at(conversation * 2 + direction)
    const { words } = this.#state.directions
    return (words[at + BITS] & BIT_BASE) === 0 ? undefined : words[at + BASE_SEQ] >>> 0
  }

  /** The shift count of the windows that the direction advertises; undefined if the SYN was not seen. */
  windowShift(conversation: number, direction: number): number | undefined {
    const { directions } = this.#state
    const scale = directions.words[directions.at(conversation * 2 + direction) + BITS] & SCALE.mask
    if (scale === SCALE.unknown) return undefined
    return scale === SCALE.unused ? 0 : scale - SCALE.shift
  }

  /** The conversation's record in `trouble`; 0 if there is none. */
  #troubleOf(conversation: number): number {
    const { trouble } = this.#state.connections
    return conversation < trouble.length ? trouble[conversation] : 0
  }

  #hasData(conversation: number): boolean {
    const { words } = this.#state.directions
    const a = this.#state.directions.at(conversation * 2)
    return ((words[a + BITS] | words[a + DIRECTION_WORDS + BITS]) & BIT_DATA) !== 0
  }

  #lost(conversation: number, record: number, lastTime: number): Record<LostTimeCause, number> {
    const lost = { retransmission: 0, 'syn-timeout': 0, 'zero-window': 0, reset: 0 }
    if (record === 0) return lost
    const { trouble, lostTime } = this.#state
    for (const cause of LOST_TIME_CAUSES) lost[cause] = trouble.lost(record, cause)
    const since = this.#closedSince(conversation)
    if (since < lastTime) {
      lost['zero-window'] += lostTime.uncovered(trouble.get(record, INTERVALS), since, lastTime)
    }
    return lost
  }

  /** The time from which a window is closed that still is; Infinity if none is. */
  #closedSince(conversation: number): number {
    const { directions, recovery, packets } = this.#state
    // If both are, the later interval lies within the earlier.
    let since = Infinity
    for (let direction = 0; direction < 2; direction++) {
      const at = directions.at(conversation * 2 + direction)
      if ((directions.words[at + BITS] & BIT_ZERO_WINDOW) === 0) continue
      since = Math.min(since, packets.time(recovery.get(directions, at, ZERO_WINDOW_ROW) - 1))
    }
    return since
  }
}
