import type { ReactNode } from 'react'
import type { PointTarget } from '../../common/model/live-capture.ts'
import { formatCounted } from '../components/format.ts'
import { Keys } from '../components/keys.tsx'
import { keyLabels } from './keys.ts'

interface ChosenBeforeProps {
  readonly targets: readonly PointTarget[]
  readonly became: 'cleared' | 'replaced'
  readonly onUndo: () => void
}

/** Which points were to be captured before, and how to have them back. */
export function ChosenBefore({ targets, became, onUndo }: ChosenBeforeProps): ReactNode {
  return (
    <p className="quiet">
      {formatCounted(targets.length, 'point')} {became}: {pointNames(targets)}.{' '}
      <button type="button" className="link" onClick={onUndo}>
        Undo
      </button>
      {'\u00a0'}
      <Keys labels={keyLabels('Ctrl+Z')} />
    </p>
  )
}

/** The first few, and how many more. */
function pointNames(targets: readonly PointTarget[]): string {
  const names = targets.slice(0, 3).map((target) => (target.kind === 'pod' ? target.pod : target.node))
  return names.join(', ') + (targets.length > 3 ? ` and ${targets.length - 3} more` : '')
}
