import { useMemo, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { Finding } from '../../../common/model/finding.ts'
import type { CaptureFacts, LatencySummary } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { TimeRange } from '../../app/view.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCounted, formatSeconds } from '../../components/format.ts'
import { LABEL_NAMES } from '../../components/label-names.ts'
import { isThin, measureAbout, measureName, percentileText } from '../../components/measure-names.ts'
import { Pane } from '../../components/pane.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import './compare.css'

interface CompareProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly facts: CaptureFacts
  readonly version: number
}

/** Two times of the capture side by side: what became better and what worse. */
export function Compare({ session, view, facts, version }: CompareProps): ReactNode {
  const range = useStore(view.store, (state) => state.range)
  const { firstTime, lastTime } = facts
  const sides = useMemo(() => sidesOf(range, firstTime, lastTime + 1), [range, firstTime, lastTime])
  const key = JSON.stringify([sides, version])
  const answer = useAnswer(key, () => session.engine.compare(sides.a, sides.b))
  const result = answer.value
  const onFinding = ({ id }: Finding) => view.change({ list: 'findings', finding: id }, 'push')
  return (
    <Pane title="Compare" waiting={answer.key !== key} count={`${sides.aName} and ${sides.bName}`}>
      {!result ? (
        answer.error !== undefined && (
          <EmptyState tone="bad" title="These could not be compared">
            {answer.error}
          </EmptyState>
        )
      ) : (
        <div className="compare" tabIndex={0} data-grid="compare" role="group" aria-label="Comparison">
          <table>
            <thead>
              <tr>
                <th scope="col">{range ? '' : 'Select a time on the axis to compare it with what was before'}</th>
                <Head name={sides.aName} range={sides.a} packets={result.a.packets} />
                <Head name={sides.bName} range={sides.b} packets={result.b.packets} />
              </tr>
            </thead>
            <tbody>
              {result.latency.map(({ measure, a, b }) => (
                <tr key={measure}>
                  <th scope="row" title={measureAbout(measure)}>
                    {measureName(measure)} <small>p50, p99</small>
                  </th>
                  <Times summary={a} />
                  <Times summary={b} />
                </tr>
              ))}
              {result.labels.map(({ label, a, b }) => (
                <tr key={label}>
                  <th scope="row">
                    {LABEL_NAMES[label]} <small>per 1,000 packets</small>
                  </th>
                  <td>{a.toFixed(1)}</td>
                  <td>{b.toFixed(1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Found title={`Only in ${sides.bName}`} findings={result.findings.appeared} onFinding={onFinding} />
          <Found title={`Only in ${sides.aName}`} findings={result.findings.gone} onFinding={onFinding} />
          <Found title="In both" findings={result.findings.stayed.map(({ b }) => b)} onFinding={onFinding} />
          <p className="quiet">
            Findings are those of the capture that happened within a time, also in part. Another capture is compared on
            the command line: <code>hopscope compare A B</code>.
          </p>
        </div>
      )}
    </Pane>
  )
}

interface Sides {
  readonly a: TimeRange
  readonly b: TimeRange
  readonly aName: string
  readonly bName: string
}

/** The selected time with what was before it, or after where nothing was before; without one the two halves. */
function sidesOf(range: TimeRange | undefined, first: number, end: number): Sides {
  if (!range || (range.from <= first && range.to >= end)) {
    const middle = Math.round((first + end) / 2)
    const halves = { a: { from: first, to: middle }, b: { from: middle, to: end } }
    return { ...halves, aName: 'the first half', bName: 'the second half' }
  }
  if (range.from > first)
    return { a: { from: first, to: range.from }, b: range, aName: 'the time before', bName: 'the selected time' }
  return { a: range, b: { from: range.to, to: end }, aName: 'the selected time', bName: 'the time after' }
}

function Head({
  name,
  range,
  packets,
}: {
  readonly name: string
  readonly range: TimeRange
  readonly packets: number
}) {
  return (
    <th scope="col">
      {name[0].toUpperCase() + name.slice(1)}
      <small>
        {formatSeconds(range.from, 1)}–{formatSeconds(range.to, 1)} s, {formatCounted(packets, 'packet')}
      </small>
    </th>
  )
}

function Times({ summary }: { readonly summary: LatencySummary | undefined }): ReactNode {
  if (!summary) return <td className="quiet">–</td>
  return (
    <td title={formatCounted(summary.count, 'sample')}>
      {percentileText(summary.p50)},{' '}
      <span className={isThin(summary) ? 'quiet' : ''}>{percentileText(summary.p99)}</span>
    </td>
  )
}

interface FoundProps {
  readonly title: string
  readonly findings: readonly Finding[]
  readonly onFinding: (finding: Finding) => void
}

function Found({ title, findings, onFinding }: FoundProps): ReactNode {
  if (findings.length === 0) return undefined
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {findings.map((finding) => (
          <li key={finding.id}>
            <button type="button" className="link" onClick={() => onFinding(finding)}>
              {finding.title}
            </button>{' '}
            {finding.sentence}
          </li>
        ))}
      </ul>
    </section>
  )
}
