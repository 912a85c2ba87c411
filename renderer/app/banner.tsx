import type { ReactNode } from 'react'
import './banner.css'

interface BannerProps {
  readonly tone: 'bad' | 'warn' | 'note'
  readonly children: ReactNode
  readonly actions?: readonly { readonly title: string; readonly run: () => void }[]
}

/** One line for what concerns the whole window. */
export function Banner({ tone, children, actions = [] }: BannerProps): ReactNode {
  return (
    <div className={`banner ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <p>{children}</p>
      {actions.map((action) => (
        <button key={action.title} type="button" className="button small" onClick={action.run}>
          {action.title}
        </button>
      ))}
    </div>
  )
}
