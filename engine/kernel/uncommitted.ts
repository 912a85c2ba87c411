import { COUNT } from '../kernel-tables.ts'
import { dropEmpty } from './columns/conversations.ts'
import { counts } from './columns/counts.ts'
import * as connections from './tcp/connection-table.ts'
import { dropFrom } from './tcp/verdicts.ts'

/**
 * Taking a frame was broken off, for want of memory: takes back the conversation, with what was noted of it, and the verdict that it brought. No
 * more frames may follow.
 */
export function dropUncommitted(): void {
  const conversations = counts[COUNT.conversations]
  dropEmpty()
  for (let id = counts[COUNT.conversations]; id < conversations && id < connections.capacity; id++) {
    connections.trouble[id] = 0
  }
  dropFrom(counts[COUNT.rows])
}
