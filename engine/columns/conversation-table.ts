import { NETWORK, type Packet } from '../decode/packet.ts'
import { AddressTable } from './address-table.ts'
import { ipv4Text, ipv6Text, macText } from './address-text.ts'

const RECORD_WORDS = 8
const ADDRESS_A = 0
const ADDRESS_B = 1
const PORTS = 2
/** Transport and network. */
const KIND = 3
const FIRST_ROW = 4
const LAST_ROW = 5
const PACKETS = 6

/**
 * Conversations: the packets between two endpoints, both ways. A is the endpoint that sent the first packet seen.
 * The key is the innermost address pair and port pair, as Wireshark's streams; interface, VLAN and VNI are not part of it.
 * Struct of arrays, grown by doubling; the conversation's number is its index.
 */
export class ConversationTable {
  readonly addresses = new AddressTable()
  #count = 0
  #streams = new Map<number, number>()

  /** NETWORK value: how `addressA` and `addressB` are to be read. */
  network = new Uint8Array(64)
  /** TRANSPORT value; 0 = the addresses alone (ARP, ICMP, fragments, ...). */
  transport = new Uint8Array(64)
  /** IPv4 address, or index into `addresses` for IPv6 and MAC. */
  addressA = new Uint32Array(64)
  addressB = new Uint32Array(64)
  portA = new Uint16Array(64)
  portB = new Uint16Array(64)
  /** Number among the conversations of its transport, from 0: tcp.stream, udp.stream. */
  stream = new Uint32Array(64)

  /** What each packet needs of its conversation, together so that it is one cache line, as records of RECORD_WORDS. */
  #records = new Int32Array(RECORD_WORDS * 64)
  // Open addressing: index + 1 of the newest conversation with the key; older ones with the same key are no longer found.
  #slots = new Uint32Array(256)
  #used = 0

  get count(): number {
    return this.#count
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
    return this.#streams.get(transport) ?? 0
  }

  /**
   * The conversation `packet` belongs to (created at need) times two, plus 1 if the packet travels from B to A.
   * Fragments and packets whose ports could not be read are joined by address only.
   */
  find(packet: Packet): number {
    const { network, transport, sourcePort, destinationPort } = packet
    let source: number
    let destination: number
    if (network === NETWORK.ipv4) {
      source = packet.source
      destination = packet.destination
    } else {
      const length = network === NETWORK.ipv6 ? 16 : 6
      source = this.addresses.intern(packet.bytes, packet.sourceAt, length)
      destination = this.addresses.intern(packet.bytes, packet.destinationAt, length)
    }
    const from = transport !== 0 ? sourcePort : 0
    const to = transport !== 0 ? destinationPort : 0
    const ports = (from << 16) | to
    const portsBack = (to << 16) | from
    const kind = (transport << 8) | network
    const slots = this.#slots
    const records = this.#records
    const mask = slots.length - 1
    let slot = hash(source, destination, from, to, transport) & mask
    for (;;) {
      const entry = slots[slot]
      if (entry === 0) break
      const record = (entry - 1) * RECORD_WORDS
      if (records[record + KIND] === kind) {
        const a = records[record + ADDRESS_A]
        const b = records[record + ADDRESS_B]
        if (a === source && b === destination && records[record + PORTS] === ports) return (entry - 1) * 2
        if (a === destination && b === source && records[record + PORTS] === portsBack) return (entry - 1) * 2 + 1
      }
      slot = (slot + 1) & mask
    }
    const id = this.#append(network, transport, source, destination, from, to)
    this.#slots[slot] = id + 1
    if (++this.#used * 2 > this.#slots.length) this.#rehash()
    return id * 2
  }

  /** A new conversation with the endpoints of `id` as `packet` sees them (its sender is A); later packets of the key belong to it. */
  replace(id: number, reverse: boolean): number {
    const fresh = reverse
      ? this.#append(
          this.network[id],
          this.transport[id],
          this.addressB[id],
          this.addressA[id],
          this.portB[id],
          this.portA[id],
        )
      : this.#append(
          this.network[id],
          this.transport[id],
          this.addressA[id],
          this.addressB[id],
          this.portA[id],
          this.portB[id],
        )
    const mask = this.#slots.length - 1
    let slot = hash(this.addressA[id], this.addressB[id], this.portA[id], this.portB[id], this.transport[id]) & mask
    while (this.#slots[slot] !== id + 1) slot = (slot + 1) & mask
    this.#slots[slot] = fresh + 1
    return fresh
  }

