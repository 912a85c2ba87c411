import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { TCP_OPTION } from '../../decode/tcp-options.ts'
import { u16At, u32At, u8At } from '../bytes.ts'
import { packet } from '../packet.ts'

/** RFC 7323 section 2.3: a larger shift count is used as 14. */
const MAX_SHIFT = 14

/** Kinds 1, 1, 8 and the length 10, as the word that they are in this memory. */
const NOP_NOP_TIMESTAMPS = 0x0a08_0101

/** How many timestamps options the segment has whole, and where the last of them begins: of one that has options. */
export let timestampsCount: i32 = 0
export let timestampsAt: i32 = 0

/** The twelve bytes of options are as RFC 7323 appendix A has them: NOP, NOP, timestamps. */
export function isTimestampsOnly(at: i32): bool {
  return load<i32>(at) === NOP_NOP_TIMESTAMPS
}

/** Reads these. */
export function timestampsOnly(at: i32): void {
  timestampsCount = 0
  timestamps(at + 2)
}

/**
 * The options in `[at, to)`. An option with an impossible length ends them, as nobody can say where the next one starts;
 * one with a length that is wrong for its kind is skipped. Options that were not captured set `optionsCut`; so does one at which
 * Wireshark gives up.
 */
export function decodeTcpOptions(at: i32, to: i32): void {
  timestampsCount = 0
  const available = packet.end < to ? packet.end : to
  while (at < to) {
    if (at >= available) {
      cut(at)
      return
    }
    const kind = u8At(at)
    if (kind === TCP_OPTION.end) return
    if (kind === TCP_OPTION.noOperation) {
      at++
      continue
    }
    if (at + 1 >= to) return
    if (at + 1 >= available) {
      cut(at)
      return
    }
    const length = u8At(at + 1)
    if (length < 2 || at + length > to) return
    if (at + length > available) {
      if (kind === TCP_OPTION.sack) sack(at + 2, available)
      cut(at)
      return
    }
    switch (kind) {
      case TCP_OPTION.mss:
        if (length === 4) packet.mss = u16At(at + 2)
        break
      case TCP_OPTION.windowScale:
        if (length === 3) packet.windowShift = u8At(at + 2) > MAX_SHIFT ? MAX_SHIFT : u8At(at + 2)
        break
      case TCP_OPTION.sackPermitted:
        if (length === 2) packet.sackPermitted = 1
        break
      case TCP_OPTION.sack:
        sack(at + 2, at + length)
        // An option without a whole block: while the ACK is below 2^31, Wireshark takes it for a DSACK, and reads on beyond its end.
        if (length < 10 && packet.ack >= 0) {
          packet.optionsCut = 1
          return
        }
        break
      case TCP_OPTION.timestamps:
        if (length === 10) timestamps(at)
        break
    }
    at += length
  }
}

function timestamps(at: i32): void {
  timestampsCount++
  timestampsAt = at
  packet.hasTimestamps = 1
  packet.tsval = u32At(at + 2)
  packet.tsecr = u32At(at + 6)
}

function sack(at: i32, to: i32): void {
  const edges = packet.sack
  let blocks = 0
  for (; at + 8 <= to && blocks < 4; at += 8) {
    edges[blocks * 2] = u32At(at)
    edges[blocks * 2 + 1] = u32At(at + 4)
    blocks++
  }
  packet.sackBlocks = blocks
  packet.hasSack = 1
}

function cut(at: i32): void {
  packet.optionsCut = 1
  packet.fail(DECODE_ERROR.cut, at)
}
