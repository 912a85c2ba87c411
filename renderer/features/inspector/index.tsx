import { useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow, DetailNode } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import { ConversationView } from './conversation-view.tsx'
import { PacketView } from './packet-view.tsx'
import './inspector.css'

export interface InspectorProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly version: number
  readonly onFilter: (condition: string) => void
  readonly onCopy: (text: string) => void
}

type Tab = 'packet' | 'conversation'

/** What is selected, from close by: the packet's layers and bytes, or the conversation it belongs to. */
export function Inspector({ session, view, version, onFilter, onCopy }: InspectorProps): ReactNode {
  const row = useStore(view.store, (state) => state.row)
  const selected = useStore(view.store, (state) => state.conversation)
  const { value: packet } = useAnswer(row === undefined ? undefined : String(row), () =>
    session.engine.packet(row ?? 0),
  )
  const id = row !== undefined && packet?.row === row ? (packet.conversation ?? selected) : selected
  const { value: conversation } = useAnswer(id === undefined ? undefined : `${id} ${version}`, () =>
    session.engine.conversation(id ?? 0),
  )

  // The tab follows what was selected last, until the person chooses one.
  const [chosen, setChosen] = useState<{
    readonly tab: Tab
    readonly row: number | undefined
    readonly selected: number | undefined
  }>()
  const natural: Tab = row === undefined ? 'conversation' : 'packet'
  const tab =
    chosen && (chosen.row === undefined) === (row === undefined) && chosen.selected === selected ? chosen.tab : natural

  function tabButton(name: Tab, title: string, about: string | undefined): ReactNode {
    return (
      <button
        type="button"
        role="tab"
        id={`inspector-${name}`}
        aria-selected={tab === name}
        aria-controls="inspector-panel"
        tabIndex={tab === name ? 0 : -1}
        onClick={() => setChosen({ tab: name, row, selected })}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
          const other = name === 'packet' ? 'conversation' : 'packet'
          setChosen({ tab: other, row, selected })
          document.getElementById(`inspector-${other}`)?.focus()
        }}
      >
        {title}
        {about !== undefined && <span className="tab-about">{about}</span>}
      </button>
    )
  }

  return (
    <section className="pane inspector" aria-label="Inspector">
      <header className="pane-head" role="tablist" aria-label="Inspector">
        {tabButton('packet', 'Packet', row === undefined ? undefined : `No. ${row + 1}`)}
        {tabButton(
          'conversation',
          'Conversation',
          id !== undefined && conversation?.id === id ? streamName(conversation) : undefined,
        )}
      </header>
      <div className="pane-body" role="tabpanel" id="inspector-panel" aria-labelledby={`inspector-${tab}`}>
        {tab === 'packet' ? (
          row === undefined ? (
            <Nothing title="No packet selected">Select one in the list to see its layers and bytes.</Nothing>
          ) : (
            <PacketView session={session} row={row} onFilter={onFilter} onCopy={onCopy} />
          )
        ) : id === undefined || !conversation ? (
          <Nothing title="No conversation selected">
            Select a conversation, or a packet of one, to see what it suffered and how long its round trips took.
          </Nothing>
        ) : (
          <ConversationView session={session} conversation={conversation} version={version} view={view} />
        )}
      </div>
    </section>
  )
}

function Nothing({ title, children }: { readonly title: string; readonly children: string }): ReactNode {
  return (
    <div className="inspector-empty">
      <EmptyState title={title}>{children}</EmptyState>
    </div>
  )
}

export function streamName(conversation: ConversationRow): string {
  return `${conversation.transport.toLowerCase()} ${conversation.stream}`
}

/** `tcp.port == 443`, where the node has a field and a value. */
export function nodeFilter(node: DetailNode): string | undefined {
  return node.field !== undefined && node.value !== undefined ? `${node.field} == ${node.value}` : undefined
}
