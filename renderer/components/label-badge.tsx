import type { ReactNode } from 'react'
import type { Label } from '../../engine/engine.ts'
import { LABEL_NAMES, LABEL_TONES } from './label-names.ts'
import './label-badge.css'

interface LabelBadgeProps {
  /** Undefined for a mark that comes from no label. */
  readonly label: Label | undefined
  /** Instead of the label's name, where there is more to say. */
  readonly text?: string
}

/** One of Wireshark's labels on a packet. */
export function LabelBadge({ label, text }: LabelBadgeProps): ReactNode {
  return (
    <span className={`label tone-${label ? LABEL_TONES[label] : 'note'}`}>{text ?? (label && LABEL_NAMES[label])}</span>
  )
}
