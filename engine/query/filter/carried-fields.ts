import type { ExchangeTable } from '../../application/exchange-table.ts'
import { FLAG } from '../../columns/packet-table.ts'
import { type FilterField, PRESENCE } from './filter-field.ts'

/** Conversations with exchanges of a protocol: 1 at their number. */
interface Carriers {
  readonly version: number
  readonly of: Map<string, Uint8Array>
}

const known = new WeakMap<ExchangeTable, Carriers>()

/** Made anew when an exchange was added or has changed. */
function carriersOf(table: ExchangeTable, protocol: string, conversations: number): Uint8Array {
  let entry = known.get(table)
  if (entry?.version !== table.version) known.set(table, (entry = { version: table.version, of: new Map() }))
  let carriers = entry.of.get(protocol)
  if (!carriers) {
    carriers = new Uint8Array(conversations)
    const number = table.protocolNames.indexOf(protocol)
    for (let id = 0; id < table.count; id++) if (table.protocol[id] === number) carriers[table.conversation[id]] = 1
    entry.of.set(protocol, carriers)
  }
  return carriers
}

/** Segments with payload of connections that were found to speak the protocol. */
function spoken(name: string, description: string, protocol = name): FilterField {
  return {
    name,
    type: 'none',
    description,
    decoded: false,
    changes: true,
    columns: [
      {
        read({ chunk, from, to }, values, presence, { tables: { conversations, exchanges } }) {
          presence.fill(PRESENCE.absent, from, to)
          if (!exchanges) return
          const carriers = carriersOf(exchanges, protocol, conversations.count)
          const { conversation, flags, payloadLength } = chunk
          for (let i = from; i < to; i++) {
            values[i] = 1
            if ((flags[i] & FLAG.tcp) !== 0 && payloadLength[i] > 0 && carriers[conversation[i]] === 1)
              presence[i] = PRESENCE.present
          }
        },
      },
    ],
  }
}

/** Protocols of which requests and responses are known, but no field of a packet. */
export const CARRIED_FIELDS: readonly FilterField[] = [
  spoken('mysql', 'MySQL Protocol'),
  spoken('pgsql', 'PostgreSQL'),
  spoken('resp', 'REdis Serialization Protocol', 'redis'),
]
