import type { TimeRange } from '../../app/view.ts'
import { RULER } from './lane-specs.ts'
import { panned, type TimeScale, within, zoomed } from './time-scale.ts'

/** What the pointer does to the time axis. Handlers get new values; nothing is kept here but the gesture under way. */
export interface GestureTarget {
  readonly scale: () => TimeScale
  readonly whole: () => TimeRange
  readonly range: () => TimeRange | undefined
  /** `y` from the top of the plot. */
  readonly onCursor: (time: number | undefined, y?: number) => void
  /** `done` is false while the pointer still drags. */
  readonly onRange: (range: TimeRange | undefined, done: boolean) => void
  readonly onZoom: (zoom: TimeRange | undefined) => void
  /** A click without a drag, `y` from the top of the plot. */
  readonly onClick: (time: number, y: number) => void
  readonly onReset: () => void
}

type Drag =
  | { readonly kind: 'brush'; readonly x: number; readonly anchor: number; moved: boolean }
  | { readonly kind: 'pan'; readonly x: number; readonly start: TimeScale; moved: boolean }

const GRAB = 5
const SLOP = 3

/** Listens on the plot: drag = select, drag on the ruler or with Shift = pan, wheel = zoom, double click = reset. Returns how to stop. */
export function listenForGestures(plot: HTMLElement, target: GestureTarget): () => void {
  const control = new AbortController()
  const { signal } = control
  let drag: Drag | undefined

  const place = (event: PointerEvent | WheelEvent | MouseEvent) => {
    const box = plot.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  /** The end of the range that stays when the one under the pointer is grabbed. */
  const grabbed = (x: number): number | undefined => {
    const range = target.range()
    if (!range) return undefined
    const scale = target.scale()
    if (Math.abs(x - scale.x(range.from)) <= GRAB) return range.to
    if (Math.abs(x - scale.x(range.to)) <= GRAB) return range.from
    return undefined
  }

  plot.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button > 1) return
      const { x, y } = place(event)
      const scale = target.scale()
      if (event.button === 1 || event.shiftKey || y < RULER) drag = { kind: 'pan', x, start: scale, moved: false }
      else drag = { kind: 'brush', x, anchor: grabbed(x) ?? scale.time(x), moved: false }
      plot.setPointerCapture(event.pointerId)
    },
    { signal },
  )

  plot.addEventListener(
    'pointermove',
    (event) => {
      const { x, y } = place(event)
      const scale = target.scale()
      target.onCursor(scale.time(x), y)
      if (!drag) {
        plot.style.cursor = y < RULER ? 'grab' : grabbed(x) === undefined ? 'crosshair' : 'ew-resize'
        return
      }
      if (!drag.moved && Math.abs(x - drag.x) <= SLOP) return
      drag.moved = true
      if (drag.kind === 'pan') {
        const by = -((x - drag.x) / drag.start.width) * drag.start.span
        target.onZoom(panned(drag.start.range, by, target.whole()))
      } else target.onRange(between(drag.anchor, scale.time(x), target.whole()), false)
    },
    { signal },
  )

  plot.addEventListener(
    'pointerup',
    (event) => {
      if (!drag) return
      const { x, y } = place(event)
      const scale = target.scale()
      if (drag.kind === 'brush') {
        if (drag.moved) target.onRange(between(drag.anchor, scale.time(x), target.whole()), true)
        else target.onClick(scale.time(x), y)
      }
      drag = undefined
    },
    { signal },
  )
  plot.addEventListener('pointercancel', () => (drag = undefined), { signal })
  plot.addEventListener('pointerleave', () => !drag && target.onCursor(undefined), { signal })
  plot.addEventListener('dblclick', () => target.onReset(), { signal })

  plot.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const scale = target.scale()
      const whole = target.whole()
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
        target.onZoom(panned(scale.range, (sideways / scale.width) * scale.span, whole))
        return
      }
      // A pinch arrives as a wheel with Ctrl and small deltas.
      const lines = event.deltaMode === 0 ? 1 : 24
      const factor = Math.exp(Math.min(Math.max(event.deltaY * lines, -240), 240) * (event.ctrlKey ? 0.01 : 0.0022))
      target.onZoom(zoomed(scale.range, factor, scale.time(place(event).x), whole))
    },
    { signal, passive: false },
  )

  return () => {
    control.abort()
  }
}

function between(a: number, b: number, whole: TimeRange): TimeRange {
  return within({ from: Math.max(whole.from, Math.min(a, b)), to: Math.min(whole.to, Math.max(a, b)) }, whole)
}
