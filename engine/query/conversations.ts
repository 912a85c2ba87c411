import type { ConversationRow, ConversationSort } from '../answers.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import { CHUNK_ROWS, NO_CONVERSATION, type PacketTable } from '../columns/packet-table.ts'
import { NETWORK, TRANSPORT } from '../decode/packet.ts'
import type { TcpAnalysis } from '../tcp/analysis.ts'
import { LOST_TIME_CAUSES } from '../tcp/lost-time.ts'
import { sentAgainCounts } from './label-counts.ts'
import { RoundTripTimes } from './round-trip-times.ts'

/** What the answers about conversations are made from. */
export interface ConversationSources {
  readonly packets: PacketTable
  readonly conversations: ConversationTable
  readonly tcp: TcpAnalysis
}

export interface ConversationOrder {
  readonly sort: ConversationSort
  readonly descending: boolean
}

const TRANSPORT_NAMES: Readonly<Record<number, string>> = {
  [TRANSPORT.tcp]: 'TCP',
  [TRANSPORT.udp]: 'UDP',
  [TRANSPORT.sctp]: 'SCTP',
  [TRANSPORT.icmp]: 'ICMP',
  [TRANSPORT.icmpv6]: 'ICMPv6',
}

/**
 * The conversations of the packets in `rows`, or all of them, ordered. Ties keep the order of appearance, what is not known comes last.
 * By packets and by bytes means those of both directions.
 */
export function orderedConversations(
  sources: ConversationSources,
  rows: Uint32Array | undefined,
  { sort, descending }: ConversationOrder,
): Uint32Array {
  const ids = rows
    ? conversationsOf(sources, rows)
    : Uint32Array.from({ length: sources.conversations.count }, (_, i) => i)
  if (sort === 'id') return descending ? ids.reverse() : ids
  const sign = descending ? -1 : 1
  if (sort === 'addressA' || sort === 'addressB') {
    const b = sort === 'addressB'
    const texts = new Map<number, string>()
    for (const id of ids) texts.set(id, addressKey(sources.conversations, id, b))
    return ids.sort((x, y) => {
      const left = texts.get(x) ?? ''
      const right = texts.get(y) ?? ''
      return left === right ? x - y : (left < right ? -1 : 1) * sign
    })
  }
  const keys = sortKeys(sources, ids, sort)
  return ids.sort((x, y) => {
    const left = keys[x]
    const right = keys[y]
    if (left === right) return x - y
    if (Number.isNaN(left)) return Number.isNaN(right) ? x - y : 1
    if (Number.isNaN(right)) return -1
    return (left - right) * sign
  })
}

/** Milliseconds the conversation lost. */
export function harmMs({ tcp, conversations }: ConversationSources, id: number): number {
  return conversations.transport[id] === TRANSPORT.tcp ? tcp.lostNs(id) / 1e6 : 0
}

export function resetCount({ tcp, conversations }: ConversationSources, id: number): number {
  return conversations.transport[id] === TRANSPORT.tcp ? tcp.resets(id) : 0
}

/** The rows of some conversations; three passes over the packets between the first and the last of them. */
export function conversationRows(sources: ConversationSources, ids: Uint32Array): ConversationRow[] {
  const rtt = new RoundTripTimes(sources.packets, sources.conversations, ids)
  const sentAgain = sentAgainCounts(sources.packets, sources.conversations, ids)
  return Array.from(ids, (id) => conversationRow(sources, id, rtt, sentAgain[id]))
}

