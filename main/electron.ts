import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, dialog } from 'electron'
import { Desktop } from './electron/desktop.ts'
import { fileArguments } from './electron/file-arguments.ts'
import { registerPageScheme } from './electron/page-scheme.ts'
import { windowStateFile } from './electron/window-state.ts'
import { Host } from './host.ts'
import { findInstallation } from './installation.ts'
import { dataFolder, userFolder } from './user-folder.ts'

// The desktop door's entry. One instance holds the person's settings and captures; another that is started hands over its files and ends.

const folder = userFolder()
// Chromium's own files beside ours, not among them. Set before the lock, which lies there.
const chromiumFolder = join(folder, 'chromium')
mkdirSync(chromiumFolder, { recursive: true })
app.setPath('userData', chromiumFolder)
// As the installer names its shortcut (appId in electron-builder.yml): Windows takes the windows for another program's else.
app.setAppUserModelId('app.hopscope')

// Set by `npm run dev`, and ignored in the packed app.
const devUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
const filesIn = (argv: readonly string[], workingFolder: string) =>
  fileArguments(argv, app.isPackaged ? 1 : 2, workingFolder)

if (app.requestSingleInstanceLock({ files: filesIn(process.argv, process.cwd()) })) {
  registerPageScheme({ devOrigin: devUrl && new URL(devUrl).origin })
  // Not awaited here: Electron is ready only once this module has been evaluated.
  run().catch((error: unknown) => {
    dialog.showErrorBox('Hopscope cannot start', error instanceof Error ? error.message : String(error))
    app.exit(1)
  })
} else {
  app.quit()
}

async function run(): Promise<void> {
  let desktop: Desktop | undefined = undefined
  const files = filesIn(process.argv, process.cwd())
  // What comes before there is a window to show it in is shown in the first.
  const open = (paths: readonly string[]) => {
    if (desktop) void desktop.open(paths)
    else files.push(...paths)
  }
  // macOS: files opened in the Finder.
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open([path])
  })
  app.on('second-instance', (_event, argv, workingFolder, data) => {
    open(handedOver(data) ?? filesIn(argv, workingFolder))
  })
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) void desktop?.open([])
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })

  await app.whenReady()
  const installation = findInstallation()
  const warnings: string[] = []
  const warn = (message: string) => (desktop ? desktop.warn(message) : warnings.push(message))
  const host = await Host.start({
    version: installation.version,
    userFolder: folder,
    samplesFolder: installation.samples,
    dataFolder: dataFolder(),
    demo: process.argv.includes('--demo'),
    warn,
    report: (where, error) =>
      process.stderr.write(`${where}: ${error instanceof Error ? error.stack : String(error)}\n`),
  })
  app.setAboutPanelOptions({ applicationName: 'Hopscope', applicationVersion: installation.version })
  const windowState = windowStateFile(folder, warn)
  endAfterWrites([windowState, { written: () => host.close() }])
  desktop = new Desktop({ host, installation, windowState, devUrl })
  desktop.start()
  for (const warning of warnings) desktop.warn(warning)
  await desktop.open(files)
}

/** The last window's place and the last setting are still being written when the app is asked to quit. */
function endAfterWrites(writers: readonly { written(): Promise<unknown> }[]): void {
  let done = false
  app.on('will-quit', (event) => {
    if (done) return
    event.preventDefault()
    done = true
    void Promise.all(writers.map((writer) => writer.written())).finally(() => app.quit())
  })
}

/** What the other instance gave along; the argv that arrives may be reordered by Chromium. */
function handedOver(data: unknown): string[] | undefined {
  if (typeof data !== 'object' || data === null || !('files' in data) || !Array.isArray(data.files)) return undefined
  return data.files.filter((file) => typeof file === 'string')
}
