import { homedir } from 'node:os'
import { join } from 'node:path'
import { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, screen, session } from 'electron'
import type { IpcMainEvent } from 'electron'
import type { HostCommand, Settings } from '../../common/contract.ts'
import type { Host } from '../host.ts'
import type { Installation } from '../installation.ts'
import type { StoredJson } from '../stored-json.ts'
import { Mailbox } from '../streams.ts'
import { lockDownContents, lockDownSession, WEB_PREFERENCES } from './lock-down.ts'
import { menuTemplate } from './menu.ts'
import { openLink } from './open-link.ts'
import { handlePageScheme, PAGE_ORIGIN } from './page-scheme.ts'
import { lineOver } from './port-line.ts'
import { DEFAULT_SIZE, LEAST_SIZE, placeWindow } from './window-state.ts'
import type { WindowState } from './window-state.ts'

// The page's own background (--ground in renderer/styles/tokens.css), so that nothing flashes.
const GROUND = { light: '#eff1f4', dark: '#0b0e12' } as const

export interface DesktopOptions {
  readonly host: Host
  readonly installation: Installation
  readonly windowState: StoredJson<WindowState>
  /** The bundler's server in development: its page instead of the built one. */
  readonly devUrl: string | undefined
}

/** The windows of the app and what goes with them: menu, dialogs, the scheme, the doors to the host. */
export class Desktop {
  readonly #host: Host
  readonly #options: DesktopOptions
  readonly #pageUrl: string
  /** Each window's commands, by the id of its contents. */
  readonly #commands = new Map<number, Mailbox<HostCommand>>()

  constructor(options: DesktopOptions) {
    this.#host = options.host
    this.#options = options
    this.#pageUrl = options.devUrl ?? `${PAGE_ORIGIN}/`
  }

