import { createStore, type StoreApi } from 'zustand/vanilla'

/** In the order in which they are listed. */
export const COMMAND_GROUPS = ['Capture', 'Filter', 'Time', 'Go', 'View', 'Notes', 'Terminal', 'Help'] as const

/** Something the person can do, by key, menu, palette or the host's menu bar. */
export interface Command {
  /** Stable name, `group.verb`: the host's menu and the tests use it. */
  readonly id: string
  readonly title: string
  /** What Wireshark calls it, where that is something else: the palette finds it by both. */
  readonly wireshark?: string
  readonly group: (typeof COMMAND_GROUPS)[number]
  /** As in `parseKeys`: "Ctrl+O", "/", "Alt+ArrowUp". The first is shown. */
  readonly keys?: readonly string[]
  /** Also while a text field has the focus (default: only keys with Ctrl, Alt or a function key). */
  readonly inText?: boolean
  readonly enabled?: () => boolean
  readonly run: () => void
}

export interface CommandRegistry {
  readonly store: StoreApi<ReadonlyMap<string, Command>>
  /** Adds commands; call the answer to remove them. */
  register(commands: readonly Command[]): () => void
  /** Commands that are too many to list, such as one for each pod: the palette asks for them when something is searched. */
  offer(source: () => readonly Command[]): () => void
  /** All that are offered now. */
  offered(): readonly Command[]
  /** False when there is no such command, or it can't be run now. */
  run(id: string): boolean
}

export function createCommandRegistry(): CommandRegistry {
  const store = createStore<ReadonlyMap<string, Command>>(() => new Map())
  const sources = new Set<() => readonly Command[]>()
  return {
    store,
    register(commands) {
      store.setState(new Map([...store.getState(), ...commands.map((command) => [command.id, command] as const)]), true)
      return () => {
        const rest = new Map(store.getState())
        for (const command of commands) if (rest.get(command.id) === command) rest.delete(command.id)
        store.setState(rest, true)
      }
    },
    offer(source) {
      sources.add(source)
      return () => void sources.delete(source)
    },
    offered: () => [...sources].flatMap((source) => source()),
    run(id) {
      const command = store.getState().get(id)
      if (!command || command.enabled?.() === false) return false
      command.run()
      return true
    },
  }
}
