import { createContext, useContext } from 'react'
import type { Zone } from './format.ts'

/** What all clocks of the window show, and the way to the other. */
export const ZoneContext = createContext<{ readonly zone: Zone; readonly change: () => void }>({
  zone: 'local',
  change: () => undefined,
})

export function useZone(): Zone {
  return useContext(ZoneContext).zone
}
