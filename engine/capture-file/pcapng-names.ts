import { ipv4Text, ipv6Text, macText } from '../columns/address-text.ts'
import { u16, u32 } from './bytes.ts'
import { NAME_RECORD, padded } from './pcapng-format.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * Adds the records of a name resolution block, `bytes[from, to)`, to `names`: an address and then NUL-terminated names.
 * Returns where the options start, or -1 when a record does not fit (those before it are added).
 */
export function readNames(
  bytes: Uint8Array,
  from: number,
  to: number,
  bigEndian: boolean,
  names: Map<string, Set<string>>,
): number {
  let at = from
  while (at < to) {
    if (at + 4 > to) return -1
    const type = u16(bytes, at, bigEndian)
    const length = u16(bytes, at + 2, bigEndian)
    const record = at + 4
    const end = record + length
    at = record + padded(length)
    if (at > to) return -1
    if (type === NAME_RECORD.end) break
    const addressLength =
      type === NAME_RECORD.ipv4 ? 4 : type === NAME_RECORD.ipv6 ? 16 : type === NAME_RECORD.eui48 ? 6 : 0
    if (addressLength === 0) continue
    if (length < addressLength) return -1
    const address =
      addressLength === 4
        ? ipv4Text(u32(bytes, record, true))
        : addressLength === 16
          ? ipv6Text(bytes, record)
          : macText(bytes, record)
    let known = names.get(address)
    if (!known) names.set(address, (known = new Set()))
    for (let start = record + addressLength; start < end;) {
      let stop = start
      while (stop < end && bytes[stop] !== 0) stop++
      const name = decodeUtf8(bytes, start, stop)
      if (name !== '') known.add(name)
      start = stop + 1
    }
  }
  return at
}
