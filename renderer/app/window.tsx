import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import type { HostConnection } from './host.ts'

export function showWindow(connection: HostConnection): void {
  const root = document.getElementById('root')
  if (!root) throw new Error('index.html has no #root')
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <App connection={connection} />
      </ErrorBoundary>
    </StrictMode>,
  )
}
