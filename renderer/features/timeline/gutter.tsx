import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { StoreApi } from 'zustand/vanilla'
import { NOTE_FIELD } from '../../../common/model/note.ts'
import type { Lanes } from '../../../engine/engine.ts'
import { formatBitRate, formatCount, formatCounted, formatDuration } from '../../components/format.ts'
import {
  bucketAt,
  bucketSummary,
  COUNT_LANES,
  NOTE_LANE,
  RULER,
  type LanePlace,
  type LaneSummary,
} from './lane-specs.ts'

interface GutterProps {
  readonly places: readonly LanePlace[]
  readonly lanes: Lanes | undefined
  /** How many notes have a time. */
  readonly noted: number
  readonly cursor: StoreApi<{ readonly time: number | undefined }>
  /** One bucket: what the numbers are while the pointer is elsewhere, over the selected range or what is on screen. */
  readonly total: Lanes | undefined
  readonly ranged: boolean
  readonly onFilter: (condition: string) => void
}

/** The names of the lanes with their numbers: under the crosshair, else over the selected or visible time. */
export function Gutter({ places, lanes, noted, total, cursor, ranged, onFilter }: GutterProps): ReactNode {
  const time = useStore(cursor, (state) => state.time)
  const bucket = lanes && time !== undefined ? bucketAt(lanes, time) : -1
  const summary = lanes && bucket >= 0 ? bucketSummary(lanes, bucket) : total ? bucketSummary(total, 0) : undefined
  const about = summary && `in ${formatDuration(summary.span)}${bucket < 0 && ranged ? ', selected' : ''}`
  return (
    <div className="gutter" data-at={bucket >= 0 ? 'cursor' : 'range'}>
      <div className="gutter-head" style={{ height: RULER }}>
        {summary && (
          <>
            <span className="number">{formatCounted(summary.packets, 'packet')}</span>
            <span className="gutter-about">{about}</span>
          </>
        )}
      </div>
      {noted > 0 && (
        <div className="gutter-lane" style={{ top: RULER, height: NOTE_LANE }} data-lane="notes">
          <button
            type="button"
            className="gutter-count"
            title={`Filter on ${NOTE_FIELD}`}
            onClick={() => onFilter(NOTE_FIELD)}
          >
            <span className="gutter-title">Notes</span>
            <span className="number">{formatCount(noted)}</span>
          </button>
        </div>
      )}
      {places.map(({ id, top, height }) => (
        <div key={id} className={`gutter-lane${height >= 34 ? ' tall' : ''}`} style={{ top, height }} data-lane={id}>
          {id === 'throughput' ? (
            <>
              <span className="gutter-title">Throughput</span>
              <span className="number">{summary && formatBitRate((summary.bytes * 8e9) / summary.span)}</span>
            </>
          ) : id === 'rtt' ? (
            <Percentiles summary={summary} height={height} />
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

function Percentiles({
  summary,
  height,
}: {
  readonly summary: LaneSummary | undefined
  readonly height: number
}): ReactNode {
  const text = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? '–' : formatDuration(value))
  return (
    <>
      <span className="gutter-title" title="Time from a segment to the packet that acknowledges it">
        RTT
      </span>
      {height >= 52 ? (
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
          <dd className="number">{text(summary?.p99)}</dd>
          <dt>
            <i className="swatch line thin" style={{ background: 'var(--ink-faint)' }} aria-hidden />
            max
          </dt>
          <dd className="number">{text(summary?.max)}</dd>
        </dl>
      ) : (
        <span className="number">p99 {text(summary?.p99)}</span>
      )}
    </>
  )
}
