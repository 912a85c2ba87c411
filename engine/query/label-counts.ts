import type { ConversationTable } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'
import { LABEL, type Label } from '../tcp/labels.ts'
import { VERDICT, VERDICTS, type Verdict, type Verdicts } from '../tcp/verdicts.ts'

/** All zero but while labels are counted. */
const ROWS_BY_SET = new Uint32Array(1 << 16)

/** How many packets have each label. */
export function labelCounts(packets: PacketTable): Record<Label, number> {
  const counts = {
    retransmission: 0,
    fast_retransmission: 0,
    spurious_retransmission: 0,
    out_of_order: 0,
    lost_segment: 0,
    ack_lost_segment: 0,
    duplicate_ack: 0,
    keep_alive: 0,
    keep_alive_ack: 0,
    window_full: 0,
    zero_window: 0,
    zero_window_probe: 0,
    zero_window_probe_ack: 0,
    window_update: 0,
    reused_ports: 0,
    partial_ack: 0,
  } satisfies Record<Label, number>
  // By set first, of which few occur: this goes over every row each time it is asked for.
  const sets: number[] = []
  for (const [number, chunk] of packets.chunks.entries()) {
    const rows = Math.min(packets.rows - number * CHUNK_ROWS, CHUNK_ROWS)
    for (let i = 0; i < rows; i++) {
      const set = chunk.labels[i]
      if (set !== 0 && ROWS_BY_SET[set]++ === 0) sets.push(set)
    }
  }
  let label: keyof typeof counts
  for (const set of sets) {
    for (label in counts) if (set & LABEL[label]) counts[label] += ROWS_BY_SET[set]
    ROWS_BY_SET[set] = 0
  }
  return counts
}

export interface VerdictCounts {
  readonly verdicts: Readonly<Record<Verdict, number>>
  /** Retransmissions of what the receiver had already. */
  readonly spurious: number
}

/** How many packets have each verdict. */
export function verdictCounts(verdicts: Verdicts): VerdictCounts {
  const byNumber = new Uint32Array(VERDICTS.length)
  let spurious = 0
  for (let entry = 0; entry < verdicts.count; entry++) {
    const verdict = verdicts.verdict(entry)
    byNumber[verdict]++
    if (isRetransmission(verdict) && verdicts.isSpurious(entry) === true) spurious++
  }
  return {
    verdicts: {
      fast: byNumber[VERDICT.fast],
      rto: byNumber[VERDICT.rto],
      tlp: byNumber[VERDICT.tlp],
      syn: byNumber[VERDICT.syn],
      synack: byNumber[VERDICT.synack],
      retransmission: byNumber[VERDICT.retransmission],
      copy: byNumber[VERDICT.copy],
      reordered: byNumber[VERDICT.reordered],
    },
    spurious,
  }
}

/** The packet was sent again, whatever made the sender do so. */
export function isRetransmission(verdict: number): boolean {
  return verdict !== VERDICT.none && verdict !== VERDICT.copy && verdict !== VERDICT.reordered
}

/** The packet was sent again by what label and verdict say together: not when it was only captured twice or overtaken. */
export function isSentAgain(labels: number, verdict: number): boolean {
  if (verdict === VERDICT.copy || verdict === VERDICT.reordered) return false
  return (labels & LABEL.retransmission) !== 0 && (labels & LABEL.out_of_order) === 0
}

/** How many packets were sent again in each of the conversations `ids`, by conversation. One pass over their part of the capture. */
export function sentAgainCounts(packets: PacketTable, conversations: ConversationTable, ids: Uint32Array): Uint32Array {
  const counts = new Uint32Array(conversations.count)
  let first = packets.rows
  let last = -1
  for (const id of ids) {
    first = Math.min(first, conversations.firstRow[id])
    last = Math.max(last, conversations.lastRow[id])
  }
  for (let row = first; row <= last; row++) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if (chunk.labels[i] !== 0 && isSentAgain(chunk.labels[i], chunk.verdict[i])) counts[chunk.conversation[i]]++
  }
  return counts
}
