import { X } from 'lucide-react'
import type { ReactNode } from 'react'

interface ChipProps {
  readonly label: string
  readonly onClear: () => void
  readonly children: string
}

/** A condition besides the filter that is in force, and the way out of it. */
export function Chip({ label, onClear, children }: ChipProps): ReactNode {
  return (
    <span className="chip">
      <span title={children}>{children}</span>
      <button type="button" className="icon-button small" aria-label={label} title={label} onClick={onClear}>
        <X size={12} aria-hidden />
      </button>
    </span>
  )
}
