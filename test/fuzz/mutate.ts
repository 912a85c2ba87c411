import type { Random } from './random.ts'

// Values that arithmetic on lengths and offsets gets wrong.
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 40, 60, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff]
const WIDE_EDGES = [0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff, 0x0100_0000, 0x10_0000]

/**
 * A damaged copy of `bytes`: flipped bits, edge values where lengths may be, cuts, repeated and moved pieces, and pieces of
 * `other`. One to five kinds of damage at once.
 */
export function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes)
  for (let times = 1 + random.small(5); times > 0; times--) result = damage(random, result, other)
  return result
}

function damage(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (bytes.length === 0) return other.slice(0, 64)
  const at = random.below(bytes.length)
  switch (random.below(10)) {
    case 0:
    case 1:
      for (let n = random.below(4); n >= 0; n--) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
      return bytes
    case 2:
      // Near the front is where headers are.
      bytes[random.small(bytes.length)] = random.below(256)
      return bytes
    case 3:
    case 4:
      return putNumber(random, bytes, random.small(bytes.length))
    case 5:
      return bytes.slice(0, at)
    case 6:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random.small(64))))
    case 7:
      return joined(bytes.subarray(0, at), bytes.subarray(random.below(at + 1)).subarray(0, 2048))
    case 8: {
      const from = random.below(other.length)
      return joined(bytes.subarray(0, at), other.subarray(from, from + random.small(512)), bytes.subarray(at))
    }
    default: {
      const noise = Uint8Array.from({ length: random.small(24) }, () => random.below(256))
      return joined(bytes.subarray(0, at), noise, bytes.subarray(at))
    }
  }
}

/** An edge value, or what is there give or take a little, as 8, 16 or 32 bits of either byte order. */
function putNumber(random: Random, bytes: Uint8Array, at: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const little = random.once(2)
  const size = random.pick([1, 2, 4])
  if (at + size > bytes.length) return bytes
  if (size === 1) {
    view.setUint8(at, random.once(2) ? random.pick(EDGES) : bytes[at] + random.below(9) - 4)
  } else if (size === 2) {
    const near = view.getUint16(at, little) + random.below(9) - 4
    view.setUint16(at, random.once(2) ? random.pick(EDGES) : near, little)
  } else {
    const near = view.getUint32(at, little) + random.below(17) - 8
    view.setUint32(at, random.once(2) ? random.pick(random.once(2) ? EDGES : WIDE_EDGES) : near, little)
  }
  return bytes
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}
