import { TABLE } from '../../kernel-tables.ts'
import { I32s, newTable } from '../memory.ts'

// Hosts that send no tail loss probes (RFC 8985): old ones, other systems, Linux with net.ipv4.tcp_early_retrans = 0. A lone segment is repeated by a
// probe and by a time-out after the same wait (Linux tcp_schedule_loss_probe), so only the host's other repetitions tell which it is.

const SLOTS: i32 = 256

/** IPv4 addresses; the newest of each slot. */
const without = changetype<I32s>(newTable(TABLE.hostsWithoutProbes, SLOTS * 4))

export function isWithout(address: i32): bool {
  return address !== 0 && without[slotOf(address)] === address
}

export function probesNot(address: i32): void {
  without[slotOf(address)] = address
}

/** It does, whatever it seemed before. */
export function probes(address: i32): void {
  if (isWithout(address)) without[slotOf(address)] = 0
}

function slotOf(address: i32): i32 {
  return ((address * <i32>0x9e3779b1) >>> 24) & (SLOTS - 1)
}
