import { FLAG } from '../../columns/packet-columns.ts'

/**
 * Sequence numbers are 32 bits and wrap, so "before" is decided by the sign of the difference (RFC 9293 section 3.4). Two numbers exactly
 * half a circle apart are each before the other, as in Wireshark.
 */
export function before(a: i32, b: i32): bool {
  return a - b < 0
}

export function after(a: i32, b: i32): bool {
  return b - a < 0
}

export function atOrBefore(a: i32, b: i32): bool {
  return a - b <= 0
}

export function atOrAfter(a: i32, b: i32): bool {
  return b - a <= 0
}

/** SEG.LEN of RFC 9293 section 3.4: the sequence numbers that a segment takes. SYN and FIN at once, which nobody sends, count as one. */
export function lengthOf(flags: i32, payloadLength: i32): i32 {
  return payloadLength + ((flags & (FLAG.syn | FLAG.fin)) !== 0 ? 1 : 0)
}
