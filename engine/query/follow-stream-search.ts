import type { FollowMatches } from '../answers.ts'
import type { FollowedStream } from './follow-stream.ts'
import type { ReadBytes } from './frame-bytes.ts'
import { between, type Work } from './work.ts'

const SLICE = 1 << 20
/** As many as anybody steps through; what follows is not looked for. */
const MOST = 100_000

/**
 * Every place where `needle` occurs among what one side says at a stretch; `anyCase` takes letters of ASCII for the same in both cases.
 * Throws Cancelled and as FollowedStream.eachPart.
 */
export async function searchStream(
  stream: FollowedStream,
  needle: Uint8Array,
  anyCase: boolean,
  read: ReadBytes,
  work: Work = {},
): Promise<FollowMatches> {
  const length = needle.length
  const positions: number[] = []
  if (length === 0) return { positions: new Float64Array(0), length, more: false }
  const fold = foldTable(anyCase)
  const wanted = needle.map((byte) => fold[byte])
  // How far a match that begins again after a mismatch may keep what was seen (Knuth, Morris, Pratt): parts are never looked at twice.
  const fallback = fallbacks(wanted)
  let matched = 0
  let run = 0
  let runEnd = stream.runCount > 0 ? stream.runStarts[1] : 0
  let more = false
  for (let from = 0; from < stream.bytes && !more; from += SLICE) {
    await between(work)
    await stream.eachPart(from, Math.min(from + SLICE, stream.bytes), read, (position, part) => {
      for (let i = 0; i < part.length; i++) {
        if (position + i >= runEnd) {
          while (position + i >= runEnd) runEnd = stream.runStarts[++run + 1]
          matched = 0
        }
        const byte = fold[part[i]]
        while (matched > 0 && wanted[matched] !== byte) matched = fallback[matched - 1]
        if (wanted[matched] === byte) matched++
        if (matched < length) continue
        if (positions.length === MOST) {
          more = true
          return false
        }
        positions.push(position + i + 1 - length)
        matched = fallback[matched - 1]
      }
      return true
    })
    work.progress?.(Math.min(from + SLICE, stream.bytes), stream.bytes)
  }
  return { positions: Float64Array.from(positions), length, more }
}

function foldTable(anyCase: boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (anyCase && byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))
}

function fallbacks(wanted: Uint8Array): Uint32Array {
  const table = new Uint32Array(wanted.length)
  for (let i = 1, length = 0; i < wanted.length;) {
    if (wanted[i] === wanted[length]) table[i++] = ++length
    else if (length > 0) length = table[length - 1]
    else i++
  }
  return table
}
