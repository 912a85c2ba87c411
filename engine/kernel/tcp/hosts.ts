import { NETWORK } from '../../decode/packet-codes.ts'
import { TABLE } from '../../kernel-tables.ts'
import { EVIDENCE, VERDICT } from '../../tcp/verdict-codes.ts'
import { I32s, newTable } from '../memory.ts'
import { packet } from '../packet.ts'
import { NONE, repetitionAt } from './repetition-table.ts'
import * as verdicts from './verdicts.ts'

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
const without = changetype<I32s>(newTable(TABLE.hosts, SLOTS * 4 * 4))

// Of each slot the host that repeated a lone segment last, and the newest such repetition, which may have been a probe or a time-out (repetition-table.ts).
const LONE_HOST: i32 = SLOTS * 2
const NEWEST_LONE: i32 = SLOTS * 3

/** The sender of the packet is known not to do it. Nothing is known of 0.0.0.0, which an empty slot holds. */
export function isWithout(what: i32): bool {
  const source = packet.source
  return packet.network === NETWORK.ipv4 && source !== 0 && without[what + slotOf(source)] === source
}

/** The sender of the packet does not do it. What was taken for a probe of it was a time-out. */
export function doesNot(what: i32): void {
  if (packet.network !== NETWORK.ipv4) return
  without[what + slotOf(packet.source)] = packet.source
  if (what !== PROBES) return
  for (let name = takeLone(); name !== NONE; name = repetitionAt(name).loneBefore) {
    verdicts.revise(repetitionAt(name).entry, VERDICT.rto, EVIDENCE.noProbes)
  }
}

/** The sender of the packet does it, whatever it seemed before. */
export function does(what: i32): void {
  if (isWithout(what)) without[what + slotOf(packet.source)] = 0
  if (what === PROBES && packet.network === NETWORK.ipv4) takeLone()
}

/** The sender of the packet repeats a lone segment, taken for a probe. */
export function noteLone(name: i32): void {
  if (packet.network !== NETWORK.ipv4) return
  repetitionAt(name).loneBefore = takeLone()
  const slot = slotOf(packet.source)
  without[LONE_HOST + slot] = packet.source
  without[NEWEST_LONE + slot] = name
}

/** The newest of the host's repetitions of lone segments, which are forgotten then. */
function takeLone(): i32 {
  const slot = slotOf(packet.source)
  if (without[LONE_HOST + slot] !== packet.source) return NONE
  const newest = without[NEWEST_LONE + slot]
  without[NEWEST_LONE + slot] = NONE
  return newest
}

function slotOf(address: i32): i32 {
  return ((address * <i32>0x9e3779b1) >>> 24) & (SLOTS - 1)
}
