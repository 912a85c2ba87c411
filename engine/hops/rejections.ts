import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { icmpCodeName, icmpv6CodeName } from '../decode/icmp-names.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { addressKey } from '../query/conversation-names.ts'
import type { Path } from './paths.ts'
import type { CapturePoint, HopTables } from './points.ts'
import type { Saying } from './report.ts'

// ICMP errors quote ports and sequence number of the packet that was dropped; of a datagram the kernel leaves its digest in place of
// the number. NAT translates what is quoted as well, so each point's errors fit what that point saw.

const UNREACHABLE = 3
const [UNREACHABLE_6, TOO_BIG_6] = [1, 2]
/** An error comes that soon after the packet. */
const SAID_NS = 5e9
/** Seen again so soon it is the same error, as a bridge and its port see it. */
const TWIN_NS = 1e6

/** Whether the row is an ICMP error that says that somebody dropped a packet, as he would not or could not hand it on. */
export function saysDropped({ packets, conversations }: HopTables, row: number): boolean {
  const chunk = packets.chunk(row)
  const type = chunk.window[row % CHUNK_ROWS] >>> 8
  const transport = conversations.transport[chunk.conversation[row % CHUNK_ROWS]]
  // Time exceeded is what traceroute asks for.
  if (transport === TRANSPORT.icmp) return type === UNREACHABLE
  return transport === TRANSPORT.icmpv6 && (type === UNREACHABLE_6 || type === TOO_BIG_6)
}

/** What is quoted: ports, sequence number or digest, and who sent it, to whom the error goes. */
function quotedBy({ packets, conversations }: HopTables, row: number): string {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const toB = (chunk.flags[i] & FLAG.reverse) === 0
  return `${chunk.seq[i]} ${chunk.ack[i] >>> 0} ${addressKey(conversations, chunk.conversation[i], toB)}`
}

/** By what an error would quote of the packet in that row. */
function quoteOf({ packets, conversations }: HopTables, row: number): string {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const id = chunk.conversation[i]
  const byB = (chunk.flags[i] & FLAG.reverse) !== 0
  const [source, destination] = [conversations.portA[id], conversations.portB[id]]
  const ports = byB ? destination * 2 ** 16 + source : source * 2 ** 16 + destination
  return `${chunk.seq[i]} ${ports} ${addressKey(conversations, id, byB)}`
}

/** By sequence number, or digest: the errors that say that what begins with it was dropped, in order of time; those of the point that saw most. */
export type Rejected = Map<number, Saying[]>

/** By direction. */
export function rejectedOf({ runs }: Path, points: readonly CapturePoint[]): readonly Rejected[] {
  return runs.map((ofDirection) => {
    const found: Rejected = new Map()
    for (const [point, run] of ofDirection.entries()) {
      const { source, errors } = points[point]
      if (!run || errors.size === 0) continue
      const own = new Map<number, Set<number>>()
      for (const [place, row] of run.row.entries()) {
        const sent = source.tables.packets.time(row)
        for (const error of errors.get(quoteOf(source.tables, row)) ?? []) {
          const after = source.tables.packets.time(error) - sent
          if (after < 0 || after > SAID_NS) continue
          const known = own.get(run.from[place]) ?? new Set()
          own.set(run.from[place], known.add(error))
        }
      }
      for (const [from, rows] of own) {
        if (rows.size <= (found.get(from)?.length ?? 0)) continue
        found.set(
          from,
          Array.from(rows, (row) => ({ source, row, ...saidIn(source.tables, row) })),
        )
      }
    }
    return found
  })
}

/** Without those that are seen again at once. */
export function addError(errors: Map<string, number[]>, tables: HopTables, row: number): void {
  const quoted = quotedBy(tables, row)
  const known = errors.get(quoted)
  const last = known?.at(-1)
  if (!known) errors.set(quoted, [row])
  else if (last !== undefined && tables.packets.time(row) - tables.packets.time(last) > TWIN_NS) known.push(row)
}

function saidIn({ packets, conversations }: HopTables, row: number): Pick<Saying, 'by' | 'says'> {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const id = chunk.conversation[i]
  const [type, code] = [chunk.window[i] >>> 8, chunk.window[i] & 0xff]
  const isV6 = conversations.transport[id] === TRANSPORT.icmpv6
  const name = isV6 ? (type === TOO_BIG_6 ? 'packet too big' : icmpv6CodeName(type, code)) : icmpCodeName(type, code)
  return {
    by: conversations.addressText(id, (chunk.flags[i] & FLAG.reverse) !== 0),
    says: (name ?? `unreachable, code ${code}`).toLowerCase(),
  }
}
