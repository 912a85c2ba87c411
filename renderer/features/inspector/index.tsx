import { useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CaptureFacts } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { streamText } from '../../components/filter-text.ts'
import { formatCount, formatCounted } from '../../components/format.ts'
import { useFrameNumber } from '../../components/frame-number.ts'
import { useAnswer } from '../../components/use-answer.ts'
import { CaptureView } from './capture-view.tsx'
import { ConversationView } from './conversation-view.tsx'
import { NotesHere } from './notes-here.tsx'
import { PacketView } from './packet-view.tsx'
import './inspector.css'

export interface InspectorProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  readonly facts: CaptureFacts
  readonly version: number
  readonly onFilter: (condition: string) => void
  readonly onCopy: (text: string) => void
}

const TABS = ['capture', 'conversation', 'packet'] as const
type Tab = (typeof TABS)[number]
const TITLES: Readonly<Record<Tab, string>> = { capture: 'Capture', conversation: 'Conversation', packet: 'Packet' }

/** From close by: the capture, the conversation or the packet, whichever was selected last. */
export function Inspector({ session, view, facts, version, onFilter, onCopy }: InspectorProps): ReactNode {
  const row = useStore(view.store, (state) => state.row)
  const selected = useStore(view.store, (state) => state.conversation)
  // A link may name a packet that is still to be read.
  const isRead = row !== undefined && row < facts.packets
  const { value: packet } = useAnswer(isRead ? String(row) : undefined, () => session.engine.packet(row ?? 0))
  // Of a packet and a conversation that it isn't of, the one that was selected last.
  const [last, setLast] = useState<'conversation' | 'packet'>('packet')
  const ofPacket = row !== undefined && packet?.row === row ? packet.conversation : undefined
  const id = last === 'packet' ? (ofPacket ?? selected) : (selected ?? ofPacket)
  const { value: conversation } = useAnswer(id === undefined ? undefined : `${id} ${version}`, () =>
    session.engine.conversation(id ?? 0),
  )

  const frameNumber = useFrameNumber()
  // Follows what is selected: a packet shows the packet, a conversation the conversation, until a tab is chosen by hand.
  const [tab, setTab] = useState<Tab>(
    row !== undefined ? 'packet' : selected !== undefined ? 'conversation' : 'capture',
  )
  const [seen, setSeen] = useState({ row, selected })
  if (seen.row !== row || seen.selected !== selected) {
    setSeen({ row, selected })
    setLast(seen.selected === selected ? 'packet' : 'conversation')
    if (seen.selected !== selected && selected !== undefined) setTab('conversation')
    else if (row !== undefined && (seen.row === undefined || tab === 'capture')) setTab('packet')
  }

  const about: Readonly<Record<Tab, string | undefined>> = {
    capture: undefined,
    conversation: id !== undefined && conversation?.id === id ? streamText(conversation) : undefined,
    packet: row === undefined ? undefined : String(frameNumber(row)),
  }
  return (
    <section className="pane inspector" aria-label="Inspector">
      <h2 className="aloud">Inspector</h2>
      <div className="pane-head">
        <div className="pane-tabs" role="tablist" aria-label="Inspector">
          {TABS.map((name, i) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`inspector-${name}`}
              aria-selected={tab === name}
              aria-controls="inspector-panel"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => setTab(name)}
              onKeyDown={(event) => {
                const step = event.key === 'ArrowLeft' ? 2 : event.key === 'ArrowRight' ? 1 : 0
                if (step === 0) return
                const next = TABS[(i + step) % TABS.length]
                setTab(next)
                document.getElementById(`inspector-${next}`)?.focus()
              }}
            >
              {TITLES[name]}
              {about[name] !== undefined && (
                <>
                  {' '}
                  <span className="pane-tab-count">{about[name]}</span>
                </>
              )}
            </button>
          ))}
        </div>
      </div>
      <div className="pane-body" role="tabpanel" id="inspector-panel" aria-labelledby={`inspector-${tab}`}>
        {tab === 'capture' && (
          <div className="with-notes">
            <NotesHere on="capture" />
            <CaptureView session={session} facts={facts} version={version} onFilter={onFilter} />
          </div>
        )}
        {tab === 'conversation' &&
          (conversation && id !== undefined ? (
            <div className="with-notes">
              <NotesHere on={{ conversation: id }} />
              <ConversationView session={session} conversation={conversation} version={version} view={view} />
            </div>
          ) : (
            <Nothing title="No conversation selected">
              Select a conversation, or a packet of one, to see what it suffered and how long its round trips took.
            </Nothing>
          ))}
        {tab === 'packet' &&
          (row === undefined ? (
            <Nothing title="No packet selected">Select one in the list to see its layers and bytes.</Nothing>
          ) : !isRead ? (
            <Nothing title={`There is no packet ${formatCount(frameNumber(row))}${facts.complete ? '' : ' yet'}`}>
              {`The capture has ${formatCounted(facts.packets, 'packet')}${facts.complete ? '' : ' so far'}.`}
            </Nothing>
          ) : (
            <div className="with-notes">
              <NotesHere on={{ row }} />
              <PacketView session={session} row={row} onCopy={onCopy} />
            </div>
          ))}
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
