import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { Group, Panel, Separator, usePanelRef } from 'react-resizable-panels'
import { useStore } from 'zustand'
import type { TerminalTarget } from '../../common/model/terminal.ts'
import { loaded } from '../components/loaded.tsx'
import type { Drawer, MarkedTime } from '../features/terminals/index.tsx'
import type { CommandRegistry } from './commands.ts'
import { ErrorBoundary } from './error-boundary.tsx'
import type { HostConnection } from './host.ts'
import { keepFocus } from './panes.ts'

// As much code as all the rest, and no part of the first picture.
const Terminals = loaded(async () => (await import('../features/terminals/index.tsx')).Terminals)

/** Milliseconds after which their code is loaded for whom it may concern. */
const LOAD_AFTER_MS = 2000

/** CSS pixels, until it is dragged. */
const HEIGHT = 280

interface TerminalDrawerProps {
  readonly connection: HostConnection
  readonly commands: CommandRegistry
  readonly drawer: Drawer
  /** What a new terminal leads to when nothing else was said. */
  readonly usual: TerminalTarget
  readonly capture: string | undefined
  /** The time that is selected in it. */
  readonly marked: MarkedTime | undefined
  readonly onCommand: ((text: string, at: number) => Promise<void>) | undefined
  readonly children: ReactNode
}

/** What the window shows, and below it the terminals when they are wanted. Hidden ones go on. */
export function TerminalDrawer(props: TerminalDrawerProps): ReactNode {
  const { connection, commands, drawer, usual, capture, marked, onCommand, children } = props
  const open = useStore(drawer.store, (state) => state.open)
  const panel = usePanelRef()
  const height = useRef<number | string>(HEIGHT)
  const place = useRef<HTMLDivElement>(null)
  const before = useRef<HTMLElement>(undefined)
  const [needed, setNeeded] = useState(false)

  useEffect(() => {
    if (open) setNeeded(true)
    if (open) panel.current?.resize(height.current)
    else panel.current?.collapse()
  }, [open, panel])

  // Else what is typed next goes to a shell that nobody sees. Before the browser takes the focus from what is inert.
  useLayoutEffect(() => {
    if (!open && place.current?.contains(document.activeElement)) giveBack(before.current)
  }, [open])

  useEffect(() => {
    // What can't be had now is asked for again when a terminal is.
    const timer = setTimeout(() => void Terminals.load().catch(() => undefined), LOAD_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])

  // Shells that were running before a reload are taken up again, where they were.
  useEffect(() => {
    const control = new AbortController()
    connection
      .watch(
        (host) => host.terminals.watch(),
        (facts) => drawer.sync(facts),
        control.signal,
      )
      .catch(() => undefined)
    return () => {
      control.abort()
    }
  }, [connection, drawer])

  useEffect(
    () =>
      commands.register([
        {
          id: 'terminal.toggle',
          title: 'Go to the terminals, or hide them',
          group: 'Terminal',
          keys: ['Ctrl+`'],
          inText: true,
          run: () => {
            const { activeElement } = document
            if (place.current?.contains(activeElement)) return drawer.hide()
            before.current = activeElement instanceof HTMLElement ? activeElement : undefined
            drawer.enter(usual)
          },
        },
        {
          id: 'terminal.local',
          title: 'New terminal on this machine',
          group: 'Terminal',
          run: () => drawer.add(usual),
        },
        {
          id: 'terminal.focus',
          title: 'Go to the terminal',
          group: 'Terminal',
          enabled: () => drawer.store.getState().tabs.length > 0,
          run: () => drawer.enter(usual),
        },
      ]),
    [commands, drawer, usual],
  )

  return (
    <Group
      orientation="vertical"
      className="with-terminals"
      onLayoutChanged={({ terminals = 0 }, { isUserInteraction }) => {
        if (!isUserInteraction) return
        // Dragged shut it opens again as high as it was, not as it was on the way.
        if (terminals === 0) drawer.hide()
        else height.current = `${terminals}%`
      }}
    >
      <Panel id="content" minSize={200}>
        <div className="with-terminals-content">{children}</div>
      </Panel>
      {open && <Separator className="separator horizontal" aria-label="Height of the terminals" />}
      <Panel
        id="terminals"
        panelRef={panel}
        defaultSize={0}
        minSize={96}
        collapsible
        collapsedSize={0}
        groupResizeBehavior="preserve-pixel-size"
      >
        {needed && (
          <div ref={place} className="with-terminals-content" inert={!open}>
            <ErrorBoundary>
              <Terminals
                connection={connection}
                drawer={drawer}
                usual={usual}
                capture={capture}
                marked={marked}
                onCommand={onCommand}
              />
            </ErrorBoundary>
          </div>
        )}
      </Panel>
    </Group>
  )
}

/** The focus to what had it, where that is still there, else to the list in the upper place or to the window: their keys work again. */
function giveBack(element: HTMLElement | undefined): void {
  if (element?.isConnected && element !== document.body) element.focus()
  else if (document.activeElement instanceof HTMLElement) {
    document.activeElement.blur()
    keepFocus()
  }
}
