import { CHUNK_ROWS } from '../columns/packet-table.ts'
import type { LabelCounts } from '../tcp/label-counts.ts'
import { LABEL, type Label } from '../tcp/labels.ts'
import { VERDICT, type Verdict, type Verdicts } from '../tcp/verdicts.ts'
import type { CaptureTables } from './capture-tables.ts'
import { isRetransmission, originalPassed } from './label-counts.ts'

/** How many packets have a label or a verdict, and in how many conversations. */
export interface MarkCount {
  readonly packets: number
  readonly conversations: number
  /** The first of them; absent where there is none. */
  readonly firstRow?: number
}

/** Of what was sent again. What is neither spurious nor needed, or seen nor unseen, can't be told. */
export interface RetransmissionCount extends MarkCount {
  /** The receiver had the bytes already. */
  readonly spurious: number
  readonly needed: number
  /** The transmission before passed this capture point. */
  readonly originalSeen: number
  readonly originalUnseen: number
}

export interface ExpertCounts {
  readonly labels: Readonly<Record<Label, MarkCount>>
  readonly verdicts: Readonly<Record<Exclude<Verdict, 'copy' | 'reordered'>, RetransmissionCount>> &
    Readonly<Record<'copy' | 'reordered', MarkCount>>
}

type Sources = Pick<CaptureTables, 'packets' | 'conversations' | 'verdicts'>

/** Labels and verdicts of all packets. */
export function expertCounts(sources: Omit<Sources, 'packets'> & { readonly labelCounts: LabelCounts }): ExpertCounts {
  const { conversations, verdicts, labelCounts } = sources
  const repeated = new VerdictMarks(verdicts, conversations.count)
  for (let entry = 0; entry < verdicts.count; entry++) repeated.add(entry)
  return { labels: labelRecord((label) => labelCount(labelCounts, label)), verdicts: repeated.record() }
}

/** The same of some rows, ascending. */
export function expertCountsOf({ packets, conversations, verdicts }: Sources, rows: Uint32Array): ExpertCounts {
  const labels = new Marks(conversations.count)
  const repeated = new VerdictMarks(verdicts, conversations.count)
  for (const row of rows) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if (chunk.labels[i] !== 0) labels.add(row, chunk.conversation[i], chunk.labels[i])
    if (chunk.verdict[i] !== 0) repeated.add(verdicts.find(row))
  }
  return { labels: labelRecord((label) => labels.count(31 - Math.clz32(label))), verdicts: repeated.record() }
}

function labelCount(counts: LabelCounts, label: number): MarkCount {
  const packets = counts.packets(label)
  return {
    packets,
    conversations: counts.conversations(label),
    ...(packets > 0 && { firstRow: counts.firstRow(label) }),
  }
}

/** Counts packets by which of sixteen marks they have. */
class Marks {
  readonly #packets = new Uint32Array(16)
  readonly #conversations = new Uint32Array(16)
  readonly #first = new Uint32Array(16)
  /** By conversation: the marks that its packets have. */
  readonly #seen: Uint16Array

  constructor(conversations: number) {
    this.#seen = new Uint16Array(conversations)
  }

  /** A packet with a set of marks, a bit each. Rows must ascend. */
  add(row: number, conversation: number, marks: number): void {
    const fresh = marks & ~this.#seen[conversation]
    if (fresh !== 0) this.#seen[conversation] |= fresh
    for (let rest = marks; rest !== 0; rest &= rest - 1) {
      const mark = 31 - Math.clz32(rest & -rest)
      if (this.#packets[mark]++ === 0) this.#first[mark] = row
      this.#conversations[mark] += (fresh >>> mark) & 1
    }
  }

  count(mark: number): MarkCount {
    const packets = this.#packets[mark]
    const conversations = this.#conversations[mark]
    return { packets, conversations, ...(packets > 0 && { firstRow: this.#first[mark] }) }
  }
}

/** Entries of verdicts, by verdict. */
class VerdictMarks {
  readonly #verdicts: Verdicts
  readonly #marks: Marks
  readonly #spurious = new Uint32Array(16)
  readonly #needed = new Uint32Array(16)
  readonly #seen = new Uint32Array(16)
  readonly #unseen = new Uint32Array(16)

  constructor(verdicts: Verdicts, conversations: number) {
    this.#verdicts = verdicts
    this.#marks = new Marks(conversations)
  }

  add(entry: number): void {
    const verdicts = this.#verdicts
    const verdict = verdicts.verdict(entry)
    this.#marks.add(verdicts.row(entry), verdicts.conversation(entry), 1 << verdict)
    if (!isRetransmission(verdict)) return
    const spurious = verdicts.isSpurious(entry)
    if (spurious !== undefined) (spurious ? this.#spurious : this.#needed)[verdict]++
    const passed = originalPassed(verdicts, entry)
    if (passed !== undefined) (passed ? this.#seen : this.#unseen)[verdict]++
  }

  record(): ExpertCounts['verdicts'] {
    const again = (verdict: number): RetransmissionCount => ({
      ...this.#marks.count(verdict),
      spurious: this.#spurious[verdict],
      needed: this.#needed[verdict],
      originalSeen: this.#seen[verdict],
      originalUnseen: this.#unseen[verdict],
    })
    return {
      fast: again(VERDICT.fast),
      rto: again(VERDICT.rto),
      tlp: again(VERDICT.tlp),
      syn: again(VERDICT.syn),
      synack: again(VERDICT.synack),
      retransmission: again(VERDICT.retransmission),
      copy: this.#marks.count(VERDICT.copy),
      reordered: this.#marks.count(VERDICT.reordered),
    }
  }
}

function labelRecord(count: (label: number) => MarkCount): Record<Label, MarkCount> {
  return {
    retransmission: count(LABEL.retransmission),
    fast_retransmission: count(LABEL.fast_retransmission),
    spurious_retransmission: count(LABEL.spurious_retransmission),
    out_of_order: count(LABEL.out_of_order),
    lost_segment: count(LABEL.lost_segment),
    ack_lost_segment: count(LABEL.ack_lost_segment),
    duplicate_ack: count(LABEL.duplicate_ack),
    keep_alive: count(LABEL.keep_alive),
    keep_alive_ack: count(LABEL.keep_alive_ack),
    window_full: count(LABEL.window_full),
    zero_window: count(LABEL.zero_window),
    zero_window_probe: count(LABEL.zero_window_probe),
    zero_window_probe_ack: count(LABEL.zero_window_probe_ack),
    window_update: count(LABEL.window_update),
    reused_ports: count(LABEL.reused_ports),
    partial_ack: count(LABEL.partial_ack),
  }
}
