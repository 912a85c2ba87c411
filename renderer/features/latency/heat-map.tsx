import { useCallback, useRef, useState, useSyncExternalStore, type KeyboardEvent, type ReactNode } from 'react'
import type { LatencyCell, LatencyMap, Query } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import { colors, subscribeColors } from '../../components/colors.ts'
import { formatCounted, formatDuration, formatSeconds } from '../../components/format.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { type Draw, useDrawing, useInnerSize } from '../../components/use-drawing.ts'
import type { TimeRange } from '../../app/view.ts'
import { cellAt, cellBox, drawMap, mapWidth } from './draw-map.ts'
import { isRequests, measureName } from '../../components/measure-names.ts'

interface HeatMapProps {
  readonly session: CaptureSession
  readonly query: Query
  readonly measure: string
  readonly shown: TimeRange
  readonly version: number
  readonly onCell: (cell: LatencyCell) => void
}

interface Place {
  readonly column: number
  readonly row: number
}

/** Pixels a column takes, about. */
const COLUMN = 7

/** How long things took over time: brighter where more did, each cell leads to its packets. */
export function HeatMap({ session, query, measure, shown, version, onCell }: HeatMapProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const size = useInnerSize(box)
  const [pointed, setPointed] = useState<Place>()
  const palette = useSyncExternalStore(subscribeColors, colors)
  const columns = Math.max(1, Math.floor(mapWidth(size) / COLUMN))
  const key = size.width === 0 ? undefined : JSON.stringify([query, measure, shown, columns, version])
  const { value: map } = useAnswer(key, () => session.engine.latencyMap(query, measure, shown.from, shown.to, columns))
  const current = map?.measure === measure ? map : undefined

  const draw = useCallback<Draw>(
    (context, place, font) => current && current.rows > 0 && drawMap(context, current, place, palette, font),
    [current, palette],
  )
  useDrawing(canvas, size, draw)

  function cellOf(place: Place): LatencyCell | undefined {
    if (!current) return undefined
    const width = (current.to - current.from) / current.columns
    return {
      measure,
      from: current.from + place.column * width,
      to: current.from + (place.column + 1) * width,
      low: current.edges[place.row],
      high: current.edges[place.row + 1],
    }
  }

  function choose(place: Place | undefined): void {
    const cell = place && cellOf(place)
    if (cell) onCell(cell)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (!current || current.rows === 0) return
    const at = pointed ?? { column: Math.floor(current.columns / 2), row: Math.floor(current.rows / 2) }
    const steps: Readonly<Record<string, Place>> = {
      ArrowLeft: { column: -1, row: 0 },
      ArrowRight: { column: 1, row: 0 },
      ArrowUp: { column: 0, row: 1 },
      ArrowDown: { column: 0, row: -1 },
    }
    const step = steps[event.key]
    if (step) setPointed(nextFilled(current, at, step) ?? at)
    else if (event.key === 'Enter') choose(pointed)
    else return
    event.preventDefault()
  }

  const mark = current && pointed && pointed.column < current.columns && pointed.row < current.rows
  return (
    <div
      ref={box}
      className="heat-map"
      role="group"
      tabIndex={0}
      aria-label={`${measureName(measure)} over time. ${mark ? cellText(current, pointed) : 'Arrow keys move between filled cells, Enter shows their packets.'}`}
      onKeyDown={onKeyDown}
      onPointerMove={(event) => {
        const { left, top } = event.currentTarget.getBoundingClientRect()
        setPointed(current && cellAt(current, size, event.clientX - left, event.clientY - top))
      }}
      onPointerLeave={() => setPointed(undefined)}
      onClick={() => choose(pointed)}
    >
      <canvas ref={canvas} aria-hidden />
      {mark && <Mark map={current} place={pointed} size={size} />}
      {current && current.counts.every((count) => count === 0) && current.unanswered.every((count) => count === 0) && (
        <p className="heat-none">Nothing of this in the time shown.</p>
      )}
    </div>
  )
}

interface MarkProps {
  readonly map: LatencyMap
  readonly place: Place
  readonly size: { readonly width: number; readonly height: number }
}

function Mark({ map, place, size }: MarkProps): ReactNode {
  const { x, y, width, height } = cellBox(map, size, place.column, place.row)
  const right = x > size.width * 0.6
  return (
    <>
      <i className="heat-cell" style={{ left: x, top: y, width: Math.max(3, width), height: Math.max(3, height) }} />
      <span
        className="heat-text"
        style={{
          top: Math.min(y, size.height - 40),
          ...(right ? { right: size.width - x + 6 } : { left: x + width + 6 }),
        }}
      >
        {cellText(map, place)}
      </span>
    </>
  )
}

function cellText(map: LatencyMap, { column, row }: Place): string {
  const count = map.counts[column * map.rows + row]
  const waited = map.unanswered[column * map.rows + row]
  const span = `${formatDuration(map.edges[row])} – ${formatDuration(map.edges[row + 1])}`
  const what = isRequests(map.measure) ? 'request' : 'round trip'
  const at = formatSeconds(map.from + (column * (map.to - map.from)) / map.columns, 3)
  const all = map.samples[column]
  const p99 = map.p99[column]
  return [
    `${at} s: ${span}`,
    `${formatCounted(count, what)}${waited > 0 ? `, ${waited} never answered` : ''}`,
    all > 0 &&
      `of ${all} then; p50 ${formatDuration(map.p50[column])}, p99 ${map.p99Beyond[column] ? '≥ ' : ''}${formatDuration(p99)}`,
  ]
    .filter((part) => typeof part === 'string')
    .join(' · ')
}

/** The next cell in that direction that has something; sideways, at the height that is nearest. */
function nextFilled(map: LatencyMap, at: Place, step: Place): Place | undefined {
  const filled = (column: number, row: number) => {
    const index = column * map.rows + row
    return map.counts[index] + map.unanswered[index] > 0
  }
  if (step.row !== 0) {
    for (let row = at.row + step.row; row >= 0 && row < map.rows; row += step.row) {
      if (filled(at.column, row)) return { column: at.column, row }
    }
    return undefined
  }
  for (let column = at.column + step.column; column >= 0 && column < map.columns; column += step.column) {
    for (let distance = 0; distance < map.rows; distance++) {
      for (const row of [at.row + distance, at.row - distance]) {
        if (row >= 0 && row < map.rows && filled(column, row)) return { column, row }
      }
    }
  }
  return undefined
}
