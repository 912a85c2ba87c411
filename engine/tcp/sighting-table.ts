import type { PacketTable } from '../columns/packet-table.ts'
import type { Packet } from '../decode/packet.ts'

const SLOTS = 1 << 16
/** A network that duplicates does so within this time; an IP ID comes round again no sooner on one connection. */
const DUPLICATE_NS = 2e9
/** With neither IP ID nor timestamps a real repetition looks the same; only this close is it a copy. */
const TWIN_NS = 0.2e6

/**
 * Which packets were seen a moment ago, to tell the same packet seen twice from the same bytes sent twice: every transmission by
 * Linux has its own IP ID (and most their own timestamp), a second sighting has the first one's.
 * A fixed table: the newest packet of each slot, known by a second hash.
 */
export class SightingTable {
  readonly #packets: PacketTable
  /**
   * For each slot the mark and 1 + row, 0 = none; negative once it was seen again, when that was is in #again then. Each packet writes to a
   * place of it at random, which mostly is in no cache any more.
   */
  readonly #words = new Int32Array(SLOTS * 2)
  readonly #again = new Float64Array(SLOTS)
  /** The low byte of each slot's mark. It stays in the cache, and mostly tells that nothing else need be read. */
  readonly #hints = new Uint8Array(SLOTS)

  constructor(packets: PacketTable) {
    this.#packets = packets
  }

  /** The row at which exactly this packet was seen before, or -1; from now on it is seen. */
  see(packet: Packet, ipId: number, row: number, time: number): number {
    let a = Math.imul(packet.seq ^ Math.imul(ipId, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(packet.ack, 0xc2b2ae35)
    const timestamps = packet.hasTimestamps ? packet.tsval ^ Math.imul(packet.tsecr, 0x27d4eb2f) : 0x5bd1e995
    a ^= Math.imul((packet.sourcePort << 16) ^ packet.destinationPort, 0x165667b1)
    a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d)
    let b = a ^ Math.imul(timestamps, 0x297a2d39) ^ Math.imul(packet.payloadLength, 0x9e3779b1)
    b ^= Math.imul((packet.tcpFlags << 16) ^ packet.window, 0x85ebca6b)
    for (let i = 0; i < packet.sackBlocks * 2; i++) b = Math.imul(b ^ packet.sack[i], 0x2c1b3c6d)
    b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
    b = b ^ (b >>> 16)
    const slot = (a ^ (a >>> 16) ^ timestamps) & (SLOTS - 1)
    const words = this.#words
    const isNew = this.#hints[slot] !== (b & 0xff)
    const known = isNew ? 0 : words[slot * 2 + 1]
    if (known !== 0 && words[slot * 2] === b) {
      const before = (known > 0 ? known : -known) - 1
      const since = time - (known > 0 ? this.#packets.time(before) : this.#again[slot])
      const limit = ipId !== 0 || packet.hasTimestamps ? DUPLICATE_NS : TWIN_NS
      if (since >= -DUPLICATE_NS && since < limit) {
        words[slot * 2 + 1] = -(before + 1)
        this.#again[slot] = time
        return before
      }
    }
    if (isNew) this.#hints[slot] = b
    words[slot * 2] = b
    words[slot * 2 + 1] = row + 1
    return -1
  }
}
