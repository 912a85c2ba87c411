import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { StoreApi } from 'zustand/vanilla'
import { formatSeconds } from '../../components/format.ts'
import { findingAt, type PlacedFinding } from './findings-lane.ts'
import type { LanePlace } from './lane-specs.ts'
import type { TimeScale } from './time-scale.ts'

interface FindingTipProps {
  readonly cursor: StoreApi<{ readonly time: number | undefined; readonly y?: number | undefined }>
  readonly scale: TimeScale
  readonly place: LanePlace | undefined
  readonly placed: readonly PlacedFinding[]
}

/** The title of the finding under the pointer, and when it was. */
export function FindingTip({ cursor, scale, place, placed }: FindingTipProps): ReactNode {
  const { time, y } = useStore(cursor)
  if (time === undefined || y === undefined || !place) return null
  const x = scale.x(time)
  const found = findingAt(scale, place, placed, x, y)
  if (!found) return null
  const { title, since, until } = found.finding
  const decimals = scale.span > 10e9 ? 1 : 3
  return (
    <div
      className={x > scale.width / 2 ? 'timeline-tip left' : 'timeline-tip'}
      style={{ top: place.top + place.height + 3, transform: `translateX(${Math.round(x)}px)` }}
    >
      <span>
        {title}
        <small>
          {formatSeconds(since, decimals)}
          {until > since && ` – ${formatSeconds(until, decimals)}`} s
        </small>
      </span>
    </div>
  )
}
