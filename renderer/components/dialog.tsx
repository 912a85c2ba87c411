import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import './dialog.css'

export interface DialogProps {
  /** What it is called, above its content too unless `bare`. */
  readonly title: string
  readonly bare?: boolean
  readonly className?: string
  /** Nothing that was written in it would be lost: a click outside closes it. */
  readonly light?: boolean
  /** It is a form: Enter, or its button of type submit. */
  readonly onSubmit?: () => void
  readonly onKeyDown?: (event: KeyboardEvent) => void
  readonly onClose: () => void
  readonly children: ReactNode
  /** Why what was asked for failed. */
  readonly problem?: string | undefined
  /** At the left of the buttons: what will be done, or what was. */
  readonly status?: ReactNode
  /** The buttons, the main one last. */
  readonly actions?: ReactNode
}

/**
 * What lies over the window until it is answered: the browser keeps the focus inside and gives it back, Esc closes it. The focus begins on the
 * element with `data-first-focus`, else on the first that takes it.
 */
export function Dialog(props: DialogProps): ReactNode {
  const { title, bare = false, className = '', light = false, onSubmit, onKeyDown, onClose } = props
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    current?.querySelector<HTMLElement>('[data-first-focus]')?.focus()
    // Closed before it leaves the page: only then the browser gives the focus back.
    return () => current?.close()
  }, [])
  const content = (
    <>
      {!bare && <h2>{title}</h2>}
      {props.children}
      {props.problem !== undefined && (
        <p role="alert" className="dialog-problem">
          {props.problem}
        </p>
      )}
      {props.actions !== undefined && (
        <div className="dialog-actions">
          <span role="status">{props.status}</span>
          {props.actions}
        </div>
      )}
    </>
  )
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => light && event.target === dialog.current && onClose()}
      onKeyDown={onKeyDown}
    >
      {onSubmit ? (
        <form
          className="dialog-body"
          onSubmit={(event) => {
            event.preventDefault()
            onSubmit()
          }}
        >
          {content}
        </form>
      ) : (
        <div className="dialog-body">{content}</div>
      )}
    </dialog>
  )
}
