import { FLAG, type PacketChunk } from '../../columns/packet-table.ts'
import { payloadProtocolOf } from '../../decode/application-fields.ts'
import type { FilterField } from './filter-field.ts'
import { type FilterTest, type Leaf, leafOperands, leaves } from './filter-test.ts'
import type { BytesWanted } from '../frame-bytes.ts'

/** How much of frames a filter looks at: their headers, where all its fields are in these; undefined: all. */
export function wantedOf(test: FilterTest): BytesWanted | undefined {
  for (const leaf of leaves(test)) if (looksBehindHeaders(leaf)) return undefined
  return headers
}

/** TCP's header without options. A segment whose header says less is as long all the same, see decodeTcp. */
const TCP_HEADER = 20

/** At least as many bytes of the frame as its headers have: what is behind a TCP segment's is its payload, and padding. */
function headers({ capturedLength, flags, length, payloadLength }: PacketChunk, i: number): number {
  const captured = capturedLength[i]
  if ((flags[i] & FLAG.tcp) === 0) return captured
  return Math.min(captured, Math.max(captured, length[i]) - payloadLength[i] + TCP_HEADER)
}

function looksBehindHeaders(leaf: Leaf): boolean {
  for (const operand of leafOperands(leaf)) {
    if (operand.kind === 'field' && mayLieBehind(operand.field, leaf.kind === 'exists')) return true
  }
  return false
}

/** Where only its presence counts, the headers tell whether a payload is there, but not what it says. */
function mayLieBehind({ decoded, name, type }: FilterField, presenceOnly: boolean): boolean {
  if (!decoded) return false
  if (payloadProtocolOf(name) !== undefined || name.startsWith('_ws.')) return true
  return !presenceOnly && (type === 'protocol' || type === 'bytes')
}
