import { NETWORK } from '../../decode/packet-codes.ts'
import { COUNT, TABLE } from '../../kernel-tables.ts'
import { CONVERSATION } from '../../columns/conversation-records.ts'
import { doubleTable, giveBack, I32s, newTable, tableBytes, U16s, U8s } from '../memory.ts'
import { packet } from '../packet.ts'
import { intern } from './addresses.ts'
import { counts } from './counts.ts'

// Conversations: what ConversationTable shows outside. Columns, grown by doubling; the conversation's number is its index.

const FIRST_CAPACITY: i32 = 64

let capacity: i32 = FIRST_CAPACITY
let network = changetype<U8s>(newTable(TABLE.network, FIRST_CAPACITY))
let transport = changetype<U8s>(newTable(TABLE.transport, FIRST_CAPACITY))
let addressA = changetype<I32s>(newTable(TABLE.addressA, FIRST_CAPACITY * 4))
let addressB = changetype<I32s>(newTable(TABLE.addressB, FIRST_CAPACITY * 4))
let portA = changetype<U16s>(newTable(TABLE.portA, FIRST_CAPACITY * 2))
let portB = changetype<U16s>(newTable(TABLE.portB, FIRST_CAPACITY * 2))
let stream = changetype<I32s>(newTable(TABLE.stream, FIRST_CAPACITY * 4))
/** How many there are of each transport. */
const streams = changetype<I32s>(newTable(TABLE.streams, 256 * 4))
/** What each packet needs of its conversation, together so that it is one cache line; see CONVERSATION. */
let records: usize = newTable(TABLE.conversationRecords, CONVERSATION.words * FIRST_CAPACITY * 4)
// Open addressing, two words a slot: the key's hash, which spares a look at nearly all records that are not the one; and index + 1 of the newest
// conversation with the key: older ones with the same key are no longer found.
const HASH: i32 = 0
const ENTRY: i32 = 1
const SLOT_SHIFT: usize = 3
let slots: usize = newTable(TABLE.conversationSlots, 256 << (<i32>SLOT_SHIFT))
let mask: i32 = 255
let used: i32 = 0

/**
 * The conversation that the packet belongs to (created at need) times two, plus 1 if the packet travels from B to A.
 * Fragments and packets whose ports could not be read are joined by address only.
 */
export function find(): i32 {
  let source: i32
  let destination: i32
  if (packet.network === NETWORK.ipv4) {
    source = packet.source
    destination = packet.destination
  } else {
    const length = packet.network === NETWORK.ipv6 ? 16 : 6
    source = intern(packet.sourceAt, length)
    destination = intern(packet.destinationAt, length)
  }
  const from = packet.transport !== 0 ? packet.sourcePort : 0
  const to = packet.transport !== 0 ? packet.destinationPort : 0
  const ports = (from << 16) | to
  const portsBack = (to << 16) | from
  const kind = (packet.transport << 8) | packet.network
  const key = hash(source, destination, from, to, packet.transport)
  let place = key
  let slot = slotAt(place)
  for (;;) {
    const entry = slot[ENTRY]
    if (entry === 0) break
    if (slot[HASH] === key) {
      const record = recordOf(entry - 1)
      if (record[CONVERSATION.kind] === kind) {
        const a = record[CONVERSATION.addressA]
        const b = record[CONVERSATION.addressB]
        if (a === source && b === destination && record[CONVERSATION.ports] === ports) return (entry - 1) * 2
        if (a === destination && b === source && record[CONVERSATION.ports] === portsBack) return (entry - 1) * 2 + 1
      }
    }
    slot = slotAt(++place)
  }
  const id = append(packet.network, packet.transport, source, destination, from, to)
  slot[HASH] = key
  slot[ENTRY] = id + 1
  if (++used * 2 > mask) rehash()
  return id * 2
}

/** A new conversation with the endpoints of `id` as the packet sees them (its sender is A); later packets of the key belong to it. */
export function replace(id: i32, reverse: bool): i32 {
  const fresh = reverse
    ? append(network[id], transport[id], addressB[id], addressA[id], portB[id], portA[id])
    : append(network[id], transport[id], addressA[id], addressB[id], portA[id], portB[id])
  let place = hash(addressA[id], addressB[id], portA[id], portB[id], transport[id])
  while (slotAt(place)[ENTRY] !== id + 1) place++
  slotAt(place)[ENTRY] = fresh + 1
  return fresh
}

