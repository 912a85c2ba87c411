import { createStore } from 'zustand/vanilla'
import type { Zone } from '../components/format.ts'

/** How packet times are shown. */
export type TimeFormat = 'relative' | 'clock' | 'delta'

/** What this window remembers from one day to the next. Not part of the view: a link must not change it. */
export interface Preferences {
  readonly timeFormat: TimeFormat
  readonly zone: Zone
  readonly filterHistory: readonly string[]
  /** Addresses are shown by their names, where known. */
  readonly resolveNames: boolean
  /** Names by address, from hosts files that the person has added. */
  readonly hosts: Readonly<Record<string, string>>
  /** How many packets of a capture are kept, instead of what the engine's worker chooses. */
  readonly maxPackets?: number
}

const KEY = 'hopscope.preferences'
const DEFAULTS: Preferences = {
  timeFormat: 'relative',
  zone: 'local',
  filterHistory: [],
  resolveNames: true,
  hosts: {},
}
const HISTORY_LENGTH = 30

export const preferences = createStore<Preferences>(() => read())

preferences.subscribe((state) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(state))
  } catch {
    // Storage full or forbidden: the session works, it only forgets.
  }
})

/** Clocks show the other zone; which that is. */
export function changeZone(): Zone {
  preferences.setState(({ zone }) => ({ zone: zone === 'utc' ? 'local' : 'utc' }))
  return preferences.getState().zone
}

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
    const zone: Zone = 'zone' in stored && stored.zone === 'utc' ? 'utc' : DEFAULTS.zone
    const history: unknown = 'filterHistory' in stored ? stored.filterHistory : []
    const filterHistory = Array.isArray(history) ? history.filter((entry) => typeof entry === 'string') : []
    const resolveNames = !('resolveNames' in stored) || stored.resolveNames !== false
    const hosts = 'hosts' in stored ? readHosts(stored.hosts) : {}
    const most: unknown = 'maxPackets' in stored ? stored.maxPackets : undefined
    return {
      timeFormat,
      zone,
      filterHistory: filterHistory.slice(0, HISTORY_LENGTH),
      resolveNames,
      hosts,
      ...(typeof most === 'number' && most >= 1 && { maxPackets: most }),
    }
  } catch {
    return DEFAULTS
  }
}

function readHosts(stored: unknown): Record<string, string> {
  if (typeof stored !== 'object' || stored === null) return {}
  return Object.fromEntries(
    Object.entries(stored).flatMap(([address, name]): [string, string][] =>
      typeof name === 'string' ? [[address, name]] : [],
    ),
  )
}

function isTimeFormat(value: unknown): value is TimeFormat {
  return value === 'relative' || value === 'clock' || value === 'delta'
}
