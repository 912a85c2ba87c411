import type { LabelCounts } from '../tcp/label-counts.ts'
import { LABEL, NO_LABELS, type Label } from '../tcp/labels.ts'
import { VERDICT, VERDICTS, type Verdict, type Verdicts } from '../tcp/verdicts.ts'

/** How many packets have each label. */
export function labelCounts(labels: LabelCounts): Record<Label, number> {
  const counts = { ...NO_LABELS }
  let label: keyof typeof counts
  for (label in counts) counts[label] = labels.packets(LABEL[label])
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
