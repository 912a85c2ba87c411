import type { ExchangeScope } from '../answers.ts'
import { firstNotBefore } from '../binary-search.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { ConversationSearch } from './conversation-names.ts'
import type { ExchangeSources, ExchangeTiming } from './exchange-timing.ts'

/** Numbers of the exchanges in the scope, ascending. */
export function exchangesWithin(sources: ExchangeSources, timing: ExchangeTiming, scope: ExchangeScope): Uint32Array {
  const { exchanges, packets } = sources
  const { from = -Infinity, to = Infinity, conversation, protocol, outcome } = scope
  const protocolNumber = protocol === undefined ? -1 : exchanges.protocolNames.indexOf(protocol)
  if (protocol !== undefined && protocolNumber < 0) return new Uint32Array(0)
  const selected = scope.rows && new RowsByConversation(sources, scope.rows)
  const finds = textTest(sources, scope.text)
  const ids = new Uint32Array(exchanges.count)
  let count = 0
  for (let id = 0; id < ids.length; id++) {
    if (conversation !== undefined && exchanges.conversation[id] !== conversation) continue
    if (protocolNumber >= 0 && exchanges.protocol[id] !== protocolNumber) continue
    const first = exchanges.requestRow[id]
    if (from !== -Infinity || to !== Infinity) {
      const time = packets.time(first)
      if (time < from || time >= to) continue
    }
    if (selected) {
      const last = Math.max(exchanges.requestEndRow[id], exchanges.responseEndRow[id] - 1)
      if (!selected.hasAny(exchanges.conversation[id], first, last)) continue
    }
    if (outcome !== undefined) {
      timing.measure(id)
      if (timing.outcome !== outcome) continue
    }
    if (finds && !finds(id)) continue
    ids[count++] = id
  }
  return ids.subarray(0, count)
}

/** Texts and addresses repeat, so each is searched once. */
function textTest({ exchanges, conversations }: ExchangeSources, text = ''): ((id: number) => boolean) | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return undefined
  const tests = words.map((word) => {
    const search = new ConversationSearch(conversations, word)
    const byText = new Map<number, boolean>()
    const byConversation = new Map<number, boolean>()
    const remembered = (known: Map<number, boolean>, key: number, test: () => boolean): boolean => {
      let found = known.get(key)
      if (found === undefined) known.set(key, (found = test()))
      return found
    }
    const inText = (key: number): boolean =>
      remembered(byText, key, () => exchanges.texts.text(key).toLowerCase().includes(word))
    return (id: number): boolean =>
      exchanges.protocolNames[exchanges.protocol[id]] === word ||
      inText(exchanges.asks[id]) ||
      inText(exchanges.answers[id]) ||
      remembered(byConversation, exchanges.conversation[id], () => search.finds(exchanges.conversation[id]))
  })
  return (id) => tests.every((test) => test(id))
}

/** Rows in order within each conversation. */
class RowsByConversation {
  /** By conversation: where its rows begin; one more at the end. */
  readonly #starts: Uint32Array
  readonly #rows: Uint32Array

  constructor({ packets, conversations }: ExchangeSources, rows: Uint32Array) {
    const starts = new Uint32Array(conversations.count + 2)
    const conversationOf = (row: number): number => packets.chunk(row).conversation[row % CHUNK_ROWS]
    // What has no conversation has an exchange in none.
    for (const row of rows) {
      const conversation = conversationOf(row)
      if (conversation < conversations.count) starts[conversation + 2]++
    }
    for (let i = 2; i < starts.length; i++) starts[i] += starts[i - 1]
    this.#rows = new Uint32Array(starts[starts.length - 1])
    for (const row of rows) {
      const conversation = conversationOf(row)
      if (conversation < conversations.count) this.#rows[starts[conversation + 1]++] = row
    }
    this.#starts = starts
  }

  /** Whether there is a row from `first` to `last`. */
  hasAny(conversation: number, first: number, last: number): boolean {
    const end = this.#starts[conversation + 1]
    const place = firstNotBefore(this.#rows, first, this.#starts[conversation], end)
    return place < end && this.#rows[place] <= last
  }
}
