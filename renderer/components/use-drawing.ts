import { useLayoutEffect, useState, type RefObject } from 'react'

/** In CSS pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

const NONE: Size = { width: 0, height: 0 }

/** An element's inner size, zero until it is laid out. `present` turns true when an element that was missing is there. */
export function useInnerSize(ref: RefObject<HTMLElement | null>, present = true): Size {
  const [size, setSize] = useState(NONE)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [ref, present])
  return size
}

/** What a drawing is given: an empty canvas whose unit is the CSS pixel, and the font of its surroundings. */
export type Draw = (context: CanvasRenderingContext2D, size: Size, font: string) => void

/** Draws a canvas anew, once a frame at most and at the screen's resolution, when `draw` or the size is another one. */
export function useDrawing(ref: RefObject<HTMLCanvasElement | null>, { width, height }: Size, draw: Draw): void {
  useLayoutEffect(() => {
    const canvas = ref.current
    const context = canvas?.getContext('2d')
    if (!canvas || !context || width === 0) return
    const frame = requestAnimationFrame(() => {
      const ratio = window.devicePixelRatio
      const wide = Math.round(width * ratio)
      const tall = Math.round(height * ratio)
      if (canvas.width !== wide) canvas.width = wide
      if (canvas.height !== tall) canvas.height = tall
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      context.clearRect(0, 0, width, height)
      draw(context, { width, height }, getComputedStyle(canvas).fontFamily)
    })
    return () => cancelAnimationFrame(frame)
  }, [ref, width, height, draw])
}
