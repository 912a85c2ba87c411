import { useLayoutEffect, useRef, type ReactNode } from 'react'
import './banner.css'

interface BannerProps {
  readonly tone: 'bad' | 'warn' | 'note'
  readonly children: ReactNode
  readonly actions?: readonly { readonly title: string; readonly run: () => void }[]
}

/** One line for what concerns the whole window. */
export function Banner({ tone, children, actions = [] }: BannerProps): ReactNode {
  const banner = useRef<HTMLDivElement>(null)
  const before = useRef<EventTarget>(null)
  // What its button does makes it go: the focus goes back to where it came from.
  useLayoutEffect(() => {
    const { current } = banner
    return () => {
      if (current?.contains(document.activeElement) && before.current instanceof HTMLElement) before.current.focus()
    }
  }, [])
  return (
    <div
      ref={banner}
      className={`banner ${tone}`}
      role={tone === 'bad' ? 'alert' : 'status'}
      onFocus={({ relatedTarget }) => {
        if (relatedTarget && !banner.current?.contains(relatedTarget)) before.current = relatedTarget
      }}
    >
      <p>{children}</p>
      {actions.map((action) => (
        <button key={action.title} type="button" className="button small" onClick={action.run}>
          {action.title}
        </button>
      ))}
    </div>
  )
}
