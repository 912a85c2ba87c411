import { prepareEngine } from './app/engine-client.ts'
import { connectHost } from './app/host.ts'
import { applyTheme, lastTheme } from './app/theme.ts'
import './styles/base.css'
import './components/controls.css'

applyTheme(lastTheme())
prepareEngine()
// The door takes its token out of the address first; the view reads the address after that.
const connecting = connectHost()
const { showWindow } = await import('./app/window.tsx')
showWindow(await connecting)
