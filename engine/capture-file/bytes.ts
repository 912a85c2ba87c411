// Numbers out of bytes, in either byte order. Callers have checked that the bytes are there.

export function u16(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  return bigEndian ? (bytes[at] << 8) | bytes[at + 1] : bytes[at] | (bytes[at + 1] << 8)
}

/** Signed. */
export function i32(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  return bigEndian
    ? (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
    : bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}

export function u32(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  return i32(bytes, at, bigEndian) >>> 0
}

/** As a float: exact below 2^53. */
export function u64(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  const first = u32(bytes, at, bigEndian)
  const second = u32(bytes, at + 4, bigEndian)
  return bigEndian ? first * 0x1_0000_0000 + second : second * 0x1_0000_0000 + first
}

/** Signed, exact. */
export function i64(bytes: Uint8Array, at: number, bigEndian: boolean): bigint {
  const first = BigInt(u32(bytes, at, bigEndian))
  const second = BigInt(u32(bytes, at + 4, bigEndian))
  return BigInt.asIntN(64, bigEndian ? (first << 32n) | second : (second << 32n) | first)
}