function conversationRow(
  sources: ConversationSources,
  id: number,
  rtt: RoundTripTimes,
  retransmissions: number,
): ConversationRow {
  const { conversations, packets, tcp } = sources
  const transport = conversations.transport[id]
  const isTcp = transport === TRANSPORT.tcp
  const facts = isTcp ? tcp.connection(id) : undefined
  const hasPorts = isTcp || transport === TRANSPORT.udp || transport === TRANSPORT.sctp
  const harm = LOST_TIME_CAUSES.map((cause) => ({ cause, ms: (facts?.lostNs[cause] ?? 0) / 1e6 })).filter(
    ({ ms }) => ms > 0,
  )
  const p50 = rtt.quantile(id, 0.5)
  return {
    id,
    transport: TRANSPORT_NAMES[transport] ?? networkName(conversations.network[id]),
    stream: conversations.stream[id],
    addressA: conversations.addressText(id, false),
    ...(hasPorts && { portA: conversations.portA[id] }),
    addressB: conversations.addressText(id, true),
    ...(hasPorts && { portB: conversations.portB[id] }),
    firstTime: packets.time(conversations.firstRow[id]),
    lastTime: packets.time(conversations.lastRow[id]),
    packetsAB: conversations.packetsAB[id],
    packetsBA: conversations.packetsBA[id],
    bytesAB: conversations.bytesAB[id],
    bytesBA: conversations.bytesBA[id],
    harmMs: harm.reduce((sum, { ms }) => sum + ms, 0),
    harm,
    retransmissions,
    outOfOrder: facts?.labels.out_of_order ?? 0,
    lost: facts?.labels.lost_segment ?? 0,
    duplicateAcks: facts?.labels.duplicate_ack ?? 0,
    zeroWindows: facts?.labels.zero_window ?? 0,
    resets: facts?.resets ?? 0,
    ...(facts?.resetCause && { resetCause: facts.resetCause }),
    ...(facts && { state: facts.state }),
    synRetransmissions: facts?.synRetransmissions ?? 0,
    ...(facts?.initialRttNs !== undefined && { initialRttNs: facts.initialRttNs }),
    ...(!Number.isNaN(p50) && { rttP50Ns: p50, rttP99Ns: rtt.quantile(id, 0.99) }),
  }
}

/** The conversations that the packets in `rows` belong to, in order of appearance. */
function conversationsOf({ packets, conversations }: ConversationSources, rows: Uint32Array): Uint32Array {
  const seen = new Uint8Array(conversations.count)
  for (const row of rows) {
    const id = packets.chunk(row).conversation[row % CHUNK_ROWS]
    if (id !== NO_CONVERSATION) seen[id] = 1
  }
  const ids: number[] = []
  for (let id = 0; id < seen.length; id++) if (seen[id]) ids.push(id)
  return Uint32Array.from(ids)
}

/** By conversation; NaN where it is not known. */
function sortKeys(sources: ConversationSources, ids: Uint32Array, sort: ConversationSort): ArrayLike<number> {
  const { packets, conversations } = sources
  if (sort === 'retransmissions') return sentAgainCounts(packets, conversations, ids)
  const keys = new Float64Array(conversations.count)
  const rtt = sort === 'rttP99Ns' ? new RoundTripTimes(packets, conversations, ids) : undefined
  for (const id of ids) keys[id] = rtt ? rtt.quantile(id, 0.99) : sortKey(sources, id, sort)
  return keys
}

/** What the conversation alone tells. */
function sortKey(sources: ConversationSources, id: number, sort: ConversationSort): number {
  const { conversations, packets, tcp } = sources
  const isTcp = conversations.transport[id] === TRANSPORT.tcp
  switch (sort) {
    case 'harmMs':
      return harmMs(sources, id)
    case 'firstTime':
      return packets.time(conversations.firstRow[id])
    case 'packetsAB':
      return conversations.packetsAB[id] + conversations.packetsBA[id]
    case 'bytesAB':
      return conversations.bytesAB[id] + conversations.bytesBA[id]
    case 'outOfOrder':
      return isTcp ? tcp.labelCount(id, 'out_of_order') : 0
    case 'zeroWindows':
      return isTcp ? tcp.labelCount(id, 'zero_window') : 0
    case 'resets':
      return resetCount(sources, id)
    case 'initialRttNs':
      return (isTcp && tcp.initialRtt(id)) || NaN
    case 'id':
      return id
    case 'addressA':
    case 'addressB':
    case 'retransmissions':
    case 'rttP99Ns':
      return NaN
  }
}

/** Sorts as a person would: addresses by value, then the port. */
function addressKey(conversations: ConversationTable, id: number, b: boolean): string {
  const address = b ? conversations.addressB[id] : conversations.addressA[id]
  const bytes =
    conversations.network[id] === NETWORK.ipv4
      ? [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff]
      : [...conversations.addresses.bytes(address)]
  const port = b ? conversations.portB[id] : conversations.portA[id]
  return String.fromCharCode(conversations.network[id], ...bytes, port)
}

function networkName(network: number): string {
  if (network === NETWORK.ipv4) return 'IPv4'
  return network === NETWORK.ipv6 ? 'IPv6' : 'Ethernet'
}
