import type { LadderRow, PacketRow } from '../answers.ts'
import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { VERDICT } from '../tcp/verdicts.ts'
import type { CaptureTables } from './capture-tables.ts'
import type { ReadBytes } from './frame-bytes.ts'
import { packetRows } from './packet-rows.ts'

/** By the row of each packet whose bytes were sent again: the row that did, times two, plus 1 where it may have arrived all the same. */
export type LostPackets = ReadonlyMap<number, number>

/** What the verdicts on the packets of a conversation say about the packets before them; `rows` are all of it. */
export function lostPackets({ packets, verdicts }: CaptureTables, rows: Uint32Array): LostPackets {
  const lost = new Map<number, number>()
  for (const row of rows) {
    const verdict = packets.chunk(row).verdict[row % CHUNK_ROWS]
    if (verdict === VERDICT.none || verdict === VERDICT.copy || verdict === VERDICT.reordered) continue
    const entry = verdicts.find(row)
    const original = entry < 0 ? undefined : verdicts.original(entry)
    const spurious = entry < 0 ? true : verdicts.isSpurious(entry)
    if (original === undefined || spurious === true) continue
    lost.set(original, row * 2 + (spurious === undefined ? 1 : 0))
  }
  return lost
}

/**
 * The rows as arrows, in the order of `rows`; `before` is the row listed before the first of them. Throws what `read` throws.
 */
export async function ladderRows(
  tables: CaptureTables,
  rows: ArrayLike<number>,
  before: number | undefined,
  lost: LostPackets,
  read: ReadBytes,
): Promise<LadderRow[]> {
  let previous = before === undefined ? undefined : tables.packets.time(before)
  return (await packetRows(tables, rows, read)).map((packet) => {
    const since = previous === undefined ? undefined : packet.time - previous
    previous = packet.time
    return { ...packet, ...(since !== undefined && { since }), ...arrow(tables, packet, lost.get(packet.row)) }
  })
}

function arrow(
  { packets, tcp, verdicts }: CaptureTables,
  { row, conversation }: PacketRow,
  again: number | undefined,
): Pick<LadderRow, 'fromB' | 'tcp' | 'lost' | 'lostBefore'> {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const flags = chunk.flags[i]
  const fromB = (flags & FLAG.reverse) !== 0
  if ((flags & FLAG.tcp) === 0 || conversation === undefined) return { fromB }
  const own = tcp.baseSeq(conversation, fromB ? 1 : 0) ?? 0
  const other = tcp.baseSeq(conversation, fromB ? 0 : 1) ?? 0
  const entry = again === undefined ? verdicts.find(row) : -1
  const resent = entry >= 0 && isResent(verdicts.verdict(entry)) && verdicts.isSpurious(entry) !== true
  return {
    fromB,
    tcp: {
      flags: flagsText(flags),
      seq: (chunk.seq[i] - own) >>> 0,
      length: chunk.payloadLength[i],
      ...((flags & FLAG.ack) !== 0 && { ack: (chunk.ack[i] - other) >>> 0 }),
      window: tcp.scaledWindow(row),
    },
    ...(again !== undefined && { lost: { perhaps: again % 2 === 1, again: Math.floor(again / 2) } }),
    ...(resent && verdicts.original(entry) === undefined && { lostBefore: true as const }),
  }
}

function isResent(verdict: number): boolean {
  return verdict !== VERDICT.copy && verdict !== VERDICT.reordered
}

const FLAG_NAMES = [
  ['SYN', FLAG.syn],
  ['FIN', FLAG.fin],
  ['RST', FLAG.rst],
  ['PSH', FLAG.psh],
  ['ACK', FLAG.ack],
  ['URG', FLAG.urg],
  ['ECE', FLAG.ece],
  ['CWR', FLAG.cwr],
] as const

function flagsText(flags: number): string {
  return FLAG_NAMES.filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(', ')
}
