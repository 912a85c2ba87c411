/**
 * Sequence numbers are 32 bits and wrap, so "before" is decided by the sign of the difference (RFC 9293 section 3.4).
 * The arguments may be signed or unsigned: only their low 32 bits count. Two numbers exactly half a circle apart are
 * each after the other, as in Wireshark.
 */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0
}

export function atOrAfter(a: number, b: number): boolean {
  return ((b - a) | 0) <= 0
}
