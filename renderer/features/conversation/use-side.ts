import { useState } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow, FollowSide, PacketRow } from '../../../engine/engine.ts'
import { useAnswer } from '../../components/use-answer.ts'
import type { ConversationViewProps } from './subject.tsx'

/**
 * The direction to show: the chosen one, else that of the trouble whose packet was selected when the view was opened, else that with more
 * bytes. `undefined` while the packet is asked for.
 */
export function useSide(
  { session, view }: Pick<ConversationViewProps, 'session' | 'view'>,
  conversation: ConversationRow | undefined,
): FollowSide | undefined {
  const side = useStore(view.store, (state) => state.side)
  const [first] = useState(() => view.store.getState().row)
  const { value, error } = useAnswer(first === undefined ? undefined : String(first), async () => ({
    packet: await session.engine.packet(first ?? 0),
  }))
  if (side) return side
  if (first !== undefined && !value && error === undefined) return undefined
  return sideOf(value?.packet, conversation)
}

type Ends = Pick<ConversationRow, 'id' | 'addressA' | 'addressB' | 'bytesAB' | 'bytesBA'>

/** That of a troubled packet of the conversation, as far as its addresses tell; else the one there is more to see of. */
export function sideOf(
  packet: Pick<PacketRow, 'conversation' | 'tone' | 'source'> | undefined,
  conversation: Ends | undefined,
): FollowSide {
  if (!conversation) return 'server'
  const { id, addressA, addressB, bytesAB, bytesBA } = conversation
  const isTrouble = packet?.conversation === id && (packet.tone === 'bad' || packet.tone === 'warn')
  if (isTrouble && addressA !== addressB) return packet.source === addressA ? 'client' : 'server'
  return bytesAB > bytesBA ? 'client' : 'server'
}
