import { dnsAnswerText, dnsFailed, type DnsMessage, dnsTypeName } from './dns-message.ts'
import type { ExchangeId, ExchangeSink } from './stream-decoder.ts'

/** Queries that wait for an answer, of all conversations together. */
const MOST_OPEN = 65_536
/** The same query after so long is another one: resolvers give up after 5 s a try and some tries. */
const SAME_QUERY_NS = 60e9

interface OpenQuery {
  readonly id: ExchangeId
  readonly time: number
}

/**
 * Pairs queries and responses by conversation, message id, name and type. The same query again is a retry of the same exchange, which
 * then lasts from the first try to the answer, as it did for who asked; its request ends with the last try.
 */
export class DnsQueries {
  readonly #open = new Map<string, OpenQuery>()

  query(sink: ExchangeSink, conversation: number, message: DnsMessage, row: number, time: number): void {
    const key = keyOf(conversation, message)
    const open = this.#open.get(key)
    if (open && time - open.time < SAME_QUERY_NS) {
      sink.requestEnd(open.id, row, time)
      return
    }
    const id = sink.begin(row, time)
    sink.ask(id, askText(message))
    sink.requestEnd(id, row, time)
    if (this.#open.size >= MOST_OPEN) {
      // The oldest: it has waited longest already.
      for (const [oldest] of this.#open) {
        this.#open.delete(oldest)
        break
      }
    }
    this.#open.delete(key)
    this.#open.set(key, { id, time })
  }

  /** A second answer to a query that was sent twice is not looked at. */
  response(sink: ExchangeSink, conversation: number, message: DnsMessage, row: number, time: number): void {
    const key = keyOf(conversation, message)
    const open = this.#open.get(key)
    if (!open) return
    this.#open.delete(key)
    sink.responseBegin(open.id, row, time)
    sink.responseEnd(open.id, row, time)
    sink.answer(open.id, dnsAnswerText(message), dnsFailed(message))
  }
}

/** Letters may come back in another case (RFC 4343). */
function keyOf(conversation: number, { id, question }: DnsMessage): string {
  return question ? `${conversation} ${id} ${question.type} ${question.name.toLowerCase()}` : `${conversation} ${id}`
}

export function askText({ question, opcode }: DnsMessage): string {
  if (opcode !== 0) return `opcode ${opcode}`
  return question ? `${dnsTypeName(question.type)} ${question.name || '.'}` : ''
}
