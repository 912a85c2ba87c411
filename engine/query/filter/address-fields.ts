import type { ConversationTable } from '../../columns/conversation-table.ts'
import { FLAG, NO_CONVERSATION } from '../../columns/packet-table.ts'
import { NETWORK, TRANSPORT } from '../../decode/packet.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { type ColumnReader, PRESENCE } from './filter-field.ts'

/*
 * Addresses and ports are columns of the row's conversation, which knows the innermost packet only. So a row's value is final only if
 * its stack has the layer once. Where the layer is there but could not be read, or the innermost packet is of another kind, the
 * bytes must tell.
 */

/** What a conversation has of its two ends, for those of one kind. */
interface Ends {
  readonly kinds: ArrayLike<number>
  readonly a: ArrayLike<number>
  readonly b: ArrayLike<number>
}

/** Of the innermost packet's sender (or receiver), for rows with the layer, from conversations of the kind. */
function endReader(
  layer: number,
  kind: number,
  ofReceiver: boolean,
  ends: (conversations: ConversationTable) => Ends,
): ColumnReader {
  const flip = ofReceiver ? FLAG.reverse : 0
  return {
    ofConversation: true,
    read({ chunk, from, to }, values, presence, { tables: { conversations }, layers }) {
      const { kinds, a, b } = ends(conversations)
      const counts = layers.counts(layer)
      const { conversation, flags, stack } = chunk
      for (let i = from; i < to; i++) {
        const count = counts[stack[i]]
        if (count === 0) {
          presence[i] = PRESENCE.absent
          continue
        }
        const id = conversation[i]
        // Pieces of a fragmented datagram belong to a conversation without ports, also the one that holds them.
        if (id === NO_CONVERSATION || kinds[id] !== kind) {
          presence[i] = PRESENCE.unknown
          continue
        }
        values[i] = ((flags[i] ^ flip) & FLAG.reverse) === 0 ? a[id] : b[id]
        presence[i] = count === 1 ? PRESENCE.present : PRESENCE.partial
      }
    },
  }
}

/** IPv4: the address; IPv6: its number in the table. */
const addressReader = (layer: number, network: number, ofReceiver: boolean): ColumnReader => ({
  ...endReader(layer, network, ofReceiver, ({ network: kinds, addressA: a, addressB: b }) => ({ kinds, a, b })),
  ...(network === NETWORK.ipv6 && { entry: (id, { tables }) => tables.conversations.addresses.bytes(id) }),
})

const portReader = (layer: number, transport: number, ofReceiver: boolean): ColumnReader =>
  endReader(layer, transport, ofReceiver, ({ transport: kinds, portA: a, portB: b }) => ({ kinds, a, b }))

/** tcp.stream, udp.stream: of the innermost packet. */
export function streamReader(transport: number): ColumnReader {
  return {
    ofConversation: true,
    read({ chunk, from, to }, values, presence, { tables: { conversations } }) {
      const { stream, transport: transports } = conversations
      for (let i = from; i < to; i++) {
        const id = chunk.conversation[i]
        const has = id !== NO_CONVERSATION && transports[id] === transport
        presence[i] = has ? PRESENCE.present : PRESENCE.absent
        if (has) values[i] = stream[id]
      }
    },
  }
}

function pair(name: string, source: string, destination: string, reader: (ofReceiver: boolean) => ColumnReader) {
  const [sender, receiver] = [reader(false), reader(true)]
  const layer = name.slice(0, name.indexOf('.'))
  return [
    [`${layer}.${source}`, [sender]],
    [`${layer}.${destination}`, [receiver]],
    [name, [sender, receiver]],
  ] as const
}

/** Readers for fields that decoding knows too. */
export const ADDRESS_COLUMNS: ReadonlyMap<string, readonly ColumnReader[]> = new Map<string, readonly ColumnReader[]>([
  ...pair('ip.addr', 'src', 'dst', (receiver) => addressReader(PROTOCOL.ip, NETWORK.ipv4, receiver)),
  ...pair('ipv6.addr', 'src', 'dst', (receiver) => addressReader(PROTOCOL.ipv6, NETWORK.ipv6, receiver)),
  ...pair('tcp.port', 'srcport', 'dstport', (receiver) => portReader(PROTOCOL.tcp, TRANSPORT.tcp, receiver)),
  ...pair('udp.port', 'srcport', 'dstport', (receiver) => portReader(PROTOCOL.udp, TRANSPORT.udp, receiver)),
  ...pair('sctp.port', 'srcport', 'dstport', (receiver) => portReader(PROTOCOL.sctp, TRANSPORT.sctp, receiver)),
])
