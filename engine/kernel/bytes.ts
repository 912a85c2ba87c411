// As words, in which sums do not wrap: of what load<u8> gives, 255 + 1 is 0.

/** The byte at the address. */
export function u8At(at: i32): i32 {
  return load<u8>(at)
}

/** The 16 bits at the address, in network order. */
export function u16At(at: i32): i32 {
  return bswap<u16>(load<u16>(at))
}

/** The 32 bits at the address, in network order. */
export function u32At(at: i32): i32 {
  return bswap<i32>(load<i32>(at))
}
