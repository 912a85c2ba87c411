import { MAX_LAYERS } from '../../decode/packet-codes.ts'
import { TABLE } from '../../kernel-tables.ts'
import { lookUpStack } from '../calls.ts'
import { newTable } from '../memory.ts'
import { packet } from '../packet.ts'

/** A power of two. */
const RECENT: i32 = 256
// A stack met before: its key, its number, how many layers it has, its layers.
const NUMBER: usize = 4
const COUNT: usize = 6
const LAYERS: usize = 8
const RECORD: i32 = 8 + MAX_LAYERS
/** As many as Packet.stackKey holds: with more, several stacks have the same. */
const KEY_LAYERS: i32 = 4

const recent: usize = newTable(TABLE.recentStacks, RECENT * RECORD)

/** The number of the packet's stack. A capture has few, so that nearly all are found among the recent ones. */
export function intern(): i32 {
  const count = packet.layerCount
  // Those with more layers than the key holds are alike to it, and differ from all that it tells by itself.
  const key = packet.stackKey ^ (min(count, KEY_LAYERS + 1) << 28)
  const record = recent + ((key ^ (key >>> 9) ^ (key >>> 28)) & (RECENT - 1)) * RECORD
  if (
    load<i32>(record) === key &&
    (count <= KEY_LAYERS ||
      (load<u8>(record, COUNT) === count &&
        memory.compare(record + LAYERS, changetype<usize>(packet.layers), count) === 0))
  ) {
    return load<u16>(record, NUMBER)
  }
  const stack = lookUpStack()
  store<i32>(record, key)
  store<u16>(record, stack, NUMBER)
  store<u8>(record, count, COUNT)
  memory.copy(record + LAYERS, changetype<usize>(packet.layers), count)
  return stack
}
