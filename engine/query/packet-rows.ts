import type { DetailNode, PacketDetails, PacketRow } from '../answers.ts'
import { CHUNK_ROWS, FLAG, NO_CONVERSATION } from '../columns/packet-table.ts'
import { decodeFrame } from '../decode/decode.ts'
import { describePacket } from '../decode/details.ts'
import { infoText, protocolColumn } from '../decode/info.ts'
import { DECODE_ERROR, Packet } from '../decode/packet.ts'
import { NO_INTERFACE } from '../columns/packet-columns.ts'
import { LABEL, LABELS, type Label } from '../tcp/labels.ts'
import { reasonText } from '../tcp/reasons.ts'
import { PROTOCOLS } from '../decode/protocols.ts'
import { VERDICT, VERDICTS } from '../tcp/verdicts.ts'
import { applicationInfo } from './application-info.ts'
import type { CaptureTables } from './capture-tables.ts'
import { eachFrame, type ReadBytes } from './frame-bytes.ts'
import { carriedBy, packetContextOf } from './packet-context-of.ts'
import { answeredBy } from './filter/payload-fields.ts'
import { between, type Work } from './work.ts'

/** Packets described between two pauses. */
const INFO_SLICE = 2048

const ERROR_TEXT: Readonly<Record<number, string>> = {
  [DECODE_ERROR.malformed]: 'malformed',
  [DECODE_ERROR.cut]: 'cut by the snap length',
  [DECODE_ERROR.tooDeep]: 'too many layers',
}

/** The rows as a list shows them; `rows` in any order, the answer in the same. */
export async function packetRows(
  sources: CaptureTables,
  rows: ArrayLike<number>,
  read: ReadBytes,
): Promise<PacketRow[]> {
  const packet = new Packet()
  const byRow = new Map<number, PacketRow>()
  const ascending = Uint32Array.from(rows).sort()
  await eachFrame(sources.packets, ascending, read, (row, bytes) => {
    decode(sources, packet, row, bytes)
    byRow.set(row, packetRow(sources, packet, row))
  })
  return Array.from(rows, (row) => byRow.get(row)).filter((row) => row !== undefined)
}

/** What is known of the rows without their bytes, when these can't be had; `why` stands in their Info. */
export function unreadPacketRows(sources: CaptureTables, rows: ArrayLike<number>, why: string): PacketRow[] {
  return Array.from(rows, (row) => {
    const layers = sources.stacks.layers(sources.packets.chunk(row).stack[row % CHUNK_ROWS])
    return { ...columnsOf(sources, row), protocol: PROTOCOLS[layers.at(-1) ?? -1]?.toUpperCase() ?? '', info: why }
  })
}

/** The Info of each row; `rows` ascending. Throws Cancelled, and what `read` throws. */
export function infoTexts(sources: CaptureTables, rows: Uint32Array, read: ReadBytes, work: Work): Promise<string[]> {
  return texts(sources, rows, read, work, info)
}

/** The protocol of each row, as the list shows it, in small letters. */
export function protocolTexts(
  sources: CaptureTables,
  rows: Uint32Array,
  read: ReadBytes,
  work: Work,
): Promise<string[]> {
  return texts(sources, rows, read, work, (_, packet, row) => protocol(sources, packet, row).toLowerCase())
}

async function texts(
  sources: CaptureTables,
  rows: Uint32Array,
  read: ReadBytes,
  work: Work,
  textOf: (sources: CaptureTables, packet: Packet, row: number) => string,
): Promise<string[]> {
  const packet = new Packet()
  const found: string[] = []
  for (let from = 0; from < rows.length; from += INFO_SLICE) {
    await between(work)
    await eachFrame(sources.packets, rows.subarray(from, from + INFO_SLICE), read, (row, bytes) => {
      decode(sources, packet, row, bytes)
      found.push(textOf(sources, packet, row))
    })
    work.progress?.(found.length, rows.length)
  }
  return found
}

/** The packet's tree and bytes. */
export async function packetDetails(sources: CaptureTables, row: number, read: ReadBytes): Promise<PacketDetails> {
  const chunk = sources.packets.chunk(row)
  const i = row % CHUNK_ROWS
  // A copy: what the reader answers may be part of a larger buffer, and this is sent on.
  const bytes = (await read(chunk.offset[i], chunk.capturedLength[i])).slice()
  const answered = answeredBy(sources, row)
  const context = { ...packetContextOf(sources, row), ...(answered && { answered }) }
  const tree = describePacket(bytes, bytes.length, chunk.length[i], linkType(sources, row), context)
  const verdict = verdictNode(sources, row)
  return { row, bytes, tree: verdict ? [...tree, verdict] : tree }
}

