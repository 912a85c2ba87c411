import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { TRANSPORT } from '../decode/packet.ts'
import { addressKey } from '../query/conversation-names.ts'
import type { CaptureTables } from '../query/capture-tables.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import { addError, saysDropped } from './rejections.ts'

export type HopTables = Pick<
  CaptureTables,
  'packets' | 'conversations' | 'verdicts' | 'interfaces' | 'epoch' | 'exchanges'
>

/** A capture that has points. `name` tells it from the others, where there are any. */
export interface PointSource {
  readonly name: string
  readonly tables: HopTables
}

/** A place where packets were seen: one interface of one capture. */
export interface CapturePoint {
  readonly name: string
  readonly source: PointSource
  /** Index into the capture's interfaces. */
  readonly interface: number
  /** Nanoseconds from the epoch of the first source to that of this one. */
  readonly offset: number
  /** TCP segments and UDP datagrams, and when the first and the last packet of any kind came, by the clock of the point and the first source's epoch. */
  readonly segments: number
  readonly datagrams: number
  readonly from: number
  readonly until: number
  /** When parts of fragmented datagrams came, by `addressesOf`: which segments they are is not told. */
  readonly fragments: ReadonlyMap<string, readonly number[]>
  /** Rows of ICMP errors that say that a packet was dropped, by what they quote: see rejections.ts. */
  readonly errors: ReadonlyMap<string, readonly number[]>
}

/** The interfaces with TCP segments or UDP datagrams, in the order of the sources. */
export function pointsOf(sources: readonly PointSource[]): CapturePoint[] {
  const epoch = sources.find(({ tables }) => tables.epoch !== undefined)?.tables.epoch ?? 0n
  return sources.flatMap((source) => {
    const { interfaces, packets, conversations } = source.tables
    const offset = Number((source.tables.epoch ?? epoch) - epoch)
    const seen = interfaces.map(() => ({
      segments: 0,
      datagrams: 0,
      from: Infinity,
      until: -Infinity,
      fragments: new Map<string, number[]>(),
      errors: new Map<string, number[]>(),
    }))
    for (const chunk of packets.chunks) {
      const rows = Math.min(CHUNK_ROWS, packets.rows - chunk.first)
      for (let i = 0; i < rows; i++) {
        const at = seen[chunk.interface[i]]
        // A record without an interface.
        if (at === undefined) continue
        if ((chunk.flags[i] & FLAG.tcp) !== 0) at.segments++
        else if (conversations.transport[chunk.conversation[i]] === TRANSPORT.udp) at.datagrams++
        if (chunk.window[i] !== 0 && (chunk.flags[i] & FLAG.tcp) === 0 && saysDropped(source.tables, chunk.first + i)) {
          addError(at.errors, source.tables, chunk.first + i)
        }
        if ((chunk.flags[i] & FLAG.fragment) !== 0) {
          const key = addressesOf(source.tables, chunk.conversation[i], (chunk.flags[i] & FLAG.reverse) !== 0)
          const times = at.fragments.get(key)
          if (times) times.push(chunk.time[i] + offset)
          else at.fragments.set(key, [chunk.time[i] + offset])
        }
        at.from = Math.min(at.from, chunk.time[i])
        at.until = Math.max(at.until, chunk.time[i])
      }
    }
    const used = interfaces.map(({ id }) => id).filter((id) => seen[id].segments + seen[id].datagrams > 0)
    return used.map((id) => ({
      name: nameOf(source, id, sources.length > 1, used.length > 1),
      source,
      interface: id,
      offset,
      segments: seen[id].segments,
      datagrams: seen[id].datagrams,
      from: seen[id].from + offset,
      until: seen[id].until + offset,
      fragments: seen[id].fragments,
      errors: seen[id].errors,
    }))
  })
}

function nameOf({ name, tables }: PointSource, id: number, several: boolean, interfaces: boolean): string {
  const own = tables.interfaces[id].name ?? `interface ${id}`
  if (!several) return own
  return interfaces ? `${name} ${own}` : name
}

/** Addresses of what goes from the conversation's A to its B, or back, as text. */
export function addressesOf({ conversations }: HopTables, conversation: number, back: boolean): string {
  const from = addressKey(conversations, conversation, back)
  return `${from} ${addressKey(conversations, conversation, !back)}`
}

/** The row at which the packet was seen first in its capture; itself, unless it is a copy. */
export function firstSighting({ packets, verdicts }: HopTables, row: number): number {
  let first = row
  while (packets.chunk(first).verdict[first % CHUNK_ROWS] === VERDICT.copy) {
    const before = verdicts.original(verdicts.find(first))
    if (before === undefined || before >= first) break
    first = before
  }
  return first
}
