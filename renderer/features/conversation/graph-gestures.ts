/** What the pointer does to the graph. Handlers get new values; nothing is kept here but the gesture under way. */
export interface GraphGestures {
  readonly onPoint: (place: { readonly x: number; readonly y: number } | undefined) => void
  /** Dragged by so many pixels since the button went down; the first call of a drag has `begins`. */
  readonly onDrag: (dx: number, dy: number, begins: boolean) => void
  /** A box was drawn, with Shift. */
  readonly onBox: (box: Box | undefined, done: boolean) => void
  readonly onClick: (x: number, y: number) => void
  /** The wheel: less than 1 = nearer. `values` = the value axis alone. */
  readonly onZoom: (factor: number, x: number, y: number, values: boolean) => void
  readonly onScroll: (pixels: number) => void
  readonly onReset: () => void
}

export interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const SLOP = 3

/** Drag = move, drag with Shift = zoom to the box, wheel = zoom in time, with Alt in values, sideways = move, double click = all. */
export function listenForGraphGestures(plot: HTMLElement, target: GraphGestures): () => void {
  const control = new AbortController()
  const { signal } = control
  let drag: { readonly x: number; readonly y: number; readonly box: boolean; moved: boolean } | undefined

  const place = (event: MouseEvent) => {
    const { left, top } = plot.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  plot.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button > 1) return
      drag = { ...place(event), box: event.shiftKey, moved: false }
      plot.setPointerCapture(event.pointerId)
    },
    { signal },
  )
  plot.addEventListener(
    'pointermove',
    (event) => {
      const { x, y } = place(event)
      target.onPoint({ x, y })
      if (!drag) return
      if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) <= SLOP) return
      const begins = !drag.moved
      drag.moved = true
      if (drag.box) target.onBox(boxOf(drag, x, y), false)
      else target.onDrag(x - drag.x, y - drag.y, begins)
    },
    { signal },
  )
  plot.addEventListener(
    'pointerup',
    (event) => {
      if (!drag) return
      const { x, y } = place(event)
      if (!drag.moved) target.onClick(x, y)
      else if (drag.box) target.onBox(boxOf(drag, x, y), true)
      drag = undefined
    },
    { signal },
  )
  plot.addEventListener(
    'pointercancel',
    () => {
      if (drag?.box) target.onBox(undefined, true)
      drag = undefined
    },
    { signal },
  )
  plot.addEventListener('pointerleave', () => !drag && target.onPoint(undefined), { signal })
  plot.addEventListener('dblclick', () => target.onReset(), { signal })
  plot.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
      if (event.shiftKey || Math.abs(sideways) > Math.abs(event.deltaY)) {
        target.onScroll(sideways)
        return
      }
      const lines = event.deltaMode === 0 ? 1 : 24
      // A pinch arrives as a wheel with Ctrl and small deltas.
      const by = Math.min(Math.max(event.deltaY * lines, -240), 240) * (event.ctrlKey ? 0.01 : 0.0022)
      const { x, y } = place(event)
      target.onZoom(Math.exp(by), x, y, event.altKey)
    },
    { signal, passive: false },
  )
  return () => {
    control.abort()
  }
}

function boxOf(from: { readonly x: number; readonly y: number }, x: number, y: number): Box {
  return {
    left: Math.min(from.x, x),
    right: Math.max(from.x, x),
    top: Math.min(from.y, y),
    bottom: Math.max(from.y, y),
  }
}
