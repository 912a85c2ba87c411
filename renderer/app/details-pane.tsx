import type { ComponentProps, ReactNode } from 'react'
import type { CaptureOrder, PointTarget } from '../../common/model/live-capture.ts'
import { Pane } from '../components/pane.tsx'
import { Details, selectorOf, targetsOf, titleOf, type Chosen } from '../features/explorer/index.tsx'

interface DetailsPaneProps extends Omit<ComponentProps<typeof Details>, 'context' | 'chosen'> {
  /** Undefined where there is none, or none that can be asked and nothing is chosen. */
  readonly context: string | undefined
  readonly chosen: Chosen | undefined
  /** Takes these and goes on to the set-up. */
  readonly onCapture: (targets: readonly PointTarget[], title: string, follow: CaptureOrder['follow']) => void
}

/** What is known of the row that is chosen, and the way from it to a capture. */
export function DetailsPane({ context, chosen, onCapture, ...props }: DetailsPaneProps): ReactNode {
  if (context === undefined || !chosen) {
    return (
      <Pane title="Details">
        <div className="cluster-details">
          <p className="quiet">
            {context === undefined
              ? 'Here stands what is known of a pod, a workload, a service or a node.'
              : 'Choose a pod, a workload, a service or a node to see what is known of it. Enter captures there, Space adds it to what is captured, Shift+F10 or a right click has more.'}
          </p>
        </div>
      </Pane>
    )
  }
  const { row } = chosen
  const targets = targetsOf(row, props.pods.rows.values())
  return (
    <Pane
      title="Details"
      actions={
        <button
          type="button"
          className="button small"
          title="Enter in the list"
          disabled={targets.length === 0}
          onClick={() => onCapture(targets, titleOf(row), selectorOf(row))}
        >
          Capture here
        </button>
      }
    >
      <div className="cluster-details">
        <h2>{titleOf(row)}</h2>
        <Details {...props} context={context} chosen={chosen} />
      </div>
    </Pane>
  )
}