  /** Once the app is ready. */
  start(): void {
    const { devUrl, installation } = this.#options
    const devOrigin = devUrl === undefined ? undefined : new URL(devUrl).origin
    lockDownSession(session.defaultSession)
    handlePageScheme({ host: this.#host, page: installation.page, devOrigin })
    ipcMain.on('hopscope:connect', (event) => this.#connect(event))
    this.#host.recent.onChange(() => this.#showMenu())
    nativeTheme.themeSource = this.#host.settings.current.theme
    void this.#followSettings()
  }

  /** Opens captures in the window that has the focus, else in a new one; without any, just brings a window up. */
  async open(paths: readonly string[]): Promise<void> {
    const window = this.#frontWindow()
    if (!window) {
      await this.#openWindow(paths)
      return
    }
    if (window.isMinimized()) window.restore()
    window.focus()
    for (const id of await this.#openFiles(paths)) {
      const capture = (await this.#host.captures.find(id)).describe()
      this.#commands.get(window.webContents.id)?.put({ kind: 'open-capture', capture })
    }
  }

  /** For what happens without a window to say it in. */
  warn(message: string): void {
    void dialog.showMessageBox({ type: 'warning', message: 'Hopscope', detail: message, noLink: true })
  }

  async #openWindow(paths: readonly string[] = []): Promise<void> {
    const { windowState, installation, devUrl } = this.#options
    const [state, captureIds] = await Promise.all([windowState.read(), this.#openFiles(paths)])
    const workAreas = screen.getAllDisplays().map((display) => display.workArea)
    const window = new BrowserWindow({
      ...DEFAULT_SIZE,
      ...placeWindow(state, workAreas),
      minWidth: LEAST_SIZE.width,
      minHeight: LEAST_SIZE.height,
      show: false,
      title: 'Hopscope',
      // What is seen until the page has drawn.
      backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
      webPreferences: { ...WEB_PREFERENCES, preload: installation.preload, devTools: devUrl !== undefined },
    })
    if (state.maximised) window.maximize()
    const contents = window.webContents
    const { id } = contents
    this.#commands.set(id, new Mailbox())
    lockDownContents(
      contents,
      (url) => this.#isOurPage(url),
      (url) =>
        void openLink(window, url).catch((error: unknown) =>
          this.warn(`The link could not be opened: ${String(error)}`),
        ),
    )
    window.once('ready-to-show', () => window.show())
    window.on(
      'close',
      () => void windowState.write({ bounds: window.getNormalBounds(), maximised: window.isMaximized() }),
    )
    window.on('closed', () => this.#commands.delete(id))
    contents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit') void this.#afterCrash(window, reason)
    })
    const open = captureIds.length > 0 ? `#open=${captureIds.join(',')}` : ''
    await window.loadURL(this.#pageUrl + open).catch((error: unknown) => {
      // One that was closed meanwhile is not missed.
      if (!window.isDestroyed()) this.warn(`The page could not be loaded: ${String(error)}`)
    })
  }

  async #run(command: string): Promise<void> {
    // On macOS the menu bar is there without a window.
    if (!this.#frontWindow()) await this.#openWindow()
    const window = this.#frontWindow()
    if (window) this.#commands.get(window.webContents.id)?.put({ kind: 'run', command })
  }

  #frontWindow(): BrowserWindow | undefined {
    return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows().at(0)
  }

  /** The ids of those that could be opened; a dialog says about each other why not. */
  async #openFiles(paths: readonly string[]): Promise<string[]> {
    const ids: string[] = []
    for (const path of paths) {
      try {
        ids.push((await this.#host.captures.openFile(path)).id)
        app.addRecentDocument(path)
      } catch (error) {
        this.warn(error instanceof Error ? error.message : String(error))
      }
    }
    return ids
  }

  /** A page's preload asks for a line to the host. Only the top frame of our own page in our own window gets one. */
  #connect({ ports, sender, senderFrame }: IpcMainEvent): void {
    const [port] = ports
    if (!port) return
    const commands = this.#commands.get(sender.id)
    const window = BrowserWindow.fromWebContents(sender)
    if (
      !commands ||
      !window ||
      senderFrame === null ||
      senderFrame.parent !== null ||
      !this.#isOurPage(senderFrame.url)
    ) {
      port.close()
      return
    }
    this.#host.connect(lineOver(port), {
      door: 'desktop',
      commands,
      chooseFile: (wanted) => (wanted === 'capture' ? this.#chooseCapture(window) : this.#chooseKubeconfig(window)),
    })
  }

  async #chooseKubeconfig(window: BrowserWindow): Promise<string | undefined> {
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title: 'Add a Kubeconfig File',
      defaultPath: join(homedir(), '.kube'),
      // They have no ending of their own, and their folder's name begins with a dot.
      properties: ['openFile', 'showHiddenFiles'],
    })
    return canceled ? undefined : filePaths[0]
  }

  async #chooseCapture(window: BrowserWindow): Promise<string | undefined> {
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title: 'Open a Capture',
      properties: ['openFile'],
      filters: [
        { name: 'Captures', extensions: ['pcap', 'pcapng', 'cap', 'gz', 'zst'] },
        { name: 'All Files', extensions: ['*'] },
      ],
    })
    const [path] = filePaths
    if (canceled || path === undefined) return undefined
    app.addRecentDocument(path)
    return path
  }

  #isOurPage(url: string): boolean {
    const page = URL.parse(this.#pageUrl)
    const asked = URL.parse(url)
    // The origin of a scheme of our own is "null" for the URL parser of Node: compare its parts.
    return asked?.protocol === page?.protocol && asked?.host === page?.host && asked?.pathname === page?.pathname
  }

  async #followSettings(): Promise<void> {
    for await (const settings of this.#host.settings.watch()) {
      nativeTheme.themeSource = settings.theme
      this.#showMenu(settings)
    }
  }

  #showMenu({ theme }: Settings = this.#host.settings.current): void {
    const host = this.#host
    const state = {
      platform: process.platform,
      recent: host.recent.paths,
      theme,
      development: this.#options.devUrl !== undefined,
    }
    const template = menuTemplate(state, {
      run: (command) => void this.#run(command),
      openRecent: (path) => void this.open([path]),
      forgetRecent: () => {
        app.clearRecentDocuments()
        void host.recent.forgetAll()
      },
      newWindow: () => void this.#openWindow(),
      setTheme: (chosen) => void host.settings.change({ theme: chosen }),
      about: () => app.showAboutPanel(),
    })
    Menu.setApplicationMenu(Menu.buildFromTemplate(template))
  }

  async #afterCrash(window: BrowserWindow, reason: string): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      message: 'The interface stopped working.',
      detail: `Its process ended (${reason}). Captures on disk are not affected.`,
      buttons: ['Load It Again', 'Close the Window'],
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    })
    if (window.isDestroyed()) return
    if (response === 0) window.webContents.reload()
    else window.close()
  }
}
