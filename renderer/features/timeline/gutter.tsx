import { useContext, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { StoreApi } from 'zustand/vanilla'
import { formatBitRate, formatCount, formatCounted, formatDuration, formatZone } from '../../components/format.ts'
import { ENOUGH_FOR_P99, measureAbout, measureName, MEASURES } from '../../components/measure-names.ts'
import { ZoneContext } from '../../components/zone.ts'
import { findingsIn, type PlacedFinding } from './findings-lane.ts'
import {
  bucketAt,
  bucketSummary,
  COUNT_LANES,
  NOTE_LANE,
  RULER,
  type LanePlace,
  type LaneSummary,
  type ShownLanes,
} from './lane-specs.ts'
import './gutter.css'

interface GutterProps {
  readonly places: readonly LanePlace[]
  readonly lanes: ShownLanes | undefined
  /** Undefined until they are known. */
  readonly findings: readonly PlacedFinding[] | undefined
  /** So many more there are somewhere, that did less harm and are not marked. */
  readonly omitted: number
  /** Shows the list of what a lane marks. */
  readonly onList: (list: 'findings' | 'notes') => void
  /** How many notes have a time. */
  readonly noted: number
  readonly cursor: StoreApi<{ readonly time: number | undefined }>
  /** One bucket: what the numbers are while the pointer is elsewhere, over the selected range or what is on screen. */
  readonly total: ShownLanes | undefined
  readonly ranged: boolean
  readonly onFilter: (condition: string) => void
  /** What the latency lane is of, and the choice of another. */
  readonly measure: string
  readonly onMeasure: (measure: string) => void
  /** Of the times on the axis; undefined where the capture tells no time of day. */
  readonly epochNs: string | undefined
}

/** The names of the lanes with their numbers: under the crosshair, else over the selected or visible time. */
export function Gutter({
  places,
  lanes,
  findings,
  omitted,
  onList,
  noted,
  total,
  cursor,
  ranged,
  onFilter,
  measure,
  onMeasure,
  epochNs,
}: GutterProps): ReactNode {
  const { zone, change } = useContext(ZoneContext)
  const time = useStore(cursor, (state) => state.time)
  const bucket = lanes && time !== undefined ? bucketAt(lanes, time) : -1
  const summary = lanes && bucket >= 0 ? bucketSummary(lanes, bucket) : total ? bucketSummary(total, 0) : undefined
  const found = summary && findings && findingsIn(findings, summary.from, summary.from + summary.span).length
  // One moment has no length, and no rate.
  const lasts = summary !== undefined && summary.span > 1
  const about = lasts && `in ${formatDuration(summary.span)}${bucket < 0 && ranged ? ', selected' : ''}`
  return (
    <div className="gutter" data-at={bucket >= 0 ? 'cursor' : 'range'}>
      <div className="gutter-head" style={{ height: RULER }}>
        {summary && (
          <>
            <span className="number">{formatCounted(summary.packets, 'packet')}</span>
            <span className="gutter-about">
              {about}
              {epochNs !== undefined && (
                <button
                  type="button"
                  className="gutter-zone"
                  title="The time zone of the clocks: change it (U)"
                  onClick={change}
                >
                  {formatZone(epochNs, 0, zone)}
                </button>
              )}
            </span>
          </>
        )}
      </div>
      <div className="gutter-lane" style={{ top: RULER, height: NOTE_LANE }} data-lane="notes">
        <button
          type="button"
          className="gutter-count"
          title="Show the notes"
          onClick={() => onList('notes')}
          data-none={noted === 0 ? '' : undefined}
        >
          <span className="gutter-title">Notes</span>
          <span className="number">{formatCount(noted)}</span>
        </button>
      </div>
      {places.map(({ id, top, height }) => (
        <div key={id} className={`gutter-lane${height >= 34 ? ' tall' : ''}`} style={{ top, height }} data-lane={id}>
          {id === 'throughput' ? (
            <>
              <span className="gutter-title">Throughput</span>
              <span className="number">
                {summary && (lasts ? formatBitRate((summary.bytes * 8e9) / summary.span) : '–')}
              </span>
            </>
          ) : id === 'rtt' ? (
            <Percentiles summary={summary} height={height} measure={measure} onMeasure={onMeasure} />
          ) : id === 'findings' ? (
            <button
              type="button"
              className="gutter-count"
              title={`Show the findings${omitted > 0 ? `; ${formatCounted(omitted, 'more', 'more')} that did less harm are not marked here` : ''}`}
              onClick={() => onList('findings')}
              data-none={found === 0 ? '' : undefined}
            >
              <span className="gutter-title">Findings</span>
              <span className="number">
                {found === undefined ? '' : `${formatCount(found)}${omitted > 0 ? '+' : ''}`}
              </span>
            </button>
          ) : (
            <CountTitle id={id} count={summary?.counts[id]} onFilter={onFilter} />
          )}
        </div>
      ))}
    </div>
  )
}

function CountTitle({
  id,
  count,
  onFilter,
}: {
  readonly id: (typeof COUNT_LANES)[number]['id']
  readonly count: number | undefined
  readonly onFilter: (condition: string) => void
}): ReactNode {
  const lane = COUNT_LANES.find((spec) => spec.id === id)
  if (!lane) return null
  return (
    <button
      type="button"
      className="gutter-count"
      disabled={count === undefined}
      title={`Filter on ${lane.filter}`}
      onClick={() => onFilter(lane.filter)}
      data-none={count === 0 ? '' : undefined}
    >
      <i className="swatch" style={{ background: `var(${SWATCH[lane.id]})` }} aria-hidden />
      <span className="gutter-title">{lane.title}</span>
      <span className="number">{count === undefined ? '' : formatCount(count)}</span>
    </button>
  )
}

const SWATCH = {
  retransmissions: '--loss',
  resets: '--reset',
  outOfOrder: '--reorder',
  zeroWindows: '--zero-window',
} as const

interface PercentilesProps {
  readonly summary: LaneSummary | undefined
  readonly height: number
  readonly measure: string
  readonly onMeasure: (measure: string) => void
}

/** Pixels of a lane that has room for a line below the choice of what it is of. */
const TWO_LINES = 36

function Percentiles({ summary, height, measure, onMeasure }: PercentilesProps): ReactNode {
  const text = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? '–' : formatDuration(value))
  const thin = summary !== undefined && summary.samples < ENOUGH_FOR_P99
  const p99 = `${summary?.p99Beyond ? '≥ ' : ''}${text(summary?.p99)}`
  const p99Number = <span className={`gutter-p99 number${thin ? ' thin' : ''}`}>p99 {p99}</span>
  return (
    <>
      <span className="gutter-measure">
        <select
          aria-label="Latency of"
          title={measureAbout(measure)}
          value={measure}
          onChange={(event) => onMeasure(event.target.value)}
        >
          {(MEASURES.includes(measure) ? MEASURES : [...MEASURES, measure]).map((name) => (
            <option key={name} value={name}>
              {measureName(name)}
            </option>
          ))}
        </select>
        {height >= TWO_LINES ? (
          <span className="gutter-samples number">n {summary ? formatCount(summary.samples) : '–'}</span>
        ) : (
          p99Number
        )}
      </span>
      {height >= 68 ? (
        <dl className="gutter-percentiles">
          <dt>
            <i className="swatch line" style={{ background: 'var(--latency)' }} aria-hidden />
            p50
          </dt>
          <dd className="number">{text(summary?.p50)}</dd>
          <dt>
            <i className="swatch" style={{ background: 'var(--latency-wash)' }} aria-hidden />
            p90
          </dt>
          <dd className="number">{text(summary?.p90)}</dd>
          <dt>
            <i className="swatch line thin" style={{ background: 'var(--latency)' }} aria-hidden />
            p99
          </dt>
          <dd
            className={thin ? 'number thin' : 'number'}
            title={thin ? 'Fewer than 100 samples: hardly more than the maximum' : undefined}
          >
            {p99}
          </dd>
          <dt>
            <i className="swatch line thin" style={{ background: 'var(--ink-faint)' }} aria-hidden />
            max
          </dt>
          <dd className="number">{text(summary?.max)}</dd>
        </dl>
      ) : (
        height >= TWO_LINES && p99Number
      )}
    </>
  )
}
