import type { ReactNode } from 'react'
import './pane.css'

interface PaneProps {
  readonly title: string
  /** How many it holds, or what it is about. */
  readonly count?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A part of the window with its name. */
export function Pane({ title, count, actions, children }: PaneProps): ReactNode {
  return (
    <section className="pane" aria-label={title}>
      <header className="pane-head">
        <h2>{title}</h2>
        <span className="pane-count">{count}</span>
        {actions !== undefined && <span className="pane-actions">{actions}</span>}
      </header>
      <div className="pane-body">{children}</div>
    </section>
  )
}
