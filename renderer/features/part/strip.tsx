import { useCallback, useRef, useState, useSyncExternalStore, type PointerEvent, type ReactNode } from 'react'
import type { Overview } from '../../../engine/engine.ts'
import type { TimeRange } from '../../app/view.ts'
import { colors, subscribeColors } from '../../components/colors.ts'
import { type Draw, useDrawing, useInnerSize } from '../../components/use-drawing.ts'

interface StripProps {
  readonly overview: Overview
  /** The stretch that is chosen now. */
  readonly chosen: TimeRange | undefined
  /** A stretch was brushed. */
  readonly onChoose: (range: TimeRange) => void
  /** A place was clicked. */
  readonly onPoint: (at: number) => void
}

const HEIGHT = 72
/** Pixels that a hand may tremble in a click. */
const STILL = 3

/** Bytes over the time of the whole capture, to brush a stretch. For the mouse: fields below do the same for the keyboard. */
export function Strip({ overview, chosen, onChoose, onPoint }: StripProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const { width } = useInnerSize(box)
  const [grip, setGrip] = useState<number>()
  const palette = useSyncExternalStore(subscribeColors, colors)
  const { latest, bytes, bucketNs } = overview
  const span = Math.max(1, latest)

  const draw = useCallback<Draw>(
    (context) => {
      const shown = Math.min(bytes.length, Math.ceil(span / bucketNs))
      const max = bytes.reduce((a, b) => Math.max(a, b), 1)
      const x = (i: number) => Math.round(((i * bucketNs) / span) * width)
      for (let i = 0; i < shown; i++) {
        const tall = bytes[i] > 0 ? Math.max(1, Math.round((bytes[i] / max) * (HEIGHT - 8))) : 0
        const wide = Math.max(1, x(i + 1) - x(i))
        context.fillStyle = palette.trafficWash
        context.fillRect(x(i), HEIGHT - tall, wide, tall)
        context.fillStyle = palette.traffic
        context.fillRect(x(i), HEIGHT - tall, wide, Math.min(1, tall))
      }
    },
    [bytes, bucketNs, span, palette, width],
  )
  useDrawing(canvas, { width, height: HEIGHT }, draw)

  const at = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    return Math.min(width, Math.max(0, event.clientX - box.left))
  }
  const timeAt = (x: number) => (x / Math.max(1, width)) * span
  const from = chosen && Math.round((Math.min(chosen.from, span) / span) * width)
  const to = chosen && Math.max((from ?? 0) + 2, Math.round((Math.min(chosen.to, span) / span) * width))
  return (
    <div
      ref={box}
      className="part-strip"
      style={{ height: HEIGHT }}
      onPointerDown={(event) => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        setGrip(at(event))
      }}
      onPointerMove={(event) => {
        if (grip === undefined || Math.abs(at(event) - grip) <= STILL) return
        const [left, right] = [grip, at(event)].toSorted((a, b) => a - b)
        onChoose({ from: timeAt(left), to: timeAt(right) })
      }}
      onPointerUp={(event) => {
        if (grip !== undefined && Math.abs(at(event) - grip) <= STILL) onPoint(timeAt(grip))
        setGrip(undefined)
      }}
      onPointerCancel={() => setGrip(undefined)}
    >
      <canvas ref={canvas} aria-hidden style={{ width, height: HEIGHT }} />
      {from !== undefined && to !== undefined && (
        <>
          <div className="part-outside" style={{ left: 0, width: from }} />
          <div className="part-outside" style={{ left: to, right: 0 }} />
          <div className="part-window" style={{ left: from, width: to - from }} />
        </>
      )}
    </div>
  )
}
