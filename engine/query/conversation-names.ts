import { ipv4Text, ipv6Text, macText } from '../columns/address-text.ts'
import type { ConversationTable } from '../columns/conversation-table.ts'
import { NETWORK, TRANSPORT } from '../decode/packet.ts'

const TRANSPORT_NAMES: Readonly<Record<number, string>> = {
  [TRANSPORT.tcp]: 'TCP',
  [TRANSPORT.udp]: 'UDP',
  [TRANSPORT.sctp]: 'SCTP',
  [TRANSPORT.icmp]: 'ICMP',
  [TRANSPORT.icmpv6]: 'ICMPv6',
}

/** "TCP"; of conversations of addresses alone the network: "IPv4". */
export function transportName({ transport, network }: ConversationTable, id: number): string {
  const name = TRANSPORT_NAMES[transport[id]]
  if (name !== undefined) return name
  return network[id] === NETWORK.ipv4 ? 'IPv4' : network[id] === NETWORK.ipv6 ? 'IPv6' : 'Ethernet'
}

export function hasPorts({ transport }: ConversationTable, id: number): boolean {
  return transport[id] === TRANSPORT.tcp || transport[id] === TRANSPORT.udp || transport[id] === TRANSPORT.sctp
}

/** One number for each address that conversations have: its kind and value, or its place in the table of addresses. */
export function addressKey({ network, addressA, addressB }: ConversationTable, id: number, b: boolean): number {
  return network[id] * 2 ** 32 + (b ? addressB[id] : addressA[id])
}

export function addressKeyText({ addresses }: ConversationTable, key: number): string {
  const address = key % 2 ** 32
  if (Math.floor(key / 2 ** 32) === NETWORK.ipv4) return ipv4Text(address)
  const bytes = addresses.bytes(address)
  return bytes.length === 16 ? ipv6Text(bytes) : macText(bytes)
}

/** For each address its place among all: by value, IPv4 before IPv6 before hardware addresses; from 1. By `addressKey`. */
export function addressRanks(conversations: ConversationTable): ReadonlyMap<number, number> {
  const distinct = new Set<number>()
  for (let id = 0; id < conversations.count; id++) {
    distinct.add(addressKey(conversations, id, false)).add(addressKey(conversations, id, true))
  }
  const sorted = Array.from(distinct, (key) => {
    const address = key % 2 ** 32
    if (Math.floor(key / 2 ** 32) === NETWORK.ipv4) {
      return { key, order: String.fromCharCode(4, address >>> 16, address & 0xffff) }
    }
    const bytes = conversations.addresses.bytes(address)
    return { key, order: String.fromCharCode(bytes.length === 16 ? 6 : 7, ...bytes) }
  }).sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
  return new Map(sorted.map(({ key }, i) => [key, i + 1]))
}

/** By conversation: a number by which end A (or B) sorts, the address first, then the port. */
export function addressOrder(conversations: ConversationTable, b: boolean): Float64Array {
  const ranks = addressRanks(conversations)
  const ports = b ? conversations.portB : conversations.portA
  return Float64Array.from({ length: conversations.count }, (_, id) => {
    return (ranks.get(addressKey(conversations, id, b)) ?? 0) * 2 ** 16 + ports[id]
  })
}

/** Finds conversations by words that all must occur in "tcp 10.0.0.1:43210 10.0.0.2:443", upper and lower case alike. */
export class ConversationSearch {
  readonly #conversations: ConversationTable
  readonly #words: readonly string[]
  /** Texts of addresses, of which there are far fewer than conversations. */
  readonly #texts = new Map<number, string>()

  constructor(conversations: ConversationTable, text: string) {
    this.#conversations = conversations
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean)
  }

  finds(id: number): boolean {
    const text = `${transportName(this.#conversations, id).toLowerCase()} ${this.#end(id, false)} ${this.#end(id, true)}`
    return this.#words.every((word) => text.includes(word))
  }

  #end(id: number, b: boolean): string {
    const key = addressKey(this.#conversations, id, b)
    let text = this.#texts.get(key)
    if (text === undefined) this.#texts.set(key, (text = addressKeyText(this.#conversations, key)))
    if (!hasPorts(this.#conversations, id)) return text
    const port = b ? this.#conversations.portB[id] : this.#conversations.portA[id]
    // An IPv6 address may be written with brackets, and without.
    return text.includes(':') ? `[${text}]:${port} ${text}` : `${text}:${port}`
  }
}
