type Tables = readonly [Int32Array, Int32Array, Int32Array, Int32Array]

let made: Tables | undefined

/** The effect of a byte that has 0, 1, 2, 3 bytes after it, so that four bytes take one step (1 ns a byte). */
function makeTables(): Tables {
  const tables: Tables = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)]
  for (let n = 0; n < 256; n++) {
    let crc = n
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0)
    tables[0][n] = crc
  }
  for (let n = 0; n < 256; n++) {
    for (let k = 1; k < 4; k++) tables[k][n] = (tables[k - 1][n] >>> 8) ^ tables[0][tables[k - 1][n] & 0xff]
  }
  return tables
}

/** CRC-32 as in gzip (RFC 1952, section 8) of what came before, `crc`, and `bytes`. Starts with 0. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  const [t0, t1, t2, t3] = (made ??= makeTables())
  let c = ~crc
  let at = 0
  const words = bytes.length - 3
  for (; at < words; at += 4) {
    c ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    c = t3[c & 0xff] ^ t2[(c >>> 8) & 0xff] ^ t1[(c >>> 16) & 0xff] ^ t0[c >>> 24]
  }
  for (; at < bytes.length; at++) c = (c >>> 8) ^ t0[(c ^ bytes[at]) & 0xff]
  return ~c >>> 0
}
