import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../components/icon-button.tsx'

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
      <IconButton icon={X} size={12} label={label} onClick={onClear} />
    </span>
  )
}
