import type { ReactNode } from 'react'
import './empty-state.css'

interface EmptyStateProps {
  readonly title: string
  /** Why it is empty, and what helps. */
  readonly children?: ReactNode
  readonly actions?: readonly { readonly title: string; readonly run: () => void }[]
  readonly tone?: 'bad'
}

/** Where there is nothing to show: says why, and offers what to do. */
export function EmptyState({ title, children, actions, tone }: EmptyStateProps): ReactNode {
  return (
    <div className={`empty${tone ? ` ${tone}` : ''}`} role="status">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {actions && actions.length > 0 && (
        <div className="empty-actions">
          {actions.map((action) => (
            <button key={action.title} type="button" className="button" onClick={action.run}>
              {action.title}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
