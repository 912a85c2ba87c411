import { useState } from 'react'
import { useStore } from 'zustand'
import type { ConversationRow, FollowSide, PacketRow } from '../../../engine/engine.ts'
import { useAnswer } from '../../components/use-answer.ts'
import type { ConversationViewProps } from './subject.tsx'

/**
 * The direction to show: the chosen one, else that of the trouble whose packet was selected when the view was opened, else that in which more
 * was sent again, else that with more bytes. `undefined` while that is asked for.
 */
export function useSide(
  { session, view }: Pick<ConversationViewProps, 'session' | 'view'>,
  conversation: ConversationRow | undefined,
): FollowSide | undefined {
  const side = useStore(view.store, (state) => state.side)
  const [first] = useState(() => view.store.getState().row)
  const packet = useAnswer(first === undefined ? undefined : String(first), async () => ({
    packet: await session.engine.packet(first ?? 0),
  }))
  // Once for each: while a capture grows the graph does not turn around.
  const isAsked = side === undefined && conversation !== undefined && hasRepeats(conversation)
  const repeats = useAnswer(isAsked ? String(conversation.id) : undefined, async () => {
    if (!conversation) return undefined
    const { id, portA, firstTime, lastTime } = conversation
    const ofClient = { conversation: id, filter: `tcp.srcport == ${portA}` }
    const { retransmissions } = await session.engine.lanes(ofClient, firstTime, lastTime + 1, 1)
    return { id, client: retransmissions[0] }
  })
  if (side) return side
  if (first !== undefined && !packet.value && packet.error === undefined) return undefined
  const client = repeats.value?.id === conversation?.id ? repeats.value?.client : undefined
  if (isAsked && client === undefined && repeats.error === undefined) return undefined
  return sideOf(packet.value?.packet, conversation, client)
}

/** Whether something was sent again, and the ports tell by whom. */
const hasRepeats = ({ transport, retransmissions, portA, portB }: ConversationRow): boolean =>
  transport === 'TCP' && retransmissions > 0 && portA !== portB

type Ends = Pick<ConversationRow, 'id' | 'addressA' | 'addressB' | 'bytesAB' | 'bytesBA' | 'retransmissions'>

/**
 * That of a troubled packet of the conversation, as far as its addresses tell; else the one that had to send more again, of which the client did
 * `byClient`; else the one there is more to see of.
 */
export function sideOf(
  packet: Pick<PacketRow, 'conversation' | 'tone' | 'source'> | undefined,
  conversation: Ends | undefined,
  byClient?: number,
): FollowSide {
  if (!conversation) return 'server'
  const { id, addressA, addressB, bytesAB, bytesBA, retransmissions } = conversation
  const isTrouble = packet?.conversation === id && (packet.tone === 'bad' || packet.tone === 'warn')
  if (isTrouble && addressA !== addressB) return packet.source === addressA ? 'client' : 'server'
  const byServer = retransmissions - (byClient ?? 0)
  if (byClient !== undefined && byClient !== byServer) return byClient > byServer ? 'client' : 'server'
  return bytesAB > bytesBA ? 'client' : 'server'
}
