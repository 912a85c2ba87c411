import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import { u16At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

const DATA = 2
const NO_DATA = 0x4
const QOS = 0x8
const TO_DS = 0x01
const FROM_DS = 0x02
const PROTECTED = 0x40
const ORDER = 0x80
const AGGREGATE = 0x80

/**
 * IEEE 802.11. Only unencrypted data frames are looked into; of the others the header is listed.
 *
 *      0               2          4           10          16          22          24
 *     +---------------+----------+-----------+-----------+-----------+----------+-------------+-------+-----------
 *     | frame control | duration | address 1 | address 2 | address 3 | sequence | [address 4] | [QoS] | [HT control]
 *     +---------------+----------+-----------+-----------+-----------+----------+-------------+-------+-----------
 *
 *     frame control, first byte: subtype (4) type (2) version (2); second byte: order, protected, ..., from DS, to DS
 */
export function decodeIeee80211(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.wlan, at) || !packet.has(at, 10)) return 0
  const type = (u8At(at) >> 2) & 3
  const subtype = u8At(at) >> 4
  const flags = u8At(at + 1)
  if (type !== DATA) return packet.fail(DECODE_ERROR.notDecoded, at)
  if (!packet.has(at, 24)) return 0
  const sourceAt = at + (flags & FROM_DS ? (flags & TO_DS ? 24 : 16) : 10)
  packet.beginFrame(sourceAt, at + (flags & TO_DS ? 16 : 4))
  let length = 24
  if ((flags & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS)) length += 6
  if (subtype & QOS) length += flags & ORDER ? 6 : 2
  if (!packet.has(at, length)) {
    packet.sourceAt = at + 10
    return 0
  }
  if (subtype & NO_DATA) return 0
  packet.at = at + length
  if (flags & PROTECTED) return PROTOCOL.data
  // Several frames in one: each would need a row of its own.
  if (subtype & QOS && u8At(at + length - (flags & ORDER ? 6 : 2)) & AGGREGATE) {
    return packet.fail(DECODE_ERROR.notDecoded, at + length)
  }
  return PROTOCOL.llc
}

const FLAGS_PRESENT = 0x02
const TSFT_PRESENT = 0x01
const MORE_PRESENT = 0x80
const HAS_FCS = 0x10
const HAS_PADDING = 0x20

/**
 * Radiotap: how the radio received the frame. All little-endian; of its fields only the flags matter here: FCS at the end.
 *
 *      0         1     2        4                  8
 *     +---------+-----+--------+------------------+---------
 *     | version | pad | length | present (more...)| fields
 *     +---------+-----+--------+------------------+---------
 */
export function decodeRadiotap(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.radiotap, at) || !packet.has(at, 8)) return 0
  const length: i32 = load<u16>(at + 2)
  if (length < 8) return packet.fail(DECODE_ERROR.malformed, at + 2)
  if (!packet.has(at, length)) return 0
  const present = u8At(at + 4)
  if (present & FLAGS_PRESENT) {
    let field = at + 8
    while (u8At(field - 1) & MORE_PRESENT && field + 4 <= at + length) field += 4
    // The time is aligned to its size, counted from the header's start.
    if (present & TSFT_PRESENT) field = at + ((field - at + 7) & ~7) + 8
    if (field < at + length && u8At(field) & HAS_FCS && packet.limit - 4 >= at + length) packet.limit -= 4
    if (field < at + length && u8At(field) & HAS_PADDING) {
      if (radio(at + length)) packet.layer(PROTOCOL.wlan, at + length)
      return packet.fail(DECODE_ERROR.notDecoded, at)
    }
  }
  return radio(at + length)
}

/** PPI: version, flags, length (2, little-endian), link type (4, little-endian), fields. */
export function decodePpi(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.ppi, at) || !packet.has(at, 8)) return 0
  const length: i32 = load<u16>(at + 2)
  if (length < 8) return packet.fail(DECODE_ERROR.malformed, at + 2)
  if (!packet.has(at, length)) return 0
  return radio(at + length)
}

/** Prism and AVS headers: message code (4), length of the whole header (4); AVS is big-endian and starts with 80 21 10 0x. */
export function decodePrism(): i32 {
  const at = packet.at
  if (!packet.layer(PROTOCOL.prism, at) || !packet.has(at, 8)) return 0
  const avs = u8At(at) === 0x80 && u8At(at + 1) === 0x21
  const length = avs ? u16At(at + 6) : u8At(at) | u8At(at + 4) ? u8At(at + 4) | (u8At(at + 5) << 8) : u16At(at + 6)
  if (length < 8) return packet.fail(DECODE_ERROR.malformed, at + 4)
  if (!packet.has(at, length)) return 0
  return radio(at + length)
}

function radio(at: i32): i32 {
  packet.at = at
  return packet.layer(PROTOCOL.wlan_radio, at) ? PROTOCOL.wlan : 0
}
