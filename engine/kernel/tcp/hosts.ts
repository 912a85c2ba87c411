import { NETWORK } from '../../decode/packet-codes.ts'
import { TABLE } from '../../kernel-tables.ts'
import { I32s, newTable } from '../memory.ts'
import { packet } from '../packet.ts'

// What single hosts do not do, though most do, by what was seen of them: it tells what their packets mean.

/**
 * Tail loss probes (RFC 8985): old hosts, other systems, Linux with net.ipv4.tcp_early_retrans = 0. A lone segment is repeated by a probe and by a
 * time-out after the same wait (Linux tcp_schedule_loss_probe), so only the host's other repetitions tell which it is.
 */
export const PROBES: i32 = 0
/** DSACKs (RFC 2883): old hosts, other systems, Linux with net.ipv4.tcp_dsack = 0. */
export const DSACKS: i32 = 256

const SLOTS: i32 = 256

/** IPv4 addresses, the newest of each slot; so many slots for each thing. */
const without = changetype<I32s>(newTable(TABLE.hosts, SLOTS * 2 * 4))

/** The sender of the packet is known not to do it. Nothing is known of 0.0.0.0, which an empty slot holds. */
export function isWithout(what: i32): bool {
  const source = packet.source
  return packet.network === NETWORK.ipv4 && source !== 0 && without[what + slotOf(source)] === source
}

/** The sender of the packet does not do it. */
export function doesNot(what: i32): void {
  if (packet.network === NETWORK.ipv4) without[what + slotOf(packet.source)] = packet.source
}

/** The sender of the packet does it, whatever it seemed before. */
export function does(what: i32): void {
  if (isWithout(what)) without[what + slotOf(packet.source)] = 0
}

function slotOf(address: i32): i32 {
  return ((address * <i32>0x9e3779b1) >>> 24) & (SLOTS - 1)
}
