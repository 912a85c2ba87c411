import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/** In the first byte of the GRE header. */
const SEQUENCE_PRESENT = 0x10
const TYPE_II_LENGTH = 8
const TYPE_III_LENGTH = 12
const SUBHEADER_LENGTH = 8

/**
 * A switch's mirror port over GRE. The first nibble is the version: 1 is type II, 2 is type III. Type I has no header at all, which
 * shows only in that the GRE header has no sequence number; GRE types: 88be is I and II, 22eb is III.
 *
 *      0        4                16    19   21  22                  32
 *     +--------+----------------+-----+----+---+-------------------+
 *   0 | version| VLAN           | COS | en | T | session id        |
 *     +--------+----------------+-----+----+---+-------------------+
 *   4 | type II: reserved (12), port index (20); type III: timestamp  |
 *     +--------------------+---+-----------+-------------+---+---+---+
 *   8 | type III: group tag| P | frame type| hardware id | D |gra| O |   O: a subheader of 8 bytes follows
 *     +--------------------+---+-----------+-------------+---+---+---+
 */
export function decodeErspan(): i32 {
  const at = packet.at
  const greAt = packet.layerAt[packet.layerCount - 1]
  if (!packet.layer(PROTOCOL.erspan, at)) return 0
  const typeIII = u8At(greAt + 2) === 0x22
  if (!typeIII && !(u8At(greAt) & SEQUENCE_PRESENT)) return PROTOCOL.eth
  if (!packet.has(at, TYPE_II_LENGTH)) return 0
  const version = u8At(at) >> 4
  if (version === 1) {
    packet.at = at + TYPE_II_LENGTH
    return PROTOCOL.eth
  }
  if (version !== 2) return packet.fail(DECODE_ERROR.malformed, at)
  if (!packet.has(at, TYPE_III_LENGTH)) return 0
  packet.at = at + TYPE_III_LENGTH + (u8At(at + 11) & 1 ? SUBHEADER_LENGTH : 0)
  const frameType = (u8At(at + 10) >> 2) & 0x1f
  return frameType === 0 ? PROTOCOL.eth : frameType === 2 ? PROTOCOL.ip : PROTOCOL.data
}
