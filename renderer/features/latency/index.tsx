import type { KeyboardEvent, ReactNode } from 'react'
import { useStore } from 'zustand'
import type {
  AddressPair,
  CaptureFacts,
  ExchangeRow,
  LatencyCell,
  LatencySummary,
  Query,
} from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { TimesForm } from '../../app/view.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { pairFilter, withCondition } from '../../components/filter-text.ts'
import { formatCount } from '../../components/format.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { Pane } from '../../components/pane.tsx'
import { queryOf } from '../../components/query-of.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { widenings } from '../../components/widenings.ts'
import { HeatMap } from './heat-map.tsx'
import {
  isRequests,
  isThin,
  measureAbout,
  measureName,
  MEASURES,
  percentileText,
  THIN_ABOUT,
  whyNone,
} from '../../components/measure-names.ts'
import { MapLegend } from './map-legend.tsx'
import { Pairs } from './pairs.tsx'
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

const FORMS: readonly TimesForm[] = ['map', 'requests', 'pairs']
const FORM_NAMES: Readonly<Record<TimesForm, string>> = { map: 'Heat map', requests: 'Requests', pairs: 'Pairs' }
const PAIRS_ABOUT = 'Round trips to either end, by pairs of addresses'

/** How long things took: percentiles of each measure, its times over time, the requests behind them, and round trips of pairs of addresses. */
export function Latency({ session, view, facts, version, announce }: LatencyProps): ReactNode {
  const filter = useStore(view.store, (state) => state.filter)
  const range = useStore(view.store, (state) => state.range)
  const zoom = useStore(view.store, (state) => state.zoom)
  const conversation = useStore(view.store, (state) => state.conversation)
  const wanted = useStore(view.store, (state) => state.times) ?? FORMS[0]
  const chosen = useStore(view.store, (state) => state.measure)
  const sort = useStore(view.store, (state) => state.timesSort)
  const frameNumber = useFrameNumber()
  const scope = queryOf({ filter, conversation })
  const query: Query = { ...scope, ...range }
  const key = JSON.stringify([query, version])
  const { value: summaries, error, key: answered } = useAnswer(key, () => session.engine.latencies(query))
  const measure = summaries && (summaries.find((each) => each.measure === chosen) ?? mostFelt(summaries))?.measure
  const forms = FORMS.filter((form) => form !== 'requests' || (measure !== undefined && isRequests(measure)))
  const form = forms.includes(wanted) ? wanted : FORMS[0]
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

  function showPair({ client, server }: AddressPair): void {
    const narrowed = withCondition(filter, pairFilter(client, server))
    view.change({ filter: narrowed, row: undefined, detail: undefined }, 'push')
  }

  return (
    <Pane
      title="Latency"
      waiting={answered !== key}
      count={measure === undefined ? undefined : form === 'pairs' ? PAIRS_ABOUT : measureAbout(measure)}
      actions={
        measure !== undefined && (
          <span className="latency-switch" role="group" aria-label="Show as">
            {forms.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={each === form}
                onClick={() =>
                  view.change({ times: each === FORMS[0] ? undefined : each, timesSort: undefined }, 'push')
                }
              >
                {FORM_NAMES[each]}
              </button>
            ))}
          </span>
        )
      }
    >
      {error !== undefined ? (
        <EmptyState tone="bad" title="Times could not be worked out" actions={widenings(view, { filter })}>
          {error}
        </EmptyState>
      ) : summaries && measure === undefined ? (
        <EmptyState title="Nothing to measure here" actions={widenings(view, { filter, range, conversation })}>
          Neither acknowledged data nor requests that are understood are among the packets shown.
        </EmptyState>
      ) : (
        summaries &&
        measure !== undefined &&
        (form === 'pairs' ? (
          <Pairs
            session={session}
            query={query}
            version={version}
            whyNone={whyNoPair(summaries)}
            sort={sort}
            onSort={(timesSort) => view.change({ timesSort })}
            onPair={showPair}
          />
        ) : (
          <div className="latency">
            <div className="latency-side">
              <Measures summaries={summaries} chosen={measure} onChoose={(each) => view.change({ measure: each })} />
              {form === 'map' && <MapLegend measure={measure} />}
            </div>
            <div className="latency-view">
              {form === 'requests' ? (
                <Requests
                  key={measure}
                  session={session}
                  query={query}
                  protocol={measure}
                  version={version}
                  sort={sort}
                  onSort={(timesSort) => view.change({ timesSort })}
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
        ))
      )}
    </Pane>
  )
}

function whyNoPair(summaries: readonly LatencySummary[]): string {
  const halves = summaries.filter(({ measure }) => !isRequests(measure))
  const sum = (of: (summary: LatencySummary) => number) => halves.reduce((total, each) => total + of(each), 0)
  return whyNone(
    MEASURES[0],
    sum(({ delayedAcks }) => delayedAcks),
    sum(({ withData }) => withData),
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
            const { measure, count, unanswered, failed, p50, p90, p99, max } = summary
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
                <td className={isThin(summary) ? 'latency-thin' : ''} title={isThin(summary) ? THIN_ABOUT : undefined}>
                  {percentileText(p99)}
                </td>
                <td>{percentileText(max)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
