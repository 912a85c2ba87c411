import type { Talker } from '../answers.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import { addressKey, addressKeyText } from './conversation-names.ts'
import type { ConversationTallies } from './conversation-tallies.ts'

/** The addresses that most of the counted bytes went to or came from; at most `count`. */
export function topTalkers(conversations: ConversationTable, tallies: ConversationTallies, count: number): Talker[] {
  const byKey = new Map<number, { sent: number; received: number; packets: number; conversations: number }>()
  const add = (key: number, sent: number, received: number, more: number): void => {
    const known = byKey.get(key)
    if (!known) {
      byKey.set(key, { sent, received, packets: more, conversations: 1 })
      return
    }
    known.sent += sent
    known.received += received
    known.packets += more
    known.conversations++
  }
  for (const id of tallies.ids()) {
    const there = tallies.bytesAB[id]
    const back = tallies.bytesBA[id]
    const all = tallies.packetsAB[id] + tallies.packetsBA[id]
    const a = addressKey(conversations, id, false)
    const b = addressKey(conversations, id, true)
    add(a, there, back, all)
    if (b !== a) add(b, back, there, all)
  }
  return Array.from(byKey)
    .sort(([x, a], [y, b]) => b.sent + b.received - a.sent - a.received || x - y)
    .slice(0, count)
    .map(([key, { sent, received, ...rest }]) => ({
      address: addressKeyText(conversations, key),
      bytesSent: sent,
      bytesReceived: received,
      ...rest,
    }))
}