  /** The conversation has another packet, at `row`. */
  tally(id: number, row: number): void {
    const records = this.#records
    const record = id * RECORD_WORDS
    if (records[record + PACKETS]++ === 0) records[record + FIRST_ROW] = row
    records[record + LAST_ROW] = row
  }

  packets(id: number): number {
    return this.#records[id * RECORD_WORDS + PACKETS]
  }

  firstRow(id: number): number {
    return this.#records[id * RECORD_WORDS + FIRST_ROW]
  }

  lastRow(id: number): number {
    return this.#records[id * RECORD_WORDS + LAST_ROW]
  }

  #append(network: number, transport: number, a: number, b: number, portA: number, portB: number): number {
    const id = this.#count
    // May throw for want of memory: there is no such conversation then.
    if (id === this.network.length) this.#grow()
    this.#count++
    this.network[id] = network
    this.transport[id] = transport
    this.addressA[id] = a
    this.addressB[id] = b
    this.portA[id] = portA
    this.portB[id] = portB
    const record = id * RECORD_WORDS
    this.#records[record + ADDRESS_A] = a
    this.#records[record + ADDRESS_B] = b
    this.#records[record + PORTS] = (portA << 16) | portB
    this.#records[record + KIND] = (transport << 8) | network
    const stream = this.#streams.get(transport) ?? 0
    this.stream[id] = stream
    this.#streams.set(transport, stream + 1)
    return id
  }

  #grow(): void {
    this.#records = outgrown(this.#records)
    this.network = grown(this.network)
    this.transport = grown(this.transport)
    this.addressA = grown(this.addressA)
    this.addressB = grown(this.addressB)
    this.portA = grown(this.portA)
    this.portB = grown(this.portB)
    this.stream = grown(this.stream)
  }

  #rehash(): void {
    const old = this.#slots
    const slots = new Uint32Array(old.length * 2)
    const mask = slots.length - 1
    for (const entry of old) {
      if (entry === 0) continue
      const id = entry - 1
      let slot = hash(this.addressA[id], this.addressB[id], this.portA[id], this.portB[id], this.transport[id]) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry
    }
    this.#slots = slots
    old.buffer.transfer(0)
  }
}

/** The same for both directions. */
function hash(a: number, b: number, portA: number, portB: number, transport: number): number {
  const x = Math.imul(a, 0x9e3779b1) ^ Math.imul(portA, 0x85ebca6b)
  const y = Math.imul(b, 0x9e3779b1) ^ Math.imul(portB, 0x85ebca6b)
  let h = (x + y) ^ Math.imul(x ^ y, 0xc2b2ae35) ^ transport
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 13)
}

/** The same values in an array twice as long. */
export function grown(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
export function grown(array: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer>
export function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer>
export function grown(array: Int8Array<ArrayBuffer>): Int8Array<ArrayBuffer>
export function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer>
export function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer>
export function grown(array: Column): Column {
  const next = empty(array, array.length * 2)
  next.set(array)
  return next
}

/**
 * As `grown`, but the memory of the old array is given back now, and not when garbage is collected, which the next growth may not wait for.
 * The old array has no elements any more: only for what nobody else holds.
 */
export function outgrown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const next = grown(array)
  array.buffer.transfer(0)
  return next
}

type Column = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int32Array | Float64Array

function empty(like: Column, length: number): Column {
  if (like instanceof Uint8Array) return new Uint8Array(length)
  if (like instanceof Uint16Array) return new Uint16Array(length)
  if (like instanceof Uint32Array) return new Uint32Array(length)
  if (like instanceof Int8Array) return new Int8Array(length)
  if (like instanceof Int32Array) return new Int32Array(length)
  return new Float64Array(length)
}
