import { CHUNK_ROWS, type PacketTable } from '../columns/packet-table.ts'
import { LABEL, NO_LABELS, type Label } from '../tcp/labels.ts'
import { VERDICT, VERDICTS, type Verdict, type Verdicts } from '../tcp/verdicts.ts'

/** All zero but while labels are counted. */
const ROWS_BY_SET = new Uint32Array(1 << 16)

/** How many packets have each label. */
export function labelCounts(packets: PacketTable): Record<Label, number> {
  const counts = { ...NO_LABELS }
  // By set first, of which few occur: this goes over every row each time it is asked for.
  const sets: number[] = []
  for (const [number, chunk] of packets.chunks.entries()) {
    countSets(chunk.labels, Math.min(packets.rows - number * CHUNK_ROWS, CHUNK_ROWS), sets)
  }
  let label: keyof typeof counts
  for (const set of sets) {
    for (label in counts) if (set & LABEL[label]) counts[label] += ROWS_BY_SET[set]
    ROWS_BY_SET[set] = 0
  }
  return counts
}

function countSets(labels: Uint16Array, rows: number, sets: number[]): void {
  for (let i = 0; i < rows; i++) {
    const set = labels[i]
    if (set !== 0 && ROWS_BY_SET[set]++ === 0) sets.push(set)
  }
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

/** Whether the transmission before passed this capture point; undefined = of bytes that were acknowledged it is no longer kept. */
export function originalPassed(verdicts: Verdicts, entry: number): boolean | undefined {
  if (verdicts.original(entry) !== undefined) return true
  return verdicts.wasAcknowledged(entry) ? undefined : false
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

/** The packet came later than ones sent after it. */
export function isOvertaken(labels: number, verdict: number): boolean {
  return verdict === VERDICT.reordered || (labels & LABEL.out_of_order) !== 0
}
