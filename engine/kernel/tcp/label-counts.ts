import { TABLE } from '../../kernel-tables.ts'
import { SEEN } from '../../tcp/connection-table.ts'
import { LABEL_COUNT } from '../../tcp/label-counts.ts'
import { LABEL } from '../../tcp/labels.ts'
import { I32s, newTable } from '../memory.ts'
import * as connections from './connection-table.ts'
import { troubleOf } from './tcp-state.ts'
import * as troubles from './trouble-table.ts'

// How many packets have each label: what LabelCounts shows outside, and for each conversation its TroubleTable.

const words = changetype<I32s>(newTable(TABLE.labelCounts, LABEL_COUNT.words * 4))

/** Counts a packet of the conversation with a set of labels. */
export function count(labels: i32, conversation: i32, row: i32): void {
  let known = 0
  if (labels !== LABEL.partial_ack) known = troubles.countLabels(troubleOf(conversation), labels)
  if ((labels & LABEL.partial_ack) !== 0) {
    const seen = connections.seen[conversation]
    known |= (seen & SEEN.partialAck) !== 0 ? LABEL.partial_ack : 0
    connections.seen[conversation] = seen | SEEN.partialAck
  }
  for (let rest = labels; rest !== 0; rest &= rest - 1) {
    const label = ctz(rest)
    if (words[LABEL_COUNT.packets + label]++ === 0) words[LABEL_COUNT.firstRow + label] = row
    if ((known & (1 << label)) === 0) words[LABEL_COUNT.conversations + label]++
  }
}
