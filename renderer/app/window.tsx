import { StrictMode, useMemo, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { useStore } from 'zustand'
import { ZoneContext } from '../components/zone.ts'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import type { HostConnection } from './host.ts'
import { changeZone, preferences } from './preferences.ts'

export function showWindow(connection: HostConnection): void {
  const root = document.getElementById('root')
  if (!root) throw new Error('index.html has no #root')
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <InZone>
          <App connection={connection} />
        </InZone>
      </ErrorBoundary>
    </StrictMode>,
  )
}

/** Gives all clocks of the window the zone that was chosen. */
function InZone({ children }: { readonly children: ReactNode }): ReactNode {
  const zone = useStore(preferences, (state) => state.zone)
  const value = useMemo(() => ({ zone, change: () => void changeZone() }), [zone])
  return <ZoneContext value={value}>{children}</ZoneContext>
}
