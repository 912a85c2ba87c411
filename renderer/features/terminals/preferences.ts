import { createStore } from 'zustand/vanilla'

/** How terminals look and behave in this browser or window. */
export interface TerminalPreferences {
  /** CSS pixels. */
  readonly fontSize: number
  /** Lines kept above the screen. */
  readonly scrollback: number
  readonly copyOnSelect: boolean
  readonly screenReader: boolean
  /** Drawn by the graphics card where there is one. */
  readonly webgl: boolean
}

const KEY = 'hopscope.terminals'
const DEFAULTS: TerminalPreferences = {
  fontSize: 13,
  scrollback: 10_000,
  copyOnSelect: false,
  screenReader: false,
  webgl: true,
}
export const FONT_SIZES = [10, 11, 12, 13, 14, 16, 18, 22] as const
export const SCROLLBACKS = [1_000, 10_000, 100_000] as const

export const terminalPreferences = createStore<TerminalPreferences>(() => read())

terminalPreferences.subscribe((state) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(state))
  } catch {
    // Storage full or forbidden: it only forgets.
  }
})

function read(): TerminalPreferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return DEFAULTS
    const of = (key: string): unknown => Reflect.get(stored, key)
    const number = (key: keyof TerminalPreferences & ('fontSize' | 'scrollback'), least: number, most: number) => {
      const value = of(key)
      return typeof value === 'number' && value >= least && value <= most ? value : DEFAULTS[key]
    }
    return {
      fontSize: number('fontSize', 6, 40),
      scrollback: number('scrollback', 0, 1_000_000),
      copyOnSelect: of('copyOnSelect') === true,
      screenReader: of('screenReader') === true,
      webgl: of('webgl') !== false,
    }
  } catch {
    return DEFAULTS
  }
}
