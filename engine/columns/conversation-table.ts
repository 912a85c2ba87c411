import { NETWORK } from '../decode/packet-codes.ts'
import type { Kernel } from '../kernel.ts'
import { COUNT, TABLE } from '../kernel-tables.ts'
import { AddressTable } from './address-table.ts'
import { ipv4Text, ipv6Text, macText } from './address-text.ts'
import { CONVERSATION } from './conversation-records.ts'

/**
 * Conversations: the packets between two endpoints, both ways. A is the endpoint that sent the first packet seen.
 * The key is the innermost address pair and port pair, as Wireshark's streams; interface, VLAN and VNI are not part of it.
 * Columns; the conversation's number is its index. They grow: ask for them anew after more of the capture was read.
 */
export class ConversationTable {
  readonly addresses: AddressTable
  readonly #kernel: Kernel
  readonly #counts: Int32Array

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#counts = kernel.words(TABLE.counts)
    this.addresses = new AddressTable(kernel)
  }

  get count(): number {
    return this.#counts[COUNT.conversations]
  }

  /** NETWORK value: how `addressA` and `addressB` are to be read. */
  get network(): Uint8Array {
    return this.#kernel.bytes(TABLE.network)
  }
  /** TRANSPORT value; 0 = the addresses alone (ARP, ICMP, fragments, ...). */
  get transport(): Uint8Array {
    return this.#kernel.bytes(TABLE.transport)
  }
  /** IPv4 address, or index into `addresses` for IPv6 and MAC. */
  get addressA(): Uint32Array {
    return this.#kernel.unsigned(TABLE.addressA)
  }
  get addressB(): Uint32Array {
    return this.#kernel.unsigned(TABLE.addressB)
  }
  get portA(): Uint16Array {
    return this.#kernel.halves(TABLE.portA)
  }
  get portB(): Uint16Array {
    return this.#kernel.halves(TABLE.portB)
  }
  /** Number among the conversations of its transport, from 0: tcp.stream, udp.stream. */
  get stream(): Uint32Array {
    return this.#kernel.unsigned(TABLE.stream)
  }

  /** The address of end A (false) or B (true) as text. */
  addressText(id: number, b: boolean): string {
    const address = b ? this.addressB[id] : this.addressA[id]
    if (this.network[id] === NETWORK.ipv4) return ipv4Text(address)
    const bytes = this.addresses.bytes(address)
    return bytes.length === 16 ? ipv6Text(bytes) : macText(bytes)
  }

  /** How many conversations of this transport there are. */
  streams(transport: number): number {
    return this.#kernel.words(TABLE.streams)[transport]
  }

  packets(id: number): number {
    return this.#kernel.words(TABLE.conversationRecords)[id * CONVERSATION.words + CONVERSATION.packets]
  }

  firstRow(id: number): number {
    return this.#kernel.words(TABLE.conversationRecords)[id * CONVERSATION.words + CONVERSATION.firstRow]
  }

  lastRow(id: number): number {
    return this.#kernel.words(TABLE.conversationRecords)[id * CONVERSATION.words + CONVERSATION.lastRow]
  }
}
