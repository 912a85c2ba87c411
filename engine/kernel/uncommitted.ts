import { COUNT } from '../kernel-tables.ts'
import { dropEmpty } from './columns/conversations.ts'
import { counts } from './columns/counts.ts'
import { dropFrom } from './tcp/verdicts.ts'

/** Taking a frame was broken off, for want of memory: takes back the conversation and the verdict that it brought. No more frames may follow. */
export function dropUncommitted(): void {
  dropEmpty()
  dropFrom(counts[COUNT.rows])
}
