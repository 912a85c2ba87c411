import { COUNT, TABLE } from '../../kernel-tables.ts'
import { doubleTable, I32s, newTable, tableBytes, U8s } from '../memory.ts'
import { counts } from './counts.ts'

// Interned IPv6 (16 bytes) and MAC (6 bytes) addresses: a number for each.

const ADDRESS_BYTES: i32 = 16

let bytes: usize = newTable(TABLE.addressBytes, ADDRESS_BYTES * 64)
let lengths = changetype<U8s>(newTable(TABLE.addressLengths, 64))
// Open addressing: 1 + the address's number, 0 = free.
let slots = changetype<I32s>(newTable(TABLE.addressSlots, 256 * 4))

/** The number of the address of `length` bytes at `at`, which are copied if they are new. */
export function intern(at: i32, length: i32): i32 {
  const mask = (tableBytes(TABLE.addressSlots) >> 2) - 1
  let slot = hash(at, length) & mask
  for (;;) {
    const entry = slots[slot]
    if (entry === 0) break
    if (lengths[entry - 1] === length && memory.compare(bytes + (entry - 1) * ADDRESS_BYTES, at, length) === 0) {
      return entry - 1
    }
    slot = (slot + 1) & mask
  }
  const id = counts[COUNT.addresses]
  if (id === tableBytes(TABLE.addressLengths)) {
    bytes = doubleTable(TABLE.addressBytes)
    lengths = changetype<U8s>(doubleTable(TABLE.addressLengths))
  }
  lengths[id] = length
  memory.copy(bytes + id * ADDRESS_BYTES, at, length)
  slots[slot] = id + 1
  counts[COUNT.addresses] = id + 1
  if ((id + 1) * 2 > mask) rehash()
  return id
}

function rehash(): void {
  slots = changetype<I32s>(doubleTable(TABLE.addressSlots))
  const length = tableBytes(TABLE.addressSlots)
  memory.fill(changetype<usize>(slots), 0, length)
  const mask = (length >> 2) - 1
  const count = counts[COUNT.addresses]
  for (let id = 0; id < count; id++) {
    let slot = hash(bytes + id * ADDRESS_BYTES, lengths[id]) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = id + 1
  }
}

function hash(at: i32, length: i32): i32 {
  let h = length
  for (let i = 0; i < length; i++) h = (h ^ load<u8>(at + i)) * 0x01000193
  return h ^ (h >>> 15)
}
