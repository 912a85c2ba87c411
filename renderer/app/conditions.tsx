import { PanelRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow } from '../../engine/engine.ts'
import { Address } from '../components/address.tsx'
import { endpointText, streamText } from '../components/filter-text.ts'
import { formatDuration } from '../components/format.ts'
import { Chip } from './chip.tsx'
import type { ViewStore } from './view-store.ts'

interface ConditionsProps {
  readonly view: ViewStore
  /** Of which something is known; another may be chosen meanwhile. */
  readonly conversation: ConversationRow | undefined
  readonly onToggleInspector: () => void
}

/** Beside the filter: what else narrows what is shown, and the inspector's button. */
export function Conditions({ view, conversation: known, onToggleInspector }: ConditionsProps): ReactNode {
  const conversation = useStore(view.store, (state) => state.conversation)
  const range = useStore(view.store, (state) => state.range)
  const chosen = known?.id === conversation ? known : undefined
  const selected = range && `${formatDuration(range.to - range.from)} selected`
  return (
    <>
      {conversation !== undefined && (
        <Chip
          label="Show all conversations"
          title={chosen ? conversationText(chosen) : 'conversation'}
          onClear={() => view.change({ conversation: undefined }, 'push')}
        >
          {chosen ? (
            <>
              <span>{streamText(chosen)}:</span>
              <Address address={chosen.addressA} port={chosen.portA} />
              <span>⇄</span>
              <Address address={chosen.addressB} port={chosen.portB} />
            </>
          ) : (
            'conversation'
          )}
        </Chip>
      )}
      {selected !== undefined && (
        <Chip label="Show all times" title={selected} onClear={() => view.change({ range: undefined }, 'push')}>
          {selected}
        </Chip>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Show or hide the inspector"
        title="Show or hide the inspector (I)"
        onClick={onToggleInspector}
      >
        <PanelRight size={16} aria-hidden />
      </button>
    </>
  )
}

/** Who talks with whom, by address. */
function conversationText(row: ConversationRow): string {
  return `${streamText(row)}: ${endpointText(row.addressA, row.portA)} ⇄ ${endpointText(row.addressB, row.portB)}`
}
