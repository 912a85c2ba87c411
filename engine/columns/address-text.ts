/** 10.244.1.7 */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`
}

/** RFC 5952: lower case, the longest run of two or more zero groups as "::". */
export function ipv6Text(bytes: Uint8Array, at = 0): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i] << 8) | bytes[at + i + 1])
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8;) {
    if (groups[i] !== 0) {
      i++
      continue
    }
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > bestLength) {
      best = i
      bestLength = end - i
    }
    i = end
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + bestLength, 8)}`
}

/** 0a:58:0a:f4:01:07 */
export function macText(bytes: Uint8Array, at = 0): string {
  let text = ''
  for (let i = 0; i < 6; i++) text += (i ? ':' : '') + (bytes[at + i] < 16 ? '0' : '') + bytes[at + i].toString(16)
  return text
}
