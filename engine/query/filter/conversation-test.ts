import { grown } from '../../columns/grown.ts'
import { FLAG, NO_CONVERSATION, PacketChunk } from '../../columns/packet-table.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import type { ColumnTest, ReaderContext } from './filter-field.ts'

/** With more conversations than that, packets are hardly more: what is known of each would cost more memory than it saves time. */
const MOST_CONVERSATIONS = 1 << 19

/** What of a stack matters to the readers of a conversation. */
const LAYERS = [PROTOCOL.ip, PROTOCOL.ipv6, PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.sctp]

/** As a signed number: V8 takes no detour by doubles then. */
const NONE = NO_CONVERSATION | 0
const REVERSE_BIT = 31 - Math.clz32(FLAG.reverse)
const TCP_BIT = 31 - Math.clz32(FLAG.tcp)

/** Rows looked at at a time: all of them that belong to a new conversation are asked about. */
const ROWS = 1024

// Scratch, in use by one test at a time.
const asked = new Uint32Array(ROWS)
const answers = new Uint8Array(ROWS)
let questions: PacketChunk | undefined

/**
 * A test that answers alike for all rows of one conversation, direction and kind of stack (ColumnReader.ofConversation) is asked once for
 * each of these, and its answers are spread over the rows, at some 4 ns a row however much it asks.
 */
export function conversationTest(test: ColumnTest, { tables, layers }: ReaderContext): ColumnTest {
  // By conversation and direction: the kind of stack for which the outcome is known, from 1, and the outcome.
  let known = new Uint16Array(2048)
  return (block, out, depth) => {
    const { count } = tables.conversations
    if (count > MOST_CONVERSATIONS) return test(block, out, depth)
    while (known.length < count * 2) known = grown(known)
    const kinds = layers.kinds(LAYERS)
    for (let from = block.from; from < block.to; from += ROWS) {
      spread(test, block.chunk, from, Math.min(block.to, from + ROWS), kinds, known, out, depth)
    }
  }
}

function spread(
  test: ColumnTest,
  { conversation, flags, stack }: PacketChunk,
  from: number,
  to: number,
  kinds: Uint8Array,
  known: Uint16Array,
  out: Uint8Array,
  depth: number,
): void {
  let n = 0
  for (let i = from; i < to; i++) {
    const id = conversation[i] | 0
    const answer = id === NONE ? 0 : known[place(id, flags[i])]
    if (answer >>> 2 === kindOf(kinds[stack[i]], flags[i])) out[i] = answer & 3
    else asked[n++] = i
  }
  if (n === 0) return
  questions ??= new PacketChunk(ROWS)
  for (let at = 0; at < n; at++) {
    const i = asked[at]
    questions.conversation[at] = conversation[i]
    questions.flags[at] = flags[i]
    questions.stack[at] = stack[i]
  }
  test({ chunk: questions, firstRow: 0, from: 0, to: n }, answers, depth)
  for (let at = 0; at < n; at++) {
    const i = asked[at]
    out[i] = answers[at]
    if (conversation[i] === NO_CONVERSATION) continue
    known[place(conversation[i], flags[i])] = (kindOf(kinds[stack[i]], flags[i]) << 2) | answers[at]
  }
}

function place(conversation: number, flags: number): number {
  return (conversation << 1) | ((flags >>> REVERSE_BIT) & 1)
}

function kindOf(stack: number, flags: number): number {
  return (stack << 1) + 1 + ((flags >>> TCP_BIT) & 1)
}
