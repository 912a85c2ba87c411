import type { SortKey } from '../answers.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION } from '../columns/packet-table.ts'
import { protocolColumn } from '../decode/info.ts'
import { NETWORK, Packet } from '../decode/packet.ts'
import { PROTOCOL } from '../decode/protocols.ts'
import { addressKey, addressRanks } from './conversation-names.ts'
import type { CaptureTables } from './capture-tables.ts'
import { infoTexts, protocolTexts } from './packet-rows.ts'
import type { ReadBytes } from './frame-bytes.ts'
import { between, type Work } from './work.ts'

/** Sorting by what is in the bytes means to read them all, and to hold their texts. */
const MOST_BY_INFO = 200_000

/** Rows handled between two pauses. */
const SLICE = 1 << 19
const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS

/**
 * The rows (all without) in the order of a column, equal ones in file order. Sorting by distribution over integer keys: 5 million rows
 * take less than a second. Throws Cancelled, what `read` throws, and RangeError for more than MOST_BY_INFO rows by `info`.
 */
export async function sortRows(
  tables: CaptureTables,
  rows: Uint32Array | undefined,
  key: SortKey,
  descending: boolean,
  read: ReadBytes,
  work: Work = {},
): Promise<Uint32Array> {
  const order = rows?.slice() ?? Uint32Array.from({ length: tables.packets.rows }, (_, i) => i)
  if (key === 'frame') return descending ? order.reverse() : order
  if (key === 'info') return sortByInfo(tables, order, descending, read, work)
  // What is inside TCP and UDP is in the bytes; of very many packets these two are told apart only.
  if (key === 'protocol' && order.length <= MOST_BY_INFO) {
    return sortByText(order, await protocolTexts(tables, order, read, work), descending)
  }
  const keys = new Float64Array(order.length)
  const keyOf = keyReader(tables, key)
  let least = Infinity
  let most = -Infinity
  let ascends = true
  for (let i = 0; i < order.length; i++) {
    if (i % SLICE === 0) await between(work)
    const value = keyOf(order[i])
    if (value < most) ascends = false
    else most = value
    if (value < least) least = value
    keys[i] = value
  }
  if (ascends && (!descending || most === least)) return order
  // Descending is ascending by the distance from the greatest: equal rows keep their order.
  if (descending) for (let i = 0; i < keys.length; i++) keys[i] = most - keys[i]
  else for (let i = 0; i < keys.length; i++) keys[i] -= least
  return distributed(order, keys, most - least, work)
}

/** A whole number by which the column sorts. */
function keyReader(tables: CaptureTables, key: Exclude<SortKey, 'frame' | 'info'>): (row: number) => number {
  const { packets } = tables
  switch (key) {
    case 'time':
      return (row) => packets.time(row)
    case 'length':
      return (row) => packets.chunk(row).length[row % CHUNK_ROWS]
    case 'protocol': {
      const ranks = protocolRanks(tables)
      return (row) => {
        const chunk = packets.chunk(row)
        const i = row % CHUNK_ROWS
        return ranks[chunk.stack[i] * 2 + ((chunk.flags[i] & FLAG.fragment) === 0 ? 0 : 1)]
      }
    }
    default: {
      const ranks = addressColumn(tables)
      const flip = key === 'destination' ? FLAG.reverse : 0
      return (row) => {
        const chunk = packets.chunk(row)
        const i = row % CHUNK_ROWS
        const id = chunk.conversation[i]
        if (id === NO_CONVERSATION) return 0
        return ranks[id * 2 + (((chunk.flags[i] ^ flip) & FLAG.reverse) === 0 ? 0 : 1)]
      }
    }
  }
}

/** By stack * 2, + 1 for fragments: the place in the alphabet of what the Protocol column says. */
function protocolRanks({ stacks }: CaptureTables): Float64Array {
  const names: string[] = []
  for (let stack = 0; stack < stacks.count; stack++) {
    const layers = stacks.layers(stack)
    const packet = new Packet()
    packet.network = layers.includes(PROTOCOL.ip) ? NETWORK.ipv4 : NETWORK.ipv6
    packet.layers.set(layers)
    packet.layerCount = layers.length
    // Behind an ICMP header come the headers of the packet that it quotes.
    const icmp = layers.findLastIndex((layer) => layer === PROTOCOL.icmp || layer === PROTOCOL.icmpv6)
    packet.quoted = icmp >= 0 && icmp < layers.length - 1
    for (const fragment of [false, true]) {
      packet.fragment = fragment
      names.push(protocolColumn(packet).toLowerCase())
    }
  }
  const sorted = Array.from(new Set(names)).sort()
  const ranks = new Map(sorted.map((name, rank) => [name, rank]))
  return Float64Array.from(names, (name) => ranks.get(name) ?? 0)
}

/** By conversation * 2, + 1 for its end B: the address's place among all; from 1. */
function addressColumn({ conversations }: CaptureTables): Float64Array {
  const rank = addressRanks(conversations)
  const ranks = new Float64Array(conversations.count * 2)
  for (let id = 0; id < conversations.count; id++) {
    ranks[id * 2] = rank.get(addressKey(conversations, id, false)) ?? 0
    ranks[id * 2 + 1] = rank.get(addressKey(conversations, id, true)) ?? 0
  }
  return ranks
}

/** Least significant digit first; each pass keeps the order of the one before. */
async function distributed(order: Uint32Array, keys: Float64Array, most: number, work: Work): Promise<Uint32Array> {
  let from: { order: Uint32Array; keys: Float64Array } = { order, keys }
  let to: typeof from = { order: new Uint32Array(order.length), keys: new Float64Array(order.length) }
  for (let weight = 1; weight <= most; weight *= DIGITS) {
    const starts = new Uint32Array(DIGITS + 1)
    const digits = new Uint16Array(order.length)
    for (let i = 0; i < digits.length; i++) {
      if (i % SLICE === 0) await between(work)
      const digit = Math.floor(from.keys[i] / weight) % DIGITS
      digits[i] = digit
      starts[digit + 1]++
    }
    for (let digit = 0; digit < DIGITS; digit++) starts[digit + 1] += starts[digit]
    for (let i = 0; i < digits.length; i++) {
      if (i % SLICE === 0) await between(work)
      const place = starts[digits[i]]++
      to.order[place] = from.order[i]
      to.keys[place] = from.keys[i]
    }
    const done = to
    to = from
    from = done
  }
  return from.order
}

async function sortByInfo(
  tables: CaptureTables,
  order: Uint32Array,
  descending: boolean,
  read: ReadBytes,
  work: Work,
): Promise<Uint32Array> {
  if (order.length > MOST_BY_INFO) {
    const most = MOST_BY_INFO.toLocaleString('en')
    throw new RangeError(`More than ${most} packets can not be sorted by their Info. Filter first.`)
  }
  return sortByText(order, await infoTexts(tables, order, read, work), descending)
}

function sortByText(order: Uint32Array, texts: readonly string[], descending: boolean): Uint32Array {
  const sign = descending ? -1 : 1
  const places = Uint32Array.from(order, (_, i) => i)
  places.sort((a, b) => (texts[a] === texts[b] ? a - b : (texts[a] < texts[b] ? -1 : 1) * sign))
  return places.map((place) => order[place])
}
