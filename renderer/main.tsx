import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { prepareEngine } from './app/engine-client.ts'
import { ErrorBoundary } from './app/error-boundary.tsx'
import { connectHost } from './app/host.ts'
import { applyTheme, lastTheme } from './app/theme.ts'
import './styles/base.css'
import './components/controls.css'

applyTheme(lastTheme())

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

prepareEngine()
// The door takes its token out of the address first; the view reads the address after that.
const connection = await connectHost()
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App connection={connection} />
    </ErrorBoundary>
  </StrictMode>,
)
