import { messageId } from './datagrams.ts'
import type { SeenPacket } from './hops.ts'

/** What the queries and answers of DNS ask, "A db.shop", by packet; undefined where it was not read. */
export function asksOf(packets: readonly SeenPacket[]): ReadonlyMap<SeenPacket, string> {
  const asks = new Map<SeenPacket, string>()
  for (const [{ tables }, own] of Map.groupBy(packets, ({ source }) => source)) {
    const wanted = Map.groupBy(own, (packet) => keyOf(packet.conversation, messageId(tables, packet.row)))
    const { exchanges } = tables
    if (!exchanges || wanted.size === 0) continue
    const conversations = new Set(own.map(({ conversation }) => conversation))
    for (let id = 0; id < exchanges.count; id++) {
      const conversation = exchanges.conversation[id]
      if (!conversations.has(conversation)) continue
      const found = wanted.get(keyOf(conversation, messageId(tables, exchanges.requestRow[id]))) ?? []
      for (const packet of found) asks.set(packet, exchanges.ask(id))
    }
  }
  return asks
}

const keyOf = (conversation: number, id: number): number => conversation * 2 ** 16 + id
