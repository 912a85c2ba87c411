import type { Session, WebContents, WebPreferences } from 'electron'

/** What a page in our window may do: nothing beyond the web, and of that only what an app like this needs. */
export const WEB_PREFERENCES = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
} as const satisfies WebPreferences

// Copying a packet or a filter is all that our page asks of the system.
const GRANTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

export function lockDownSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) => decide(GRANTED.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => GRANTED.has(permission))
  session.setDevicePermissionHandler(() => false)
}

/**
 * @param isOurPage whether a URL is the page itself, which may be loaded again
 * @param openElsewhere what is done with a URL that was to be opened in a window of its own, which it never is
 */
export function lockDownContents(
  contents: WebContents,
  isOurPage: (url: string) => boolean,
  openElsewhere: (url: string) => void,
): void {
  contents.setWindowOpenHandler(({ url }) => {
    openElsewhere(url)
    return { action: 'deny' }
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isOurPage(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isOurPage(event.url)) event.preventDefault()
  })
}