/** The conversation has another packet, at `row`. */
export function tally(id: i32, row: i32): void {
  const record = recordOf(id)
  const packets = record[CONVERSATION.packets]
  if (packets === 0) record[CONVERSATION.firstRow] = row
  record[CONVERSATION.packets] = packets + 1
  record[CONVERSATION.lastRow] = row
}

/** The row of the conversation's last packet. */
export function lastRowOf(id: i32): i32 {
  return recordOf(id)[CONVERSATION.lastRow]
}

/** Takes back the newest as long as they have no packet: that of which they were to be never became a row. */
export function dropEmpty(): void {
  for (let id = counts[COUNT.conversations] - 1; id >= 0; id--) {
    if (recordOf(id)[CONVERSATION.packets] !== 0) return
    counts[COUNT.conversations] = id
    streams[transport[id]]--
  }
}

function append(itsNetwork: i32, itsTransport: i32, a: i32, b: i32, itsPortA: i32, itsPortB: i32): i32 {
  const id = counts[COUNT.conversations]
  if (id === capacity) grow()
  counts[COUNT.conversations] = id + 1
  network[id] = itsNetwork
  transport[id] = itsTransport
  addressA[id] = a
  addressB[id] = b
  portA[id] = itsPortA
  portB[id] = itsPortB
  const record = recordOf(id)
  record[CONVERSATION.addressA] = a
  record[CONVERSATION.addressB] = b
  record[CONVERSATION.ports] = (itsPortA << 16) | itsPortB
  record[CONVERSATION.kind] = (itsTransport << 8) | itsNetwork
  stream[id] = streams[itsTransport]++
  return id
}

function grow(): void {
  records = doubleTable(TABLE.conversationRecords)
  network = changetype<U8s>(doubleTable(TABLE.network))
  transport = changetype<U8s>(doubleTable(TABLE.transport))
  addressA = changetype<I32s>(doubleTable(TABLE.addressA))
  addressB = changetype<I32s>(doubleTable(TABLE.addressB))
  portA = changetype<U16s>(doubleTable(TABLE.portA))
  portB = changetype<U16s>(doubleTable(TABLE.portB))
  stream = changetype<I32s>(doubleTable(TABLE.stream))
  capacity *= 2
}

/** Twice as many slots. The conversations are entered in the order of the old slots, so that of a key the newest stays the one that is found. */
function rehash(): void {
  const old = slots
  const bytes = tableBytes(TABLE.conversationSlots)
  slots = newTable(TABLE.conversationSlots, bytes * 2)
  mask = mask * 2 + 1
  for (let at = old; at < old + bytes; at += 1 << SLOT_SHIFT) {
    const from = changetype<I32s>(at)
    if (from[ENTRY] === 0) continue
    let place = from[HASH]
    while (slotAt(place)[ENTRY] !== 0) place++
    slotAt(place)[HASH] = from[HASH]
    slotAt(place)[ENTRY] = from[ENTRY]
  }
  giveBack(old, bytes)
}

/** The words of the conversation, see CONVERSATION. */
function recordOf(id: i32): I32s {
  return changetype<I32s>(records + <usize>id * (CONVERSATION.words * 4))
}

/** The slot at `place`, counted round and round. */
function slotAt(place: i32): I32s {
  return changetype<I32s>(slots + ((<usize>(place & mask)) << SLOT_SHIFT))
}

/** The same for both directions. */
function hash(a: i32, b: i32, fromPort: i32, toPort: i32, itsTransport: i32): i32 {
  const x = (a * 0x9e3779b1) ^ (fromPort * 0x85ebca6b)
  const y = (b * 0x9e3779b1) ^ (toPort * 0x85ebca6b)
  let h = (x + y) ^ ((x ^ y) * 0xc2b2ae35) ^ itsTransport
  h = (h ^ (h >>> 15)) * 0x2c1b3c6d
  return h ^ (h >>> 13)
}
