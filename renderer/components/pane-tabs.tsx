import { createContext, useContext, useRef, type KeyboardEvent, type ReactNode } from 'react'

export interface PaneTab {
  readonly id: string
  readonly title: string
  /** A short word behind the title: how many. */
  readonly count?: ReactNode
  readonly show: () => void
  /** Shows it and gives it the focus, where it takes one: what a click does, so that arrow keys work at once. */
  readonly enter?: () => void
}

interface TabStrip {
  readonly tabs: readonly PaneTab[]
  readonly shown: string
  /** What can be done with the place, whichever pane is shown in it. */
  readonly action?: ReactNode
}

const Strip = createContext<TabStrip | undefined>(undefined)

interface PaneTabsProps extends TabStrip {
  /** The Pane that is shown; its head carries the tabs instead of its title. */
  readonly children: ReactNode
}

/** Several panes in one place, one of them shown. A pane does not know whether it is one of several. */
export function PaneTabs({ tabs, shown, action, children }: PaneTabsProps): ReactNode {
  return <Strip value={{ tabs, shown, action }}>{children}</Strip>
}

/** What stands at the end of a pane's head. */
export function PaneEnd(): ReactNode {
  const action = useContext(Strip)?.action
  return action !== undefined && <span className="pane-end">{action}</span>
}

/** What stands at the front of a pane's head: its title, or the tabs it is one of. */
export function PaneTitle({ title }: { readonly title: string }): ReactNode {
  const strip = useContext(Strip)
  const list = useRef<HTMLDivElement>(null)
  if (!strip) return <h2>{title}</h2>
  const { tabs, shown } = strip

  function onKeyDown(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    event.stopPropagation()
    const at = (tabs.findIndex(({ id }) => id === shown) + step + tabs.length) % tabs.length
    tabs[at].show()
    // The strip is drawn anew by the pane that is shown now.
    const place = list.current?.closest('[data-panel]')
    requestAnimationFrame(() => place?.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus())
  }

  return (
    <>
      <h2 className="aloud">{title}</h2>
      <div ref={list} className="pane-tabs" role="tablist" onKeyDown={onKeyDown}>
        {tabs.map(({ id, title: name, count, show, enter = show }) => (
          <button
            key={id}
            type="button"
            role="tab"
            aria-selected={id === shown}
            tabIndex={id === shown ? 0 : -1}
            onClick={enter}
          >
            {name}
            {count !== undefined && (
              <>
                {' '}
                <span className="pane-tab-count">{count}</span>
              </>
            )}
          </button>
        ))}
      </div>
    </>
  )
}
