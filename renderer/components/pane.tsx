import type { ReactNode } from 'react'
import { PaneEnd, PaneTitle } from './pane-tabs.tsx'
import './pane.css'

interface PaneProps {
  readonly title: string
  /** How many it holds, or what it is about. */
  readonly count?: ReactNode
  readonly actions?: ReactNode
  /** What is shown answers the question before; if that lasts, it recedes. */
  readonly waiting?: boolean
  /** What is shown is a part of the answer, and more is on its way. */
  readonly more?: boolean
  readonly children: ReactNode
}

/** A part of the window with its name. */
export function Pane({ title, count, actions, waiting = false, more = false, children }: PaneProps): ReactNode {
  return (
    <section className={waiting ? 'pane waiting' : 'pane'} aria-label={title} aria-busy={waiting || more}>
      <header className="pane-head">
        <PaneTitle title={title} />
        <span className="pane-count">{count}</span>
        {actions !== undefined && actions !== false && <span className="pane-actions">{actions}</span>}
        <PaneEnd />
      </header>
      <div className="pane-body">{children}</div>
    </section>
  )
}
