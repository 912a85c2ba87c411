import type { Captures } from './captures.ts'
import type { Command } from './commands.ts'
import { changeZone } from './preferences.ts'

export type WindowDialog = 'keys' | 'palette'

interface WindowHandles {
  readonly captures: Captures
  /** The capture on screen that is being made, if it is one. */
  readonly capturing: () => string | undefined
  readonly openClusters: () => void
  readonly stop: (id: string) => void
  readonly nextTheme: () => void
  readonly showDialog: (dialog: WindowDialog) => void
}

/** What can be done whatever is open. */
export function windowCommands({
  captures,
  capturing,
  openClusters,
  stop,
  nextTheme,
  showDialog,
}: WindowHandles): readonly Command[] {
  return [
    { id: 'capture.open', title: 'Open a capture', group: 'Capture', keys: ['Ctrl+O'], run: () => captures.choose() },
    {
      id: 'capture.again',
      title: 'Read the capture again',
      group: 'Capture',
      enabled: () => captures.store.getState().kind === 'open',
      run: () => captures.readAgain(),
    },
    {
      id: 'capture.close',
      title: 'Close the capture',
      group: 'Capture',
      enabled: () => captures.store.getState().kind !== 'none',
      run: () => captures.close(),
    },
    { id: 'cluster.open', title: 'Clusters and captures', group: 'Go', keys: ['Alt+K'], run: () => openClusters() },
    {
      id: 'capture.stop',
      title: 'Stop capturing',
      group: 'Capture',
      keys: ['Ctrl+.'],
      enabled: () => capturing() !== undefined,
      run: () => {
        const id = capturing()
        if (id !== undefined) stop(id)
      },
    },
    {
      id: 'view.time-zone',
      title: 'Clocks: local time, UTC',
      wireshark: 'Time Display Format',
      group: 'View',
      keys: ['U'],
      run: () => void changeZone(),
    },
    { id: 'theme.next', title: 'Next theme: system, light, dark', group: 'View', run: nextTheme },
    {
      id: 'help.palette',
      title: 'All commands',
      group: 'Help',
      keys: ['Ctrl+K', 'Ctrl+Shift+P'],
      inText: true,
      run: () => showDialog('palette'),
    },
    {
      id: 'help.keys',
      title: 'Keys and colours',
      wireshark: 'Coloring Rules',
      group: 'Help',
      keys: ['?', 'F1'],
      run: () => showDialog('keys'),
    },
  ]
}
