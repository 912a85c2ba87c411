import type { AddressPair } from '../answers.ts'
import { clientIsB } from '../application/turn-taking.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { ROUND_TRIP } from '../tcp/round-trips.ts'
import { groupedRoundTrips, halfOf } from './grouped-round-trips.ts'
import type { LaneSources } from './lane-index.ts'

/**
 * Round trips that `rows` (all packets without) ended, by the addresses of client and server; the slowest first, by the greater p99 of the
 * two halves of the path. Pairs without any are left out.
 */
export function addressPairs(
  sources: LaneSources & { readonly conversations: ConversationTable },
  rows?: Uint32Array,
): AddressPair[] {
  const { conversations } = sources
  const { addressA, addressB, network, transport, count } = conversations
  const pairs: { readonly client: string; readonly server: string; conversations: number }[] = []
  const known = new Map<string, number>()
  const pairOf = new Int32Array(count).fill(-1)
  for (let id = 0; id < count; id++) {
    if (transport[id] !== TRANSPORT.tcp) continue
    const isB = clientIsB(sources, id)
    const key = `${network[id]} ${isB ? addressB[id] : addressA[id]} ${isB ? addressA[id] : addressB[id]}`
    let pair = known.get(key)
    if (pair === undefined) {
      known.set(key, (pair = pairs.length))
      const [client, server] = [conversations.addressText(id, isB), conversations.addressText(id, !isB)]
      pairs.push({ client, server, conversations: 0 })
    }
    pairs[pair].conversations++
    pairOf[id] = pair
  }
  const grouped = groupedRoundTrips(sources, rows, pairs.length * 2, ({ conversation, roundTrip }, i) => {
    const pair = pairOf[conversation[i]]
    return pair < 0 ? -1 : pair * 2 + ((roundTrip[i] & ROUND_TRIP.client) === 0 ? 1 : 0)
  })
  const slowest = ({ toClient, toServer }: AddressPair) => Math.max(toClient?.p99Ns ?? 0, toServer?.p99Ns ?? 0)
  return pairs
    .map((pair, number) => {
      const [toClient, toServer] = [halfOf(grouped, number * 2), halfOf(grouped, number * 2 + 1)]
      return { ...pair, ...(toClient && { toClient }), ...(toServer && { toServer }) }
    })
    .filter(({ toClient, toServer }) => toClient !== undefined || toServer !== undefined)
    .sort((a, b) => slowest(b) - slowest(a))
}
