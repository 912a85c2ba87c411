import { X, ZoomIn } from 'lucide-react'
import type { ReactNode } from 'react'
import type { TimeRange } from '../../app/view.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { formatDuration } from '../../components/format.ts'
import { AXIS, RULER } from './lane-specs.ts'
import type { TimeScale } from './time-scale.ts'

interface RangeOverlayProps {
  readonly scale: TimeScale
  readonly range: TimeRange | undefined
  readonly view: ViewStore
}

/** The selected range: what is outside recedes; its length, and what can be done with it, stand on the ruler. */
export function RangeOverlay({ scale, range, view }: RangeOverlayProps): ReactNode {
  if (!range) return null
  const left = Math.round(scale.x(range.from))
  const right = Math.max(left + 1, Math.round(scale.x(range.to)))
  const from = Math.min(Math.max(0, left), scale.width)
  const to = Math.min(Math.max(0, right), scale.width)
  const middle = Math.min(Math.max((from + to) / 2, 66), scale.width - 66)
  return (
    <div className="range" style={{ top: RULER, right: AXIS }}>
      <div className="range-outside" style={{ left: 0, width: from }} />
      <div className="range-outside" style={{ left: to, right: 0 }} />
      {left >= 0 && left <= scale.width && <div className="range-edge" style={{ left }} />}
      {right >= 0 && right <= scale.width && <div className="range-edge" style={{ left: right - 1 }} />}
      <div className="range-bar" style={{ left: from, width: Math.max(1, to - from) }} />
      <div className="range-label" style={{ left: middle }}>
        <span className="number">{formatDuration(range.to - range.from)}</span>
        <button
          type="button"
          tabIndex={-1}
          aria-label="Zoom to the selected time"
          title="Zoom to the selected time (Enter)"
          onClick={() => view.change({ zoom: range }, 'push')}
        >
          <ZoomIn size={12} aria-hidden />
        </button>
        <button
          type="button"
          tabIndex={-1}
          aria-label="Clear the selected time"
          title="Clear the selected time (Esc)"
          onClick={() => view.change({ range: undefined }, 'push')}
        >
          <X size={12} aria-hidden />
        </button>
      </div>
    </div>
  )
}
