import { useState } from 'react'

interface WidthColumn {
  readonly key: string
  readonly width: number
  /** As far as it grows where there is room; not without. */
  readonly widest?: number
  readonly numeric?: boolean
}

export interface ColumnWidths {
  readonly widths: readonly number[]
  /** For grid-template-columns. */
  readonly template: string
  readonly total: number
  resize(key: string, width: number): void
}

const NARROWEST = 36

/** Column widths of one grid, as the person left them. */
export function useColumnWidths(grid: string, columns: readonly WidthColumn[]): ColumnWidths {
  const [changed, setChanged] = useState<Readonly<Record<string, number>>>(() => read(grid))
  const widths = columns.map((column) => changed[column.key] ?? column.width)
  // Numbers stay beside each other: what is left of the width goes to the last column only if it is text.
  const stretch = columns.at(-1)?.numeric !== true
  const tracks = columns.map(({ key, widest }, i) => {
    const width = widths[i]
    if (stretch && i === widths.length - 1) return `minmax(${width}px, 1fr)`
    return widest !== undefined && changed[key] === undefined ? `minmax(${width}px, ${widest}px)` : `${width}px`
  })
  const template = tracks.join(' ') + (stretch ? '' : ' minmax(0, 1fr)')
  return {
    widths,
    template,
    total: widths.reduce((sum, width) => sum + width, 0),
    resize(key, width) {
      const next = { ...changed, [key]: Math.max(NARROWEST, Math.round(width)) }
      setChanged(next)
      try {
        localStorage.setItem(storageKey(grid), JSON.stringify(next))
      } catch {
        // Storage full or forbidden: the widths hold until the window closes.
      }
    },
  }
}

const storageKey = (grid: string) => `hopscope.columns.${grid}`

function read(grid: string): Readonly<Record<string, number>> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey(grid)) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return {}
    return Object.fromEntries(Object.entries(stored).filter(([, width]) => typeof width === 'number'))
  } catch {
    return {}
  }
}
