import { DECODE_ERROR, type Packet } from './packet.ts'

export const TCP_OPTION = {
  end: 0,
  noOperation: 1,
  mss: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
  md5: 19,
  userTimeout: 28,
  authentication: 29,
  mptcp: 30,
  fastOpen: 34,
} as const

/** RFC 7323 section 2.3: a larger shift count is used as 14. */
const MAX_SHIFT = 14

/**
 * The options in `[at, to)`. An option with an impossible length ends them, as nobody can say where the next one starts;
 * one with a length that is wrong for its kind is skipped. Options that were not captured set `optionsCut`.
 */
export function decodeTcpOptions(packet: Packet, from: number, to: number): void {
  const { bytes } = packet
  // Told to be an integer, the position stays in a register; as a plain number it is checked and converted in every round.
  let at = from | 0
  const available = packet.end < to ? packet.end : to
  // Nearly every segment of an established connection carries NOP, NOP, timestamps and nothing else (RFC 7323 appendix A).
  if (
    to - at === 12 &&
    available === to &&
    bytes[at] === 1 &&
    bytes[at + 1] === 1 &&
    bytes[at + 2] === 8 &&
    bytes[at + 3] === 10
  ) {
    timestamps(packet, at + 2)
    return
  }
  while (at < to) {
    if (at >= available) return cut(packet, at)
    const kind = bytes[at]
    if (kind === TCP_OPTION.end) return
    if (kind === TCP_OPTION.noOperation) {
      at++
      continue
    }
    if (at + 1 >= to) return
    if (at + 1 >= available) return cut(packet, at)
    const length = bytes[at + 1]
    if (length < 2 || at + length > to) return
    if (at + length > available) {
      if (kind === TCP_OPTION.sack) sack(packet, at + 2, available)
      return cut(packet, at)
    }
    switch (kind) {
      case TCP_OPTION.mss:
        if (length === 4) packet.mss = (bytes[at + 2] << 8) | bytes[at + 3]
        break
      case TCP_OPTION.windowScale:
        if (length === 3) packet.windowShift = bytes[at + 2] > MAX_SHIFT ? MAX_SHIFT : bytes[at + 2]
        break
      case TCP_OPTION.sackPermitted:
        if (length === 2) packet.sackPermitted = true
        break
      case TCP_OPTION.sack:
        sack(packet, at + 2, at + length)
        break
      case TCP_OPTION.timestamps:
        if (length === 10) timestamps(packet, at)
        break
    }
    at += length
  }
}

function timestamps(packet: Packet, at: number): void {
  const { bytes } = packet
  packet.hasTimestamps = true
  packet.tsval = (bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]
  packet.tsecr = (bytes[at + 6] << 24) | (bytes[at + 7] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]
}

function sack(packet: Packet, at: number, to: number): void {
  const { bytes, sack } = packet
  let blocks = 0
  for (; at + 8 <= to && blocks < 4; at += 8) {
    sack[blocks * 2] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
    sack[blocks * 2 + 1] = (bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7]
    blocks++
  }
  packet.sackBlocks = blocks
  packet.hasSack = true
}

function cut(packet: Packet, at: number): void {
  packet.optionsCut = true
  packet.fail(DECODE_ERROR.cut, at)
}
