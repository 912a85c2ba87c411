import { join } from 'node:path'
import * as z from 'zod/mini'
import { StoredJson } from '../stored-json.ts'

export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface WindowState {
  /** Where it is when it is not maximised; undefined: wherever the system puts it. */
  readonly bounds?: Bounds | undefined
  readonly maximised: boolean
}

const Pixels = z.int().check(z.gte(-100_000), z.lte(100_000))
const Size = z.int().check(z.gte(100), z.lte(100_000))
const StateFile = z.object({
  bounds: z.optional(z.object({ x: Pixels, y: Pixels, width: Size, height: Size })),
  maximised: z.boolean(),
})

export const DEFAULT_SIZE = { width: 1440, height: 920 } as const
export const LEAST_SIZE = { width: 800, height: 560 } as const

// So much of a window must be on a screen that its title bar can be grabbed.
const GRABBABLE = { width: 120, height: 40 } as const

export function windowStateFile(folder: string, warn: (message: string) => void): StoredJson<WindowState> {
  return new StoredJson<WindowState>(join(folder, 'window.json'), StateFile, { maximised: false }, warn)
}

/** Where to open the window now: as it was left, unless that is on a screen that is no longer there. */
export function placeWindow(state: WindowState, workAreas: readonly Bounds[]): Partial<Bounds> {
  const { bounds } = state
  if (!bounds || !workAreas.some((area) => canGrab(bounds, area))) return DEFAULT_SIZE
  return bounds
}

function canGrab(window: Bounds, area: Bounds): boolean {
  const left = Math.max(window.x, area.x)
  const right = Math.min(window.x + window.width, area.x + area.width)
  // The title bar is at the top: it has to be inside, not just any corner.
  const topInside = window.y >= area.y - 10 && window.y <= area.y + area.height - GRABBABLE.height
  return right - left >= GRABBABLE.width && topInside
}
