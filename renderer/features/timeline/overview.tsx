import { useCallback, useRef, useSyncExternalStore, type ReactNode } from 'react'
import type { Lanes, Query } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { TimeRange } from '../../app/view.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { colors, subscribeColors, type Colors } from '../../components/colors.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { type Draw, type Size, useDrawing, useInnerSize } from '../../components/use-drawing.ts'
import { drawFindings, type PlacedFinding } from './findings-lane.ts'
import { COUNT_LANES } from './lane-specs.ts'
import { TimeScale, within } from './time-scale.ts'

interface OverviewProps {
  readonly session: CaptureSession
  readonly query: Query
  readonly whole: TimeRange
  readonly shown: TimeRange
  readonly version: number
  readonly placed: readonly PlacedFinding[]
  readonly view: ViewStore
  readonly height: number
}

const BUCKETS = 400
/** What was found is marked at the top. */
const MARKS = { top: 0, height: 7 } as const

/** The whole capture in a strip, with the part on screen as a window that can be dragged. Only there while zoomed in. */
export function Overview({ session, query, whole, shown, version, placed, view, height }: OverviewProps): ReactNode {
  const strip = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const { width } = useInnerSize(strip)
  const palette = useSyncExternalStore(subscribeColors, colors)
  const key = JSON.stringify([query, whole, version])
  const { value: lanes } = useAnswer(key, () => session.engine.lanes(query, whole.from, whole.to, BUCKETS))
  const scale = new TimeScale(whole, width)

  const draw = useCallback<Draw>(
    (context, size) => {
      drawFindings(context, new TimeScale(whole, size.width), palette, MARKS, placed)
      if (lanes) drawStrip(context, lanes, palette, size)
    },
    [lanes, palette, placed, whole],
  )
  useDrawing(canvas, { width, height }, draw)

  function centre(event: React.PointerEvent): void {
    const box = event.currentTarget.getBoundingClientRect()
    const at = scale.time(event.clientX - box.left)
    const half = (shown.to - shown.from) / 2
    view.change({ zoom: within({ from: at - half, to: at + half }, whole) })
  }

  const from = Math.round(scale.x(shown.from))
  const to = Math.max(from + 2, Math.round(scale.x(shown.to)))
  return (
    <div
      ref={strip}
      className="overview"
      style={{ height }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        centre(event)
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && centre(event)}
      onDoubleClick={() => view.change({ zoom: undefined }, 'push')}
    >
      <canvas ref={canvas} aria-hidden style={{ width, height }} />
      <div className="overview-outside" style={{ left: 0, width: from }} />
      <div className="overview-outside" style={{ left: to, right: 0 }} />
      <div className="overview-window" style={{ left: from, width: to - from }} />
    </div>
  )
}

function drawStrip(context: CanvasRenderingContext2D, lanes: Lanes, palette: Colors, { width, height }: Size): void {
  let max = 0
  for (const value of lanes.bytes) if (value > max) max = value
  const edge = (i: number) => Math.round((i / lanes.buckets) * width)
  for (let i = 0; i < lanes.buckets; i++) {
    const x = edge(i)
    const wide = Math.max(1, edge(i + 1) - x)
    if (lanes.bytes[i] > 0) {
      const tall = Math.max(1, Math.round((lanes.bytes[i] / max) * (height - 8)))
      context.fillStyle = palette.trafficWash
      context.fillRect(x, height - tall, wide, tall)
      context.fillStyle = palette.traffic
      context.fillRect(x, height - tall, wide, 1)
    }
    const lane = COUNT_LANES.find(({ id }) => lanes[id][i] > 0)
    if (!lane) continue
    context.fillStyle = palette[lane.color]
    context.fillRect(x, 1, Math.max(2, wide), 4)
  }
}
