import { CHUNK_ROWS, FLAG } from '../columns/packet-table.ts'
import { asksOf } from './lookups.ts'
import type { Loss, SeenPacket } from './report.ts'

type Named = SeenPacket & Pick<Loss, 'kind' | 'dns'>

/** What packets are: "DNS query A db.shop", as far as it was read, "SYN", "SYN-ACK", "FIN", "segment", "datagram", "reset". */
export function packetTexts(packets: readonly Named[]): ReadonlyMap<SeenPacket, string> {
  const asks = asksOf(packets.filter(({ dns }) => dns))
  return new Map(packets.map((packet) => [packet, textOf(packet, asks.get(packet))]))
}

function textOf({ source, row, kind, dns }: Named, ask = ''): string {
  if (dns) return `DNS ${dns} ${ask}`.trimEnd()
  if (kind !== 'segment') return kind
  const chunk = source.tables.packets.chunk(row)
  const flags = chunk.flags[row % CHUNK_ROWS]
  if ((flags & FLAG.syn) !== 0) return (flags & FLAG.ack) === 0 ? 'SYN' : 'SYN-ACK'
  return (flags & FLAG.fin) !== 0 && chunk.payloadLength[row % CHUNK_ROWS] === 0 ? 'FIN' : kind
}
