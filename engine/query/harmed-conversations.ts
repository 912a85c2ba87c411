import type { ConversationHarm } from '../answers.ts'
import { TRANSPORT } from '../decode/packet.ts'
import type { ConnectionFacts } from '../tcp/connection-facts.ts'
import { LOST_TIME_CAUSES } from '../tcp/lost-time.ts'
import { hasPorts, transportName } from './conversation-names.ts'
import type { CaptureTables } from './capture-tables.ts'

/** What is lost within [from, to) counts as harm; all without. */
export interface HarmSpan {
  readonly from?: number
  readonly to?: number
}

type Sources = Pick<CaptureTables, 'packets' | 'conversations' | 'tcp'>

/**
 * The conversations that lost most time, the most harmed first, at most `count`; none that lost nothing. Of `ids`, ascending, or of all.
 * Ties keep the order of appearance.
 */
export function mostHarmed(sources: Sources, count: number, span: HarmSpan, ids?: Uint32Array): ConversationHarm[] {
  const most: { readonly id: number; readonly harmMs: number }[] = []
  for (const id of ids ?? sources.tcp.troubled()) {
    const ms = harmMs(sources, id, span)
    if (ms <= (most[count - 1]?.harmMs ?? 0)) continue
    const place = most.findLastIndex((other) => other.harmMs >= ms) + 1
    most.splice(place, 0, { id, harmMs: ms })
    if (most.length > count) most.pop()
  }
  return most.map(({ id }) => harmOf(sources, id, span, connectionFacts(sources, id)))
}

/** Milliseconds the conversation lost. */
export function harmMs({ conversations, packets, tcp }: Sources, id: number, { from, to }: HarmSpan): number {
  const lost = tcp.lostNs(id)
  if (lost === 0 || (from === undefined && to === undefined)) return lost / 1e6
  // Nothing is lost before the first packet or after the last.
  const first = packets.time(conversations.firstRow(id))
  const last = packets.time(conversations.lastRow(id))
  return tcp.lostWithin(id, Math.max(first, from ?? first), Math.min(last, to ?? last)) / 1e6
}

/** What is known of the connection; nothing unless it is TCP. */
export function connectionFacts({ conversations, tcp }: Sources, id: number): ConnectionFacts | undefined {
  return conversations.transport[id] === TRANSPORT.tcp ? tcp.connection(id) : undefined
}

/** Who the conversation is, and what it lost. */
export function harmOf(
  sources: Sources,
  id: number,
  span: HarmSpan,
  facts: ConnectionFacts | undefined,
): ConversationHarm {
  const { conversations } = sources
  const ports = hasPorts(conversations, id)
  const isWhole = span.from === undefined && span.to === undefined
  // What a part of the time was lost to is not kept apart.
  const harm = isWhole
    ? LOST_TIME_CAUSES.map((cause) => ({ cause, ms: (facts?.lostNs[cause] ?? 0) / 1e6 })).filter(({ ms }) => ms > 0)
    : []
  return {
    id,
    transport: transportName(conversations, id),
    stream: conversations.stream[id],
    addressA: conversations.addressText(id, false),
    ...(ports && { portA: conversations.portA[id] }),
    addressB: conversations.addressText(id, true),
    ...(ports && { portB: conversations.portB[id] }),
    harmMs: harmMs(sources, id, span),
    harm,
    ...(facts?.resetCause && { resetCause: facts.resetCause }),
    ...(facts && { state: facts.state }),
  }
}
