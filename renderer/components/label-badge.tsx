import type { ReactNode } from 'react'
import type { Label } from '../../engine/engine.ts'
import { LABEL_NAMES, LABEL_TONES } from './label-names.ts'
import './label-badge.css'

/** One of Wireshark's labels on a packet. */
export function LabelBadge({ label }: { readonly label: Label }): ReactNode {
  return <span className={`label tone-${LABEL_TONES[label]}`}>{LABEL_NAMES[label]}</span>
}

/** Labels worth a badge: the general one is left out where a more exact one says the same. */
export function shownLabels(labels: readonly Label[]): readonly Label[] {
  const exact = labels.includes('fast_retransmission') || labels.includes('spurious_retransmission')
  return exact ? labels.filter((label) => label !== 'retransmission') : labels
}
