import type { MenuItemConstructorOptions } from 'electron'
import type { Theme } from '../../common/contract.ts'

export interface MenuState {
  readonly platform: NodeJS.Platform
  readonly recent: readonly string[]
  readonly theme: Theme
  readonly development: boolean
}

export interface MenuActions {
  /** Runs a command of the page in the window that has the focus; see renderer/app/commands.ts. */
  run(command: string): void
  openRecent(path: string): void
  forgetRecent(): void
  newWindow(): void
  setTheme(theme: Theme): void
  about(): void
}

/** The menu bar, as data. */
export function menuTemplate(state: MenuState, actions: MenuActions): MenuItemConstructorOptions[] {
  const isMac = state.platform === 'darwin'
  return [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New Window', accelerator: 'CmdOrCtrl+Shift+N', click: () => actions.newWindow() },
        { label: '&Open…', accelerator: 'CmdOrCtrl+O', click: () => actions.run('capture.open') },
        { label: 'Open &Recent', submenu: recentItems(state.recent, actions) },
        separator,
        { label: '&Close Capture', accelerator: 'CmdOrCtrl+W', click: () => actions.run('capture.close') },
        isMac
          ? { label: 'Close Window', role: 'close', accelerator: 'Cmd+Shift+W' }
          : { label: '&Quit', role: 'quit', accelerator: 'Ctrl+Q' },
      ],
    },
    { label: '&Edit', role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        {
          label: '&Theme',
          submenu: (['system', 'light', 'dark'] as const).map((theme) => ({
            label: { system: 'As the System', light: 'Light', dark: 'Dark' }[theme],
            type: 'radio' as const,
            checked: state.theme === theme,
            click: () => actions.setTheme(theme),
          })),
        },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        ...(state.development ? [separator, { role: 'reload' as const }, { role: 'toggleDevTools' as const }] : []),
      ],
    },
    ...(isMac ? [{ role: 'windowMenu' as const }] : []),
    {
      label: '&Help',
      role: 'help',
      submenu: [
        { label: 'All Commands', accelerator: 'CmdOrCtrl+K', click: () => actions.run('help.palette') },
        { label: 'Keys and Colours', accelerator: 'F1', click: () => actions.run('help.keys') },
        ...(isMac ? [] : [separator, { label: 'About Hopscope', click: () => actions.about() }]),
      ],
    },
  ]
}

const separator = { type: 'separator' } as const satisfies MenuItemConstructorOptions

function recentItems(paths: readonly string[], actions: MenuActions): MenuItemConstructorOptions[] {
  if (paths.length === 0) return [{ label: 'None Yet', enabled: false }]
  return [
    // An & in a label would underline the next letter.
    ...paths.slice(0, 10).map((path) => ({ label: path.replaceAll('&', '&&'), click: () => actions.openRecent(path) })),
    separator,
    { label: 'Clear the List', click: () => actions.forgetRecent() },
  ]
}
