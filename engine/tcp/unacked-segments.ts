import {
  BASE_SEQ,
  BIT_BELOW_ACK,
  BIT_DISORDERED,
  BITS,
  NEWEST,
  OLDEST,
  WINDOW_AND_COUNT,
  type Directions,
} from './directions.ts'
import { HIGHEST, LOWEST, type RecoveryTable } from './recovery-table.ts'
import { after, atOrBefore, before } from './sequence.ts'

/** Segments remembered per direction; Wireshark adds no more beyond that, so neither do we. */
export const MAX_UNACKED = 10_000

// A node is four words: 1 + row, first and one past last sequence number, the next newer node. Nodes are named by where they
// begin; the place of the first is not used, so that 0 is none.
const NODE_WORDS = 4
const ROW = 0
const SEQ = 1
const END = 2
const NEWER = 3

const ONE_SEGMENT = 1 << 16

/**
 * The segments of each direction that the other side has not acknowledged, in the order they were seen: linked lists in one
 * arena. Nearly always each segment begins where the one before ended or later ("ordered"); then an ACK pops from the old end
 * and the bytes in flight are a subtraction. A retransmission makes the list disordered, with its extremes kept in the recovery
 * table; ACKs then walk it, until a walk finds it ordered again.
 *
 * Order and extremes are those of `sequence - base`, unsigned, as Wireshark counts its bytes in flight.
 */
export class UnackedSegments {
  readonly #directions: Directions
  readonly #recovery: RecoveryTable
  #nodes = new Int32Array(NODE_WORDS * 256)
  #end = NODE_WORDS
  /** The free nodes, linked like a list. */
  #free = 0

  /** What the last acknowledge() found: 1 + row of the segment acknowledged, or 0. */
  acked = 0
  /** The ACK ended inside a segment. */
  partial = false

  constructor(directions: Directions, recovery: RecoveryTable) {
    this.#directions = directions
    this.#recovery = recovery
  }

  isFull(at: number): boolean {
    return this.#directions.words[at + WINDOW_AND_COUNT] >>> 16 >= MAX_UNACKED
  }

  /** Adds the segment of `row` that occupies [seq, end) to the direction at `at`, which must not be full. Returns the span(). */
  add(at: number, row: number, seq: number, end: number): number {
    const { words } = this.#directions
    const node = this.#allocate()
    const nodes = this.#nodes
    nodes[node + ROW] = row + 1
    nodes[node + SEQ] = seq
    nodes[node + END] = end
    nodes[node + NEWER] = 0
    words[at + WINDOW_AND_COUNT] += ONE_SEGMENT
    const base = words[at + BASE_SEQ]
    const from = (seq - base) >>> 0
    const to = (end - base) >>> 0
    const newest = words[at + NEWEST]
    words[at + NEWEST] = node
    if (newest === 0) {
      words[at + OLDEST] = node
      if (to >= from) words[at + BITS] &= ~BIT_DISORDERED
      else this.#disorder(at, from, to)
      return (to - from) >>> 0
    }
    nodes[newest + NEWER] = node
    if ((words[at + BITS] & BIT_DISORDERED) === 0) {
      const lowest = nodes[words[at + OLDEST] + SEQ]
      const lastEnd = (nodes[newest + END] - base) >>> 0
      if (from >= lastEnd && to >= from && after(end, lowest)) return (end - lowest) >>> 0
      this.#disorder(at, (lowest - base) >>> 0, lastEnd)
    }
    const recovery = this.#recovery.of(this.#directions, at)
    const extremes = this.#recovery.words
    if (from < extremes[recovery + LOWEST] >>> 0) extremes[recovery + LOWEST] = from
    if (to > extremes[recovery + HIGHEST] >>> 0) extremes[recovery + HIGHEST] = to
    return (extremes[recovery + HIGHEST] - extremes[recovery + LOWEST]) >>> 0
  }

  /**
   * Takes `ack` as acknowledgment of the segments of the direction at `at`: those at or below it are dropped, one that it ends
   * inside is trimmed. Leaves in `acked` the oldest segment that ends at it or holds it.
   */
  acknowledge(at: number, ack: number): void {
    this.acked = 0
    this.partial = false
    const { words } = this.#directions
    words[at + BITS] &= ~BIT_BELOW_ACK
    if ((words[at + BITS] & BIT_DISORDERED) !== 0) return this.#walk(at, ack)
    const nodes = this.#nodes
    let node = words[at + OLDEST]
    while (node !== 0) {
      const end = nodes[node + END]
      if (end === ack) {
        if (this.acked === 0) this.acked = nodes[node + ROW]
      } else if (after(end, ack)) {
        // All newer ones lie above the ACK as well, unless they are so far away that the sequence space wraps.
        if (!after(nodes[words[at + NEWEST] + END], ack)) return this.#walk(at, ack)
        if (after(ack, nodes[node + SEQ])) this.#trim(node, ack)
        return
      }
      const newer = nodes[node + NEWER]
      this.#release(node)
      words[at + OLDEST] = newer
      words[at + WINDOW_AND_COUNT] -= ONE_SEGMENT
      node = newer
    }
    words[at + NEWEST] = 0
  }

