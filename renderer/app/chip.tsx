import { X } from 'lucide-react'
import type { ReactNode } from 'react'

interface ChipProps {
  readonly label: string
  /** All of it, also where there is little room. */
  readonly title: string
  readonly onClear: () => void
  readonly children: ReactNode
}

/** A condition besides the filter that is in force, and the way out of it. */
export function Chip({ label, title, onClear, children }: ChipProps): ReactNode {
  return (
    <span className="chip">
      <span className="chip-text" title={title}>
        {children}
      </span>
      <button type="button" className="icon-button small" aria-label={label} title={label} onClick={onClear}>
        <X size={12} aria-hidden />
      </button>
    </span>
  )
}
