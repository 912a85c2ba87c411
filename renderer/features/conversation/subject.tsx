import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow } from '../../../engine/engine.ts'
import type { CaptureSession } from '../../app/capture-session.ts'
import type { ViewStore } from '../../app/view-store.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { queryOf } from '../../components/query-of.ts'
import { useAnswer } from '../../components/use-answer.ts'

/** What every view of one conversation is given. */
export interface ConversationViewProps {
  readonly session: CaptureSession
  readonly view: ViewStore
  /** Changes when the capture has grown. */
  readonly version: number
}

export interface Subject {
  readonly row: ConversationRow
  /** Chosen by the person; else it is that of the selected packet. */
  readonly chosen: boolean
}

/**
 * The conversation looked at closely: the chosen one, else that of the selected packet. `undefined` while it is asked for, `null` when
 * there is none.
 */
export function useSubject({ session, view, version }: ConversationViewProps): Subject | null | undefined {
  const conversation = useStore(view.store, (state) => state.conversation)
  const packet = useStore(view.store, (state) => (state.conversation === undefined ? state.row : undefined))
  const wanted = conversation !== undefined || packet !== undefined
  const { value } = useAnswer(wanted ? JSON.stringify([conversation, packet, version]) : undefined, async () => {
    const id = conversation ?? (await session.engine.packet(packet ?? 0))?.conversation
    const row = id === undefined ? undefined : await session.engine.conversation(id)
    return { conversation, packet, row }
  })
  if (!wanted) return null
  if (!value || value.conversation !== conversation) return undefined
  // Going through the packets of one conversation must not make its view blink.
  if (value.packet !== packet && !value.row) return undefined
  return value.row ? { row: value.row, chosen: conversation !== undefined } : null
}

interface NoSubjectProps extends Pick<ConversationViewProps, 'session' | 'view'> {
  readonly what: string
}

/** In the place of a view whose conversation is not known. */
export function NoSubject({ session, view, what }: NoSubjectProps): ReactNode {
  async function showWorst(): Promise<void> {
    const { filter, range } = view.store.getState()
    const { rows } = await session.engine.conversations(queryOf({ filter, range }), 'harmMs', true, 0, 1)
    if (rows[0]) view.change({ conversation: rows[0].id }, 'push')
  }
  return (
    <EmptyState
      title="No conversation is chosen"
      // A filter that is wrong is said beside its field.
      actions={[{ title: 'Show the worst conversation', run: () => void showWorst().catch(() => undefined) }]}
    >
      {what} Choose a conversation in the list above (Enter), or select one of its packets.
    </EmptyState>
  )
}
