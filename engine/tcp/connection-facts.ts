import type { ConversationState, ResetCause } from '../answers.ts'
import type { Kernel } from '../kernel.ts'
import { BASE_SEQ, BIT_BASE, BIT_DATA, BITS, DIRECTION_WORDS, SCALE, TTL_SHIFT } from './directions.ts'
import { LABEL, LABELS, NO_LABELS, type Label } from './labels.ts'
import { LOST_TIME_CAUSES, type LostTimeCause } from './lost-time.ts'
import { RESET_CAUSES } from './resets.ts'
import type { TcpState } from './tcp-state.ts'
import { RESET_CAUSE, RESETS, SYN_ACK_RETRANSMISSIONS, SYN_RETRANSMISSIONS } from './trouble-table.ts'

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

/** Reads TcpState for those who ask. */
export class ConnectionReader {
  readonly #kernel: Kernel
  readonly #state: TcpState

  constructor(kernel: Kernel, state: TcpState) {
    this.#kernel = kernel
    this.#state = state
  }

  facts(conversation: number): ConnectionFacts {
    const record = this.#troubleOf(conversation)
    const get = (word: number) => this.#get(record, word)
    const cause = this.resetCause(conversation)
    const rtt = this.initialRtt(conversation)
    return {
      state: this.state(conversation),
      resets: get(RESETS),
      ...(cause && { resetCause: cause }),
      synRetransmissions: get(SYN_RETRANSMISSIONS),
      synAckRetransmissions: get(SYN_ACK_RETRANSMISSIONS),
      ...(rtt > 0 && { initialRttNs: rtt }),
      labels: labelRecord(get),
      lostNs: {
        retransmission: this.lostTo('retransmission', conversation),
        'syn-timeout': this.lostTo('syn-timeout', conversation),
        'zero-window': this.lostTo('zero-window', conversation),
        reset: this.lostTo('reset', conversation),
      },
    }
  }

  state(conversation: number): ConversationState {
    const refused = this.resetCause(conversation) === 'refused'
    return this.#state.connections.state(conversation, refused, this.#hasData(conversation))
  }

  resetCause(conversation: number): ResetCause | undefined {
    return RESET_CAUSES[this.#get(this.#troubleOf(conversation), RESET_CAUSE)] || undefined
  }

  /** Those of which anything was noted, ascending. */
  troubled(): number[] {
    const { call } = this.#kernel
    const found: number[] = []
    for (let id = call.nextTroubled(0); id >= 0; id = call.nextTroubled(id + 1)) found.push(id)
    return found
  }

  /** Those with resets, ascending. */
  reset(): number[] {
    const { call } = this.#kernel
    const found: number[] = []
    for (let id = call.nextReset(0); id >= 0; id = call.nextReset(id + 1)) found.push(id)
    return found
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
    return this.#get(this.#troubleOf(conversation), 31 - Math.clz32(LABEL[label]))
  }

  resets(conversation: number): number {
    return this.#get(this.#troubleOf(conversation), RESETS)
  }

  /** All that the connection lost, up to its last packet where a window is still closed. */
  lostNs(conversation: number): number {
    return this.#kernel.call.lost(conversation)
  }

  /** What the connection lost to the cause. */
  lostTo(cause: LostTimeCause, conversation: number): number {
    return this.#kernel.call.lostTo(conversation, LOST_TIME_CAUSES.indexOf(cause))
  }

  /** What it lost within [from, to). */
  lostWithin(conversation: number, from: number, to: number): number {
    return this.#kernel.call.lostWithin(conversation, from, to)
  }

  /** The sequence number that relative ones count from; undefined if the direction was not seen and nothing acknowledged it. */
  baseSeq(conversation: number, direction: number): number | undefined {
    const at = this.#state.directions.at(conversation * 2 + direction)
    const { words } = this.#state.directions
    return (words[at + BITS] & BIT_BASE) === 0 ? undefined : words[at + BASE_SEQ] >>> 0
  }

  /** The TTL (IPv4) or hop limit (IPv6) of the direction's first packet; 0 if there was none. */
  ttl(conversation: number, direction: number): number {
    const { directions } = this.#state
    return directions.words[directions.at(conversation * 2 + direction) + BITS] >>> TTL_SHIFT
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

  /** Of nobody's record all words are 0. */
  #get(record: number, word: number): number {
    return record === 0 ? 0 : this.#state.trouble.get(record, word)
  }

  #hasData(conversation: number): boolean {
    const { words } = this.#state.directions
    const a = this.#state.directions.at(conversation * 2)
    return ((words[a + BITS] | words[a + DIRECTION_WORDS + BITS]) & BIT_DATA) !== 0
  }
}
