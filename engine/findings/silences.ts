import { firstPlace } from '../binary-search.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION, type PacketTable } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import type { CaptureTables } from '../query/capture-tables.ts'
import { addressKey } from '../query/conversation-names.ts'
import { least, most } from './words.ts'

/** Nanoseconds since the first frame. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** How long nothing must come, and until when after a span something must come again: nanoseconds. */
interface Limits {
  readonly shortest: number
  readonly after: number
}

/**
 * By span: the times in it, long enough each, in which nothing new came from the address (over TCP or UDP, that does not only repeat); and then
 * something did. Spans are by addressKey, 255 addresses at most; all are listened to in one pass over the packets.
 */
export function silencesIn(
  { packets, conversations }: Pick<CaptureTables, 'packets' | 'conversations'>,
  spans: ReadonlyMap<number, readonly Span[]>,
  limits: Limits,
): ReadonlyMap<Span, readonly Span[]> {
  const listeners = Array.from(spans.values(), (some) => new Listener(some, limits))
  const places = new Map(Array.from(spans.keys(), (address, place) => [address, place + 1]))
  // By conversation * 2 + end: 1 + the place of its listener.
  const listenerOf = new Uint8Array(conversations.count * 2)
  const { transport } = conversations
  for (let id = 0; id < conversations.count; id++) {
    if (transport[id] !== TRANSPORT.tcp && transport[id] !== TRANSPORT.udp) continue
    listenerOf[id * 2] = places.get(addressKey(conversations, id, false)) ?? 0
    listenerOf[id * 2 + 1] = places.get(addressKey(conversations, id, true)) ?? 0
  }
  const all = Array.from(spans.values()).flat()
  const end = rowAt(packets, most(all.map(({ to }) => to)) + limits.after)
  for (let row = rowAt(packets, least(all.map(({ from }) => from))); row < end;) {
    const chunk = packets.chunk(row)
    const { conversation, flags, time, verdict } = chunk
    const last = Math.min(CHUNK_ROWS, end - chunk.first)
    for (let i = row % CHUNK_ROWS; i < last; i++) {
      if (conversation[i] === NO_CONVERSATION || verdict[i] !== 0) continue
      const listener = listenerOf[conversation[i] * 2 + ((flags[i] & FLAG.reverse) === 0 ? 0 : 1)]
      if (listener > 0) listeners[listener - 1].hear(time[i])
    }
    row = chunk.first + CHUNK_ROWS
  }
  return new Map(listeners.flatMap(({ found }) => Array.from(found)))
}

/** Of one address. */
class Listener {
  readonly found = new Map<Span, Span[]>()
  readonly #spans: readonly Span[]
  readonly #limits: Limits
  /** The span that is listened to. */
  #at = 0
  /** When something came in it. */
  #last = -Infinity

  constructor(spans: readonly Span[], limits: Limits) {
    this.#spans = spans.toSorted((a, b) => a.from - b.from)
    this.#limits = limits
  }

  /** Something new came. */
  hear(time: number): void {
    while (this.#at < this.#spans.length) {
      const span = this.#spans[this.#at]
      if (time < span.from) return
      // What was sent at its beginning belongs to it.
      const last = Math.max(this.#last, span.from - 1)
      if (time - last >= this.#limits.shortest && time <= span.to + this.#limits.after) {
        const known = this.found.get(span)
        if (known) known.push({ from: last, to: time })
        else this.found.set(span, [{ from: last, to: time }])
      }
      this.#last = Math.max(this.#last, time)
      if (time < span.to) return
      this.#at++
      // The next one is listened to anew.
      this.#last = -Infinity
    }
  }
}

/** The first row that is not before a time; what is a little out of order does no harm. */
export function rowAt(packets: PacketTable, time: number): number {
  return firstPlace(0, packets.rows, (row) => packets.time(row) >= time)
}
