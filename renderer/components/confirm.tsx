import type { ReactNode } from 'react'
import { Dialog } from './dialog.tsx'

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
  return (
    <Dialog
      title={title}
      className="confirm"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="button" data-first-focus onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button danger"
            onClick={() => {
              onConfirm()
              onClose()
            }}
          >
            {action}
          </button>
        </>
      }
    >
      <div className="confirm-text">{children}</div>
    </Dialog>
  )
}
