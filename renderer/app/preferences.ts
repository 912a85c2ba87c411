import { createStore } from 'zustand/vanilla'

/** How packet times are shown. */
export type TimeFormat = 'relative' | 'clock' | 'delta'

/** What this window remembers from one day to the next. Not part of the view: a link must not change it. */
export interface Preferences {
  readonly timeFormat: TimeFormat
  readonly filterHistory: readonly string[]
}

const KEY = 'hopscope.preferences'
const DEFAULTS: Preferences = { timeFormat: 'relative', filterHistory: [] }
const HISTORY_LENGTH = 30

export const preferences = createStore<Preferences>(() => read())

preferences.subscribe((state) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(state))
  } catch {
    // Storage full or forbidden: the session works, it only forgets.
  }
})

/** Puts an applied filter in front of the history, once. */
export function rememberFilter(text: string): void {
  const filter = text.trim()
  if (!filter) return
  const rest = preferences.getState().filterHistory.filter((entry) => entry !== filter)
  preferences.setState({ filterHistory: [filter, ...rest].slice(0, HISTORY_LENGTH) })
}

function read(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return DEFAULTS
    const timeFormat =
      'timeFormat' in stored && isTimeFormat(stored.timeFormat) ? stored.timeFormat : DEFAULTS.timeFormat
    const history: unknown = 'filterHistory' in stored ? stored.filterHistory : []
    const filterHistory = Array.isArray(history) ? history.filter((entry) => typeof entry === 'string') : []
    return { timeFormat, filterHistory: filterHistory.slice(0, HISTORY_LENGTH) }
  } catch {
    return DEFAULTS
  }
}

function isTimeFormat(value: unknown): value is TimeFormat {
  return value === 'relative' || value === 'clock' || value === 'delta'
}
