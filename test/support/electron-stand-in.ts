import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'

// Takes the place of the `electron` module when a test loads the built main process: records what is asked of it and lets the test play
// the system's and the page's part. Only what the app uses is here, so that a new use fails loudly.

export class StandInContents extends EventEmitter {
  readonly id: number
  windowOpenHandler: ((details: { url: string }) => { action: string }) | undefined
  reloads = 0

  constructor(id: number) {
    super()
    this.id = id
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler
  }

  reload(): void {
    this.reloads++
  }
}

interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = []
  static getAllWindows = (): BrowserWindow[] => BrowserWindow.all
  static getFocusedWindow = (): BrowserWindow | null => BrowserWindow.all.find((window) => window.focused) ?? null
  static fromWebContents = (contents: StandInContents): BrowserWindow | null =>
    BrowserWindow.all.find((window) => window.webContents === contents) ?? null

  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> }
  readonly webContents = new StandInContents(BrowserWindow.all.length + 1)
  url = ''
  shown = false
  focused = false
  maximised = false
  minimised = false
  bounds: Bounds

  constructor(options: BrowserWindow['options'] & Partial<Bounds>) {
    super()
    this.options = options
    this.bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width ?? 0, height: options.height ?? 0 }
    BrowserWindow.all.push(this)
  }

  async loadURL(url: string): Promise<void> {
    this.url = url
    this.emit('ready-to-show')
  }

  show(): void {
    this.shown = true
  }
  focus(): void {
    this.focused = true
  }
  maximize(): void {
    this.maximised = true
  }
  isMaximized(): boolean {
    return this.maximised
  }
  isMinimized(): boolean {
    return this.minimised
  }
  restore(): void {
    this.minimised = false
  }
  isDestroyed(): boolean {
    return !BrowserWindow.all.includes(this)
  }
  getNormalBounds(): Bounds {
    return this.bounds
  }
  close(): void {
    this.emit('close', { preventDefault: () => undefined })
    BrowserWindow.all.splice(BrowserWindow.all.indexOf(this), 1)
    this.emit('closed')
    if (BrowserWindow.all.length === 0) app.emit('window-all-closed')
  }
}

class App extends EventEmitter {
  readonly isPackaged: boolean = false
  readonly paths = new Map<string, string>()
  readonly recentDocuments: string[] = []
  readonly ended: number[] = []
  isFirstInstance = true
  userModelId = ''
  lockData: unknown

  setPath(name: string, path: string): void {
    if (!existsSync(path)) throw new Error(`There is no folder ${path}.`)
    this.paths.set(name, path)
  }
  setAppUserModelId(id: string): void {
    this.userModelId = id
  }
  setAboutPanelOptions(): void {}
  showAboutPanel(): void {}
  requestSingleInstanceLock(data: unknown): boolean {
    this.lockData = data
    return this.isFirstInstance
  }
  async whenReady(): Promise<void> {}
  addRecentDocument(path: string): void {
    this.recentDocuments.push(path)
  }
  clearRecentDocuments(): void {
    this.recentDocuments.length = 0
  }
  quit(): void {
    let prevented = false
    this.emit('will-quit', { preventDefault: () => (prevented = true) })
    if (!prevented) this.ended.push(0)
  }
  exit(code: number): void {
    this.ended.push(code)
  }
}

export const app = new App()

type Handler = (request: Request) => Promise<Response>

interface Scheme {
  scheme: string
  privileges: Record<string, boolean>
}

export const protocol = {
  schemes: new Array<Scheme>(),
  handlers: new Map<string, Handler>(),
  registerSchemesAsPrivileged(schemes: Scheme[]): void {
    protocol.schemes.push(...schemes)
  },
  handle(scheme: string, handler: Handler): void {
    protocol.handlers.set(scheme, handler)
  },
}

type Decide = (granted: boolean) => void

export const session = {
  defaultSession: {
    askPermission: (_contents: unknown, _permission: string, _decide: Decide): void => undefined,
    checkPermission: (_contents: unknown, _permission: string): boolean => true,
    checkDevice: (): boolean => true,
    setPermissionRequestHandler(handler: (contents: unknown, permission: string, decide: Decide) => void): void {
      session.defaultSession.askPermission = handler
    },
    setPermissionCheckHandler(handler: (contents: unknown, permission: string) => boolean): void {
      session.defaultSession.checkPermission = handler
    },
    setDevicePermissionHandler(handler: () => boolean): void {
      session.defaultSession.checkDevice = handler
    },
  },
}

export const ipcMain = new EventEmitter()

interface OpenAnswer {
  canceled: boolean
  filePaths: string[]
}

interface MessageAnswer {
  response: number
}

const openAnswer: OpenAnswer = { canceled: true, filePaths: [] }
const messageAnswer: MessageAnswer = { response: 0 }

export const dialog = {
  shown: new Array<unknown>(),
  openAnswer,
  messageAnswer,
  async showOpenDialog(...args: unknown[]): Promise<OpenAnswer> {
    dialog.shown.push(args)
    return dialog.openAnswer
  },
  async showMessageBox(...args: unknown[]): Promise<MessageAnswer> {
    dialog.shown.push(args.at(-1))
    return dialog.messageAnswer
  },
  showErrorBox(title: string, text: string): void {
    dialog.shown.push({ title, text })
  },
}

export const shell = {
  opened: new Array<string>(),
  async openExternal(url: string): Promise<void> {
    shell.opened.push(url)
  },
}

export interface StandInMenuItem {
  readonly label?: string
  readonly role?: string
  readonly type?: string
  readonly checked?: boolean
  readonly accelerator?: string
  readonly submenu?: readonly StandInMenuItem[]
  readonly click?: () => void
}

export const Menu = {
  current: new Array<StandInMenuItem>(),
  buildFromTemplate: (template: StandInMenuItem[]): StandInMenuItem[] => template,
  setApplicationMenu(menu: StandInMenuItem[]): void {
    Menu.current = menu
  },
}

export const nativeTheme = { themeSource: 'system', shouldUseDarkColors: false }

export const screen = {
  displays: [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }],
  getAllDisplays: () => screen.displays,
}
