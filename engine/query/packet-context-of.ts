import { CHUNK_ROWS, FLAG, NO_CONVERSATION } from '../columns/packet-table.ts'
import type { FramedProtocol } from '../application/stream-decoder.ts'
import type { PacketContext, TcpContext } from '../decode/packet-context.ts'
import { NO_INTERFACE } from '../columns/packet-columns.ts'
import { LABEL, LABELS, type Label } from '../tcp/labels.ts'
import type { CaptureTables } from './capture-tables.ts'

/** What the tables know of a row beyond its bytes: for its fields, its details and its Info text. */
export function packetContextOf(tables: CaptureTables, row: number): PacketContext {
  const { packets, conversations, interfaces, exchanges } = tables
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const conversation = chunk.conversation[i]
  const interfaceId = chunk.interface[i]
  const name = interfaces[interfaceId]?.name
  const isTcp = (chunk.flags[i] & FLAG.tcp) !== 0
  const serverName = isTcp ? exchanges?.facts(conversation).find((fact) => fact.name === 'sni')?.value : undefined
  const carried = isTcp ? carriedBy(tables, row) : undefined
  return {
    number: packets.frame(row),
    epochNs: tables.epoch ?? 0n,
    time: chunk.time[i],
    ...(row > 0 && { previousTime: packets.time(row - 1) }),
    ...(interfaceId !== NO_INTERFACE && { interfaceId }),
    ...(name !== undefined && { interfaceName: name }),
    ...(conversation !== NO_CONVERSATION && { stream: conversations.stream[conversation] }),
    ...(isTcp && { tcp: tcpContext(tables, row) }),
    ...(carried !== undefined && { carried }),
    ...(serverName !== undefined && { serverName }),
  }
}

/** What the row's conversation carries, by what was seen up to it. */
export function carriedBy({ packets, exchanges }: CaptureTables, row: number): FramedProtocol | undefined {
  return exchanges?.carried(packets.chunk(row).conversation[row % CHUNK_ROWS], row)
}

/** The labels in the set, in the order of LABELS. */
function labelNames(labels: number): readonly Label[] {
  return labels === 0 ? [] : LABELS.filter((label) => (labels & LABEL[label]) !== 0)
}

function tcpContext({ packets, tcp }: CaptureTables, row: number): TcpContext {
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const id = chunk.conversation[i]
  const direction = (chunk.flags[i] & FLAG.reverse) === 0 ? 0 : 1
  const sequenceBase = tcp.baseSeq(id, direction)
  const acknowledgmentBase = tcp.baseSeq(id, direction ^ 1)
  const acked = chunk.acked[i]
  const flight = chunk.bytesInFlight[i]
  const labels = chunk.labels[i]
  const duplicate = (labels & LABEL.duplicate_ack) === 0 ? undefined : tcp.duplicateAck(row)
  const initialRttNs = tcp.showsInitialRtt(row, id) ? tcp.initialRtt(id) : 0
  return {
    ...(sequenceBase !== undefined && { sequenceBase }),
    ...(acknowledgmentBase !== undefined && { acknowledgmentBase }),
    window: tcp.scaledWindow(row),
    windowShift: tcp.windowShift(id, direction) ?? -1,
    labels: labelNames(labels),
    ...(duplicate && { duplicateAck: { number: duplicate.number, frame: packets.frame(duplicate.original) } }),
    ...(acked !== 0 && { acked: { frame: packets.frame(acked - 1), rttNs: chunk.time[i] - packets.time(acked - 1) } }),
    ...(initialRttNs > 0 && { initialRttNs }),
    ...(flight !== 0 && { bytesInFlight: flight }),
  }
}
