import type { Talker } from '../answers.ts'
import type { CaptureTables } from './filter-field.ts'
import { addressKey, addressKeyText } from './conversation-names.ts'
import { ConversationTallies } from './conversation-tallies.ts'

/** The addresses that most bytes went to or came from, over all packets or those in `rows`; at most `count`. */
export function topTalkers(
  { packets, conversations }: Pick<CaptureTables, 'packets' | 'conversations'>,
  count: number,
  rows?: Uint32Array,
): Talker[] {
  const tallies = new ConversationTallies(packets)
  if (rows) tallies.addRows(rows)
  else tallies.advance()
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
