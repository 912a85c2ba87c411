import type { ReactNode } from 'react'
import type { Comparison, LatencySummary } from '../../../engine/engine.ts'
import { formatCount } from '../../components/format.ts'
import { LABEL_NAMES } from '../../components/label-names.ts'
import { isThin, measureAbout, measureName, percentileText, THIN_ABOUT } from '../../components/measure-names.ts'
import { changeOfRate, changeOfTime, type Change } from './change.ts'
import { SortedTable, type TableColumn } from './sorted-table.tsx'

interface NumbersProps {
  readonly result: Comparison
  /** What the sides are called in the heads of columns. */
  readonly names: readonly [string, string]
}

type Measured = Comparison['latency'][number]
type Labelled = Comparison['labels'][number]

/** Percentiles and labels of both sides, and how they changed. */
export function Numbers({ result: { latency, labels }, names }: NumbersProps): ReactNode {
  return (
    <>
      {latency.length > 0 && (
        <SortedTable
          title="Latency"
          rows={latency}
          columns={[...countColumns(names), ...timeColumns('p50', names), ...timeColumns('p99', names)]}
          rowKey={({ measure }) => measure}
          rowHead={({ measure }) => ({ title: measureName(measure), about: measureAbout(measure) })}
        />
      )}
      {labels.length > 0 && (
        <SortedTable
          title="Packets with a label, of 1,000"
          rows={labels}
          columns={labelColumns(names)}
          rowKey={({ label }) => label}
          rowHead={({ label }) => ({ title: LABEL_NAMES[label], about: `tcp.analysis.${label}` })}
        />
      )}
    </>
  )
}

const SIDES = ['a', 'b'] as const

function countColumns(names: NumbersProps['names']): readonly TableColumn<Measured>[] {
  return SIDES.map((side, i) => ({
    key: `count ${side}`,
    title: names[i],
    group: 'Samples',
    about: names[i],
    value: (row) => row[side]?.count ?? 0,
    cell: (row) => formatCount(row[side]?.count ?? 0),
  }))
}

function timeColumns(percentile: 'p50' | 'p99', names: NumbersProps['names']): readonly TableColumn<Measured>[] {
  const isQuiet = (summary: LatencySummary | undefined) =>
    percentile === 'p99' && summary !== undefined && isThin(summary)
  const change = ({ a, b }: Measured) => changeOfTime(a?.[percentile], b?.[percentile])
  return [
    ...SIDES.map((side, i): TableColumn<Measured> => ({
      key: `${percentile} ${side}`,
      title: names[i],
      group: percentile,
      about: names[i],
      value: (row) => valueOf(row[side]?.[percentile].ns),
      cell: (row) => {
        const summary = row[side]
        if (!summary) return <span className="quiet">–</span>
        const text = percentileText(summary[percentile])
        return isQuiet(summary) ? (
          <span className="quiet" title={THIN_ABOUT}>
            {text}
          </span>
        ) : (
          text
        )
      },
    })),
    {
      key: `${percentile} change`,
      title: 'Change',
      group: percentile,
      value: (row) => change(row).by,
      cell: (row) => <Changed change={change(row)} quiet={isQuiet(row.a) || isQuiet(row.b)} />,
    },
  ]
}

function labelColumns(names: NumbersProps['names']): readonly TableColumn<Labelled>[] {
  return [
    ...SIDES.map((side, i): TableColumn<Labelled> => ({
      key: side,
      title: names[i],
      about: names[i],
      value: (row) => row[side],
      cell: (row) => row[side].toFixed(1),
    })),
    {
      key: 'change',
      title: 'Change',
      value: ({ a, b }) => changeOfRate(a, b).by,
      cell: ({ a, b }) => <Changed change={changeOfRate(a, b)} quiet={false} />,
    },
  ]
}

function valueOf(ns: number | undefined): number | undefined {
  return ns === undefined || Number.isNaN(ns) ? undefined : ns
}

function Changed({ change, quiet }: { readonly change: Change; readonly quiet: boolean }): ReactNode {
  const tone = quiet || change.better === undefined ? 'quiet' : change.better ? 'better' : 'worse'
  return <span className={tone}>{change.text}</span>
}