  /** Some listed segment holds all of [seq, end). */
  holds(at: number, seq: number, end: number): boolean {
    const nodes = this.#nodes
    for (let node = this.#directions.words[at + OLDEST]; node !== 0; node = nodes[node + NEWER]) {
      if (atOrBefore(nodes[node + SEQ], seq) && atOrBefore(end, nodes[node + END])) return true
    }
    return false
  }

  /** 1 + row of the oldest listed segment that begins at `seq` or later, or 0. */
  oldestFrom(at: number, seq: number): number {
    const nodes = this.#nodes
    for (let node = this.#directions.words[at + OLDEST]; node !== 0; node = nodes[node + NEWER]) {
      if (atOrBefore(seq, nodes[node + SEQ])) return nodes[node + ROW]
    }
    return 0
  }

  /** 1 + row of the oldest listed segment that reaches beyond `seq`, or 0. */
  oldestBeyond(at: number, seq: number): number {
    const nodes = this.#nodes
    for (let node = this.#directions.words[at + OLDEST]; node !== 0; node = nodes[node + NEWER]) {
      if (after(nodes[node + END], seq)) return nodes[node + ROW]
    }
    return 0
  }

  /** Where the listed segments that follow `ack` without a hole, in the order they were seen, end; `ack` if none does. */
  endOfRun(at: number, ack: number): number {
    const nodes = this.#nodes
    let end = ack
    for (let node = this.#directions.words[at + OLDEST]; node !== 0; node = nodes[node + NEWER]) {
      if (!before(nodes[node + SEQ], ack)) {
        if (nodes[node + SEQ] !== end) break
        end = nodes[node + END]
      }
    }
    return end
  }

  /** 1 + row of the oldest listed segment, or 0. */
  oldest(at: number): number {
    const node = this.#directions.words[at + OLDEST]
    return node === 0 ? 0 : this.#nodes[node + ROW]
  }

  /** From the lowest to the highest listed sequence number, unsigned; the list must not be empty. */
  span(at: number): number {
    const { words } = this.#directions
    if ((words[at + BITS] & BIT_DISORDERED) !== 0) {
      const recovery = this.#recovery.of(this.#directions, at)
      return (this.#recovery.words[recovery + HIGHEST] - this.#recovery.words[recovery + LOWEST]) >>> 0
    }
    const nodes = this.#nodes
    return (nodes[words[at + NEWEST] + END] - nodes[words[at + OLDEST] + SEQ]) >>> 0
  }

  /** acknowledge() over all of the list; finds the extremes anew and whether it is ordered now. */
  #walk(at: number, ack: number): void {
    const { words } = this.#directions
    const nodes = this.#nodes
    const base = words[at + BASE_SEQ]
    let lowest = 0xffff_ffff
    let highest = 0
    let ordered = true
    let kept = 0
    for (let node = words[at + OLDEST]; node !== 0;) {
      const newer = nodes[node + NEWER]
      const end = nodes[node + END]
      if (end === ack || !after(end, ack)) {
        if (end === ack && this.acked === 0) this.acked = nodes[node + ROW]
        this.#release(node)
        words[at + WINDOW_AND_COUNT] -= ONE_SEGMENT
      } else {
        if (after(ack, nodes[node + SEQ])) this.#trim(node, ack)
        const from = (nodes[node + SEQ] - base) >>> 0
        const to = (end - base) >>> 0
        if (from < highest || to < from) ordered = false
        if (from < lowest) lowest = from
        if (to > highest) highest = to
        if (kept === 0) words[at + OLDEST] = node
        else nodes[kept + NEWER] = node
        kept = node
      }
      node = newer
    }
    words[at + NEWEST] = kept
    if (kept === 0) words[at + OLDEST] = 0
    else nodes[kept + NEWER] = 0
    if (ordered && (kept === 0 || ((highest - lowest) | 0) > 0)) words[at + BITS] &= ~BIT_DISORDERED
    else this.#disorder(at, lowest, highest)
  }

  #trim(node: number, ack: number): void {
    this.#nodes[node + SEQ] = ack
    if (this.acked !== 0) return
    this.acked = this.#nodes[node + ROW]
    this.partial = true
  }

  #disorder(at: number, lowest: number, highest: number): void {
    const recovery = this.#recovery.of(this.#directions, at)
    this.#directions.words[at + BITS] |= BIT_DISORDERED
    this.#recovery.words[recovery + LOWEST] = lowest
    this.#recovery.words[recovery + HIGHEST] = highest
  }

  #allocate(): number {
    const free = this.#free
    if (free !== 0) {
      this.#free = this.#nodes[free + NEWER]
      return free
    }
    const node = this.#end
    this.#end = node + NODE_WORDS
    if (node === this.#nodes.length) {
      const nodes = new Int32Array(node * 2)
      nodes.set(this.#nodes)
      this.#nodes = nodes
    }
    return node
  }

  #release(node: number): void {
    this.#nodes[node + NEWER] = this.#free
    this.#free = node
  }
}
