import { useState, type KeyboardEvent, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CaptureFacts, ExchangeRow, LatencyCell, LatencySummary, Query } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { formatCount, formatDuration } from '../../components/format.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { Pane } from '../../components/pane.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import { HeatMap } from './heat-map.tsx'
import { isRequests, isThin, measureAbout, measureName, percentileText } from '../../components/measure-names.ts'
import { Requests } from './requests.tsx'
import './latency.css'

export interface LatencyProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly facts: CaptureFacts
  readonly version: number
  /** A word for the status bar. */
  readonly announce: (text: string) => void
}

/** More packets than this are not put into a filter. */
const MOST_PACKETS = 400

/** How long things took: percentiles of each measure, its times over time, and the requests behind them. */
export function Latency({ session, view, facts, version, announce }: LatencyProps): ReactNode {
  const filter = useStore(view.store, (state) => state.filter)
  const range = useStore(view.store, (state) => state.range)
  const zoom = useStore(view.store, (state) => state.zoom)
  const conversation = useStore(view.store, (state) => state.conversation)
  const [chosen, setChosen] = useState<string>()
  const frameNumber = useFrameNumber()
  const [asList, setAsList] = useState(false)
  const scope: Query = { ...(filter && { filter }), ...(conversation !== undefined && { conversation }) }
  const query: Query = { ...scope, ...range }
  const key = JSON.stringify([query, version])
  const { value: summaries, error, key: answered } = useAnswer(key, () => session.engine.latencies(query))
  const measure = summaries && (summaries.find((each) => each.measure === chosen) ?? mostFelt(summaries))?.measure
  const shown = zoom ?? range ?? { from: facts.firstTime, to: facts.lastTime + 1 }

  async function showCell(cell: LatencyCell): Promise<void> {
    const { rows, total } = await session.engine.latencyPackets(query, cell, MOST_PACKETS)
    if (rows.length === 0) return announce('No packet of this is shown')
    const numbers = [...rows].map(frameNumber).join(', ')
    if (total > rows.length) announce(`The first ${MOST_PACKETS} of ${formatCount(total)} packets are shown`)
    view.change({ filter: `frame.number in {${numbers}}`, row: rows[0], detail: undefined }, 'push')
  }

  function showRequest({ requestRow }: ExchangeRow): void {
    view.change({ row: requestRow })
  }

  return (
    <Pane
      title="Latency"
      waiting={answered !== key}
      count={measure === undefined ? undefined : measureAbout(measure)}
      actions={
        measure !== undefined &&
        isRequests(measure) && (
          <span className="latency-switch" role="group" aria-label="Show as">
            <button type="button" aria-pressed={!asList} onClick={() => setAsList(false)}>
              Heat map
            </button>
            <button type="button" aria-pressed={asList} onClick={() => setAsList(true)}>
              Requests
            </button>
          </span>
        )
      }
    >
      {error !== undefined ? (
        <EmptyState tone="bad" title="Times could not be worked out">
          {error}
        </EmptyState>
      ) : summaries && measure === undefined ? (
        <EmptyState title="Nothing to measure here">
          Neither acknowledged data nor requests that are understood are among the packets shown.
        </EmptyState>
      ) : (
        summaries &&
        measure !== undefined && (
          <div className="latency">
            <Measures summaries={summaries} chosen={measure} onChoose={setChosen} />
            <div className="latency-view">
              {asList && isRequests(measure) ? (
                <Requests
                  key={measure}
                  session={session}
                  query={query}
                  protocol={measure}
                  version={version}
                  onRequest={showRequest}
                  onConversation={(row) => view.change({ conversation: row.conversation, row: row.requestRow }, 'push')}
                />
              ) : (
                <HeatMap
                  session={session}
                  query={scope}
                  measure={measure}
                  shown={shown}
                  version={version}
                  onCell={(cell) => void showCell(cell)}
                />
              )}
            </div>
          </div>
        )
      )}
    </Pane>
  )
}

/** What somebody waits for comes first: requests, of those the slowest, else the round trips to the server. */
function mostFelt(summaries: readonly LatencySummary[]): LatencySummary | undefined {
  const slowest = summaries
    .filter(({ measure, p99 }) => isRequests(measure) && !Number.isNaN(p99.ns))
    .toSorted((a, b) => b.p99.ns - a.p99.ns)
  const measured = summaries.filter(({ count }) => count > 0)
  return slowest[0] ?? measured.find(({ measure }) => measure === 'rtt server') ?? measured[0] ?? summaries[0]
}

interface MeasuresProps {
  readonly summaries: readonly LatencySummary[]
  readonly chosen: string
  readonly onChoose: (measure: string) => void
}

function Measures({ summaries, chosen, onChoose }: MeasuresProps): ReactNode {
  function onKeyDown(event: KeyboardEvent): void {
    const at = summaries.findIndex(({ measure }) => measure === chosen)
    const next = event.key === 'ArrowDown' ? summaries[at + 1] : event.key === 'ArrowUp' ? summaries[at - 1] : undefined
    if (!next) return
    event.preventDefault()
    onChoose(next.measure)
  }
  return (
    <div className="latency-measures" tabIndex={0} data-grid="latency" onKeyDown={onKeyDown}>
      <table aria-label="Measures">
        <thead>
          <tr>
            <th scope="col">Measure</th>
            <th scope="col">n</th>
            <th scope="col">p50</th>
            <th scope="col">p90</th>
            <th scope="col">p99</th>
            <th scope="col">max</th>
          </tr>
        </thead>
        <tbody>
          {summaries.map((summary) => {
            const { measure, count, unanswered, failed, p50, p90, p99, maxNs } = summary
            return (
              <tr key={measure} aria-current={measure === chosen} onClick={() => onChoose(measure)}>
                <th scope="row" title={measureAbout(measure)}>
                  {measureName(measure)}
                  {(unanswered > 0 || failed > 0) && (
                    <span className="latency-bad">
                      {[
                        unanswered > 0 && `${formatCount(unanswered)} unanswered`,
                        failed > 0 && `${formatCount(failed)} failed`,
                      ]
                        .filter(Boolean)
                        .join(', ')}
                    </span>
                  )}
                </th>
                <td>{formatCount(count)}</td>
                <td>{percentileText(p50)}</td>
                <td>{percentileText(p90)}</td>
                <td
                  className={isThin(summary) ? 'latency-thin' : ''}
                  title={isThin(summary) ? 'Fewer than 100 samples: hardly more than the maximum' : undefined}
                >
                  {percentileText(p99)}
                </td>
                <td>{Number.isNaN(maxNs) ? '–' : formatDuration(maxNs)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