function decode(sources: CaptureTables, packet: Packet, row: number, bytes: Uint8Array): void {
  const chunk = sources.packets.chunk(row)
  decodeFrame(packet, bytes, 0, bytes.length, chunk.length[row % CHUNK_ROWS], linkType(sources, row))
}

function packetRow(sources: CaptureTables, packet: Packet, row: number): PacketRow {
  return { ...columnsOf(sources, row), protocol: protocol(sources, packet, row), info: info(sources, packet, row) }
}

function columnsOf(sources: CaptureTables, row: number): Omit<PacketRow, 'protocol' | 'info'> {
  const { packets, conversations } = sources
  const chunk = packets.chunk(row)
  const i = row % CHUNK_ROWS
  const conversation = chunk.conversation[i]
  const flags = chunk.flags[i]
  const reverse = (flags & FLAG.reverse) !== 0
  const known = conversation !== NO_CONVERSATION
  const error = ERROR_TEXT[chunk.error[i]]
  const verdict = VERDICTS[chunk.verdict[i]]
  return {
    row,
    frame: packets.frame(row),
    time: chunk.time[i],
    source: known ? conversations.addressText(conversation, reverse) : '',
    destination: known ? conversations.addressText(conversation, !reverse) : '',
    length: chunk.length[i],
    ...(known && { conversation }),
    labels: labelList(chunk.labels[i]),
    ...(verdict !== undefined && verdict !== '' && { verdict }),
    tone: tone(flags, chunk.labels[i], chunk.verdict[i]),
    ...(error !== undefined && { error }),
  }
}

/** What the list says of the packet, which has been decoded, in its column Protocol. */
export function protocol(sources: CaptureTables, packet: Packet, row: number): string {
  if (sources.packets.chunk(row).interface[row % CHUNK_ROWS] === NO_INTERFACE) return '-'
  const carried = carriedBy(sources, row)
  return applicationInfo(packet, carried && { carried })?.protocol ?? protocolColumn(packet)
}

/** ... and in its column Info. */
export function info(sources: CaptureTables, packet: Packet, row: number): string {
  if (sources.packets.chunk(row).interface[row % CHUNK_ROWS] === NO_INTERFACE) {
    return 'A block of the capture file that holds no packet'
  }
  const context = packetContextOf(sources, row)
  const transport = infoText(packet, context)
  const application = applicationInfo(packet, context)
  if (!application) return transport
  // What the labels say comes first, whatever is inside.
  const labels = /^(?:\[TCP [^\]]*\] ?)*/.exec(transport)?.[0] ?? ''
  return labels + application.info
}

function tone(flags: number, labels: number, verdict: number): PacketRow['tone'] {
  const tcp = (flags & FLAG.tcp) !== 0
  if (tcp && flags & FLAG.rst) return 'reset'
  if (verdict === VERDICT.copy || verdict === VERDICT.reordered) return 'note'
  if (labels & (LABEL.retransmission | LABEL.zero_window | LABEL.lost_segment | LABEL.ack_lost_segment)) return 'bad'
  if (labels & (LABEL.out_of_order | LABEL.duplicate_ack | LABEL.window_full | LABEL.zero_window_probe)) return 'warn'
  if (labels & ~LABEL.partial_ack) return 'note'
  return tcp && flags & (FLAG.syn | FLAG.fin) ? 'handshake' : 'plain'
}

/** Wireshark's labels of a set, the more specific retransmission instead of the general one that comes with it. */
export function labelList(labels: number): Label[] {
  const specific = labels & (LABEL.fast_retransmission | LABEL.spurious_retransmission)
  return LABELS.filter((label) => labels & LABEL[label] && !(label === 'retransmission' && specific))
}

function verdictNode({ packets, verdicts }: CaptureTables, row: number): DetailNode | undefined {
  const entry = verdicts.find(row)
  if (entry < 0) return undefined
  const cost = verdicts.cost(entry) / 1e6
  const leaf = (text: string): DetailNode => ({ text, from: 0, to: 0, children: [] })
  const children = cost > 0 ? [leaf(`${cost.toFixed(1)} ms after the one before`)] : []
  return {
    field: 'hopscope.verdict',
    value: `"${VERDICTS[verdicts.verdict(entry)]}"`,
    text: `Hopscope: ${reasonText(verdicts, entry, packets)}`,
    from: 0,
    to: 0,
    children,
    tone: 'note',
  }
}

function linkType({ packets, interfaces }: CaptureTables, row: number): number {
  return interfaces[packets.chunk(row).interface[row % CHUNK_ROWS]]?.linkType ?? -1
}
