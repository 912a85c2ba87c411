import { dnsAnswerText, dnsFailed, type DnsMessage, dnsTypeName } from './dns-message.ts'
import type { ExchangeId, ExchangeSink } from './stream-decoder.ts'

/** Queries that wait for an answer, of all conversations together; and of those that got one as many. */
const MOST_KEPT = 65_536
/** The same query after so long is another one: resolvers give up after 5 s a try and some tries. */
const SAME_QUERY_NS = 60e9
/** So soon nobody asks again: a capture of all interfaces sees the same datagram at each that it passes. */
const TWIN_NS = 1e6

/**
 * Pairs queries and responses by conversation, message id, name and type. The same query again is a retry of the same exchange, which
 * then lasts from the first try to the answer, as it did for who asked; its request ends with the last try. What a further capture point sees of
 * a query is no retry.
 */
export class DnsQueries {
  readonly #open = new Latest()
  /** Where there are several points: one whose clock is ahead shows a query when others have shown its answer. */
  readonly #answered = new Latest()
  #firstPoint: number | undefined
  #several = false

  /** `point`: the interface that the packet was captured at. */
  query(sink: ExchangeSink, conversation: number, message: DnsMessage, row: number, time: number, point = 0): void {
    this.#several ||= (this.#firstPoint ??= point) !== point
    const key = keyOf(conversation, message)
    const open = this.#open.get(key)
    if (open && time - open.time < SAME_QUERY_NS) {
      if (open.isTry(point, time)) sink.requestEnd(open.id, row, time)
      return
    }
    const answered = this.#several ? this.#answered.get(key) : undefined
    if (answered && time - answered.time < SAME_QUERY_NS && !answered.isTry(point, time, 0)) return
    const id = sink.begin(row, time)
    sink.ask(id, askText(message))
    sink.requestEnd(id, row, time)
    const query = new Query(id, time)
    query.isTry(point, time)
    this.#open.set(key, query)
  }

  /** A second answer to a query that was sent twice is not looked at. */
  response(sink: ExchangeSink, conversation: number, message: DnsMessage, row: number, time: number): void {
    const key = keyOf(conversation, message)
    const open = this.#open.get(key)
    if (!open) return
    this.#open.delete(key)
    if (this.#several) this.#answered.set(key, open)
    sink.responseBegin(open.id, row, time)
    sink.responseEnd(open.id, row, time)
    sink.answer(open.id, dnsAnswerText(message), dnsFailed(message))
  }
}

class Query {
  readonly id: ExchangeId
  readonly time: number
  #tries = 0
  /** By each point that saw it: mostly one. */
  readonly #seen: { readonly point: number; times: number; last: number }[] = []

  constructor(id: ExchangeId, time: number) {
    this.id = id
    this.time = time
  }

  /** Takes in that a point saw it: whether that was a try that no other had seen, as the point saw more of them than any before. */
  isTry(point: number, time: number, twinNs = TWIN_NS): boolean {
    let seen = this.#seen.find((one) => one.point === point)
    if (!seen) {
      seen = { point, times: 0, last: -Infinity }
      this.#seen.push(seen)
    }
    if (Math.abs(time - seen.last) >= twinNs) seen.times++
    seen.last = time
    if (seen.times <= this.#tries) return false
    this.#tries = seen.times
    return true
  }
}

/** The newest queries by key, MOST_KEPT and up to as many again: the oldest are let go together, as a Map is slow to lose its first one. */
class Latest {
  #now = new Map<string, Query>()
  #before = new Map<string, Query>()

  get(key: string): Query | undefined {
    return this.#now.get(key) ?? this.#before.get(key)
  }

  set(key: string, query: Query): void {
    if (this.#now.size >= MOST_KEPT) {
      this.#before = this.#now
      this.#now = new Map()
    }
    this.#now.set(key, query)
  }

  delete(key: string): void {
    this.#now.delete(key)
    this.#before.delete(key)
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
