import { useEffect, useRef, type ReactNode } from 'react'
import './confirm.css'

interface ConfirmProps {
  readonly title: string
  /** What will be done, and what can't be undone. */
  readonly children: ReactNode
  /** The verb: "Delete". */
  readonly action: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something that can't be taken back. Esc is no; the safe answer has the focus. */
export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className="confirm" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      <div className="confirm-text">{children}</div>
      <div className="confirm-actions">
        <button type="button" className="button" autoFocus onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button
          type="button"
          className="button danger"
          onClick={() => {
            onConfirm()
            dialog.current?.close()
          }}
        >
          {action}
        </button>
      </div>
    </dialog>
  )
}
