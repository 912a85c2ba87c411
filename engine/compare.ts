import type { Finding } from '../common/model/finding.ts'
import type { LatencyMeasure, LatencySummary } from './answers.ts'
import { CHUNK_ROWS } from './columns/packet-table.ts'
import type { Engine } from './engine.ts'
import type { ReadBytes } from './query/frame-bytes.ts'
import { LABEL, LABELS, type Label } from './tcp/labels.ts'

/** A time of a capture; nanoseconds since its epoch, [from, to). */
export interface CompareRange {
  readonly from: number
  readonly to: number
}

/** What one side of a comparison is measured by. */
export interface ComparedSide {
  readonly packets: number
  readonly latency: readonly LatencySummary[]
  readonly labels: Readonly<Partial<Record<Label, number>>>
  /** Of a range, those of the capture that happened, at least in part, within it: their sentences and costs are of the whole capture. */
  readonly findings: readonly Finding[]
  /** Of the whole capture; so many more that did less harm are not among `findings`, see FindingsReport. */
  readonly omitted: number
}

export interface Comparison {
  readonly a: ComparedSide
  readonly b: ComparedSide
  /** Of each measure that either side has; the one with most samples first. */
  readonly latency: readonly {
    readonly measure: LatencyMeasure
    readonly a?: LatencySummary
    readonly b?: LatencySummary
  }[]
  /** Packets with each label that either has, of 1000: captures differ in length. */
  readonly labels: readonly { readonly label: Label; readonly a: number; readonly b: number }[]
  /** The same trouble of the same ends is the same finding. */
  readonly findings: {
    readonly appeared: readonly Finding[]
    readonly gone: readonly Finding[]
    readonly stayed: readonly { readonly a: Finding; readonly b: Finding }[]
  }
}

/** Throws Cancelled, and what `read` throws. */
export async function comparedSide(engine: Engine, read: ReadBytes, range?: CompareRange): Promise<ComparedSide> {
  const { findings, omitted } = await engine.findings(read)
  const rows = range && (await engine.select(range, read))
  return {
    packets: rows?.length ?? engine.packets.rows,
    latency: engine.latencySummaries(range ?? {}).filter(({ count }) => count > 0),
    labels: rows ? labelsOf(engine, rows) : engine.facts().labels,
    findings: range ? findings.filter(({ since, until }) => since < range.to && until >= range.from) : findings,
    omitted,
  }
}

export function compare(a: ComparedSide, b: ComparedSide): Comparison {
  const per1000 = (side: ComparedSide, label: Label) =>
    side.packets === 0 ? 0 : ((side.labels[label] ?? 0) / side.packets) * 1000
  const [inA, inB] = [a, b].map(({ findings }) => new Map(findings.map((finding) => [finding.id, finding])))
  const [ofA, ofB] = [a, b].map(({ latency }) => new Map(latency.map((summary) => [summary.measure, summary])))
  const samples = (measure: LatencyMeasure) => (ofA.get(measure)?.count ?? 0) + (ofB.get(measure)?.count ?? 0)
  const measures = [...new Set([...ofA.keys(), ...ofB.keys()])].toSorted((x, y) => samples(y) - samples(x))
  return {
    a,
    b,
    latency: measures.map((measure) => {
      const [before, after] = [ofA.get(measure), ofB.get(measure)]
      return { measure, ...(before && { a: before }), ...(after && { b: after }) }
    }),
    labels: LABELS.map((label) => ({ label, a: per1000(a, label), b: per1000(b, label) })).filter(
      (counts) => counts.a > 0 || counts.b > 0,
    ),
    findings: {
      appeared: b.findings.filter(({ id }) => !inA.has(id)),
      gone: a.findings.filter(({ id }) => !inB.has(id)),
      stayed: a.findings.flatMap((before) => {
        const after = inB.get(before.id)
        return after ? [{ a: before, b: after }] : []
      }),
    },
  }
}

function labelsOf({ packets }: Engine, rows: Uint32Array): Partial<Record<Label, number>> {
  const counts: Partial<Record<Label, number>> = {}
  for (const row of rows) {
    const set = packets.chunk(row).labels[row % CHUNK_ROWS]
    if (set === 0) continue
    for (const label of LABELS) if (set & LABEL[label]) counts[label] = (counts[label] ?? 0) + 1
  }
  return counts
}
