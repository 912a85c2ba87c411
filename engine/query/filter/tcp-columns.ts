import { CHUNK_ROWS, FLAG, type PacketChunk, TCP_FLAGS_MASK } from '../../columns/packet-table.ts'
import { PROTOCOL } from '../../decode/protocols.ts'
import type { Label } from '../../tcp/labels.ts'
import { LABEL } from '../../tcp/labels.ts'
import type { CaptureTables } from '../capture-tables.ts'
import { type Block, type ColumnReader, type FilterField, PRESENCE, type ReaderContext } from './filter-field.ts'
import { streamReader } from './address-fields.ts'
import { StreamTimes } from '../stream-times.ts'
import { TRANSPORT } from '../../decode/packet.ts'

type ReadNumber = (chunk: PacketChunk, i: number, row: number, tables: CaptureTables) => number

/**
 * What is known of the innermost TCP header. There can be more such headers only where the stack has more than one. What depends on the
 * header's length `wantsWhole` headers: of others the bytes must tell.
 */
function headerPresence(
  { chunk: { error, flags, stack }, from, to }: Block,
  presence: Uint8Array,
  { layers }: ReaderContext,
  wantsWhole: boolean,
): void {
  const counts = layers.counts(PROTOCOL.tcp)
  const mostErrors = wantsWhole ? 0 : 255
  for (let i = from; i < to; i++) {
    const count = counts[stack[i]]
    if ((flags[i] & FLAG.tcp) === 0 || error[i] > mostErrors)
      presence[i] = count === 0 ? PRESENCE.absent : PRESENCE.unknown
    else presence[i] = count === 1 ? PRESENCE.present : PRESENCE.partial
  }
}

/** A number that is worked out of the innermost TCP header. */
function header(number: ReadNumber, wantsWhole = false): ColumnReader {
  return {
    read(block, values, presence, context) {
      headerPresence(block, presence, context, wantsWhole)
      const { chunk, firstRow, from, to } = block
      for (let i = from; i < to; i++) {
        if (presence[i] >= PRESENCE.partial) values[i] = number(chunk, i, firstRow + i, context.tables)
      }
    },
  }
}

/** A number of the innermost TCP header as a column has it: no call a row. */
function column(pick: (chunk: PacketChunk) => Uint16Array | Uint32Array, wantsWhole = false): ColumnReader {
  return {
    read(block, values, presence, context) {
      headerPresence(block, presence, context, wantsWhole)
      const numbers = pick(block.chunk)
      for (let i = block.from; i < block.to; i++) values[i] = numbers[i]
    },
  }
}

/** What the analysis knows of an innermost TCP segment; NaN = nothing. The bytes know no more. */
function analysed(number: ReadNumber): ColumnReader {
  return {
    read({ chunk, firstRow, from, to }, values, presence, { tables }) {
      const { flags } = chunk
      for (let i = from; i < to; i++) {
        const value = (flags[i] & FLAG.tcp) === 0 ? NaN : number(chunk, i, firstRow + i, tables)
        values[i] = value
        presence[i] = Number.isNaN(value) ? PRESENCE.absent : PRESENCE.present
      }
    },
  }
}

/** Segments of which exactly these of the flags in `mask` are set. */
const flagged = (mask: number, set: number): ColumnReader =>
  analysed((chunk, i) => ((chunk.flags[i] & mask) === set ? 1 : NaN))

function labelled(mask: number): ColumnReader {
  return {
    read({ chunk, from, to }, values, presence) {
      const { labels } = chunk
      for (let i = from; i < to; i++) {
        values[i] = 1
        presence[i] = (labels[i] & mask) === 0 ? PRESENCE.absent : PRESENCE.present
      }
    },
  }
}

const direction = (chunk: PacketChunk, i: number): number => (chunk.flags[i] & FLAG.reverse ? 1 : 0)

function bit(mask: number): ColumnReader {
  return {
    read(block, values, presence, context) {
      headerPresence(block, presence, context, false)
      const { flags } = block.chunk
      for (let i = block.from; i < block.to; i++) values[i] = (flags[i] & mask) === 0 ? 0 : 1
    },
  }
}

const sequence: ReadNumber = (chunk, i, _row, { tcp }) => {
  const base = tcp.baseSeq(chunk.conversation[i], direction(chunk, i))
  return base === undefined ? chunk.seq[i] : (chunk.seq[i] - base) >>> 0
}

const payload: ReadNumber = (chunk, i, row, { tcp }) => (tcp.hasLength(row) ? chunk.payloadLength[i] : 0)

const payloadReader = column((chunk) => chunk.payloadLength, true)

/** Readers for fields that decoding knows too. */
export const TCP_COLUMNS: ReadonlyMap<string, readonly ColumnReader[]> = new Map<string, readonly ColumnReader[]>(
  Object.entries({
    'tcp.seq_raw': column(({ seq }) => seq),
    'tcp.ack_raw': column(({ ack }) => ack),
    'tcp.seq': header(sequence),
    'tcp.ack': header((chunk, i, _row, { tcp }) => {
      const isAck = (chunk.flags[i] & FLAG.ack) !== 0
      const base = isAck ? tcp.baseSeq(chunk.conversation[i], direction(chunk, i) ^ 1) : undefined
      return base === undefined ? chunk.ack[i] : (chunk.ack[i] - base) >>> 0
    }),
    'tcp.nxtseq': header((chunk, i, row, tables) => {
      const flags = chunk.flags[i]
      const occupies = (flags & FLAG.syn ? 1 : 0) + (flags & FLAG.fin ? 1 : 0)
      return (sequence(chunk, i, row, tables) + payload(chunk, i, row, tables) + occupies) >>> 0
    }, true),
    'tcp.flags': header((chunk, i) => chunk.flags[i] & TCP_FLAGS_MASK),
    'tcp.flags.fin': bit(FLAG.fin),
    'tcp.flags.syn': bit(FLAG.syn),
    'tcp.flags.reset': bit(FLAG.rst),
    'tcp.flags.push': bit(FLAG.psh),
    'tcp.flags.ack': bit(FLAG.ack),
    'tcp.flags.urg': bit(FLAG.urg),
    'tcp.flags.ece': bit(FLAG.ece),
    'tcp.flags.cwr': bit(FLAG.cwr),
    'tcp.flags.ae': bit(FLAG.ae),
    'tcp.window_size_value': column(({ window }) => window),
    'tcp.len': {
      read(block, values, presence, context) {
        payloadReader.read(block, values, presence, context)
        const { tcp } = context.tables
        // Segments whose length can't be told: what the bytes say is left to them.
        for (const row of tcp.withoutLength(block.firstRow + block.from, block.firstRow + block.to)) {
          const i = row - block.firstRow
          if (presence[i] >= PRESENCE.partial) presence[i] = PRESENCE.unknown
        }
      },
    } satisfies ColumnReader,
  }).map(([name, reader]) => [name, [reader]]),
)

function field(name: string, type: FilterField['type'], description: string, reader: ColumnReader): FilterField {
  return { name: `tcp.${name}`, type, description, columns: [reader], decoded: false }
}

const label = (name: Label, description: string): FilterField =>
  field(`analysis.${name}`, 'none', description, labelled(LABEL[name]))

/** Labels that are no reason to look at the packet are not among Wireshark's flags. */
const FLAGS_MASK = Object.values(LABEL).reduce((all, one) => all | one, 0) & ~LABEL.partial_ack

const roundTrip: ReadNumber = (chunk, i, _row, { packets }) => {
  const rtt = chunk.acked[i] === 0 ? 0 : chunk.time[i] - packets.time(chunk.acked[i] - 1)
  return rtt > 0 ? rtt : NaN
}

const sinceRow = (row: number | undefined, chunk: PacketChunk, i: number, { packets }: CaptureTables): number =>
  row === undefined ? NaN : chunk.time[i] - packets.time(row)

/** What only the analysis of the whole connection can tell. */
export const TCP_ANALYSIS: readonly FilterField[] = [
  field('stream', 'uint', 'Stream index', streamReader(TRANSPORT.tcp)),
  field('connection.syn', 'none', 'A connection is asked for', flagged(FLAG.syn | FLAG.ack, FLAG.syn)),
  field('connection.synack', 'none', 'A connection is accepted', flagged(FLAG.syn | FLAG.ack, FLAG.syn | FLAG.ack)),
  field('connection.fin', 'none', 'An end has no more to send', flagged(FLAG.fin, FLAG.fin)),
  field('connection.rst', 'none', 'A connection is reset', flagged(FLAG.rst, FLAG.rst)),
  field(
    'window_size',
    'uint',
    'Calculated window size',
    analysed((_chunk, _i, row, { tcp }) => tcp.scaledWindow(row)),
  ),
  field(
    'time_relative',
    'duration',
    'Time since the first frame of this TCP stream',
    analysed((chunk, i, _row, { conversations, packets }) => {
      return chunk.time[i] - packets.time(conversations.firstRow(chunk.conversation[i]))
    }),
  ),
  field('time_delta', 'duration', 'Time since the frame before in this TCP stream', {
    read(block, values, presence, { tables }) {
      const previous = StreamTimes.of(tables.packets).previous(block.firstRow / CHUNK_ROWS)
      const { flags, time } = block.chunk
      for (let i = block.from; i < block.to; i++) {
        values[i] = time[i] - previous[i]
        presence[i] = (flags[i] & FLAG.tcp) === 0 ? PRESENCE.absent : PRESENCE.present
      }
    },
  }),
  field(
    'analysis',
    'none',
    'SEQ/ACK analysis',
    analysed((chunk, i) => ((chunk.labels[i] | chunk.acked[i] | chunk.bytesInFlight[i]) === 0 ? NaN : 1)),
  ),
  field('analysis.flags', 'none', 'Any of the TCP analysis flags', labelled(FLAGS_MASK)),
  label('retransmission', 'Suspected retransmission (also fast and spurious ones)'),
  label('fast_retransmission', 'Suspected fast retransmission'),
  label('spurious_retransmission', 'Suspected spurious retransmission: the bytes had been acknowledged'),
  label('out_of_order', 'Suspected out-of-order segment'),
  label('lost_segment', 'A segment before this one was not captured'),
  label('ack_lost_segment', 'Acknowledges a segment that was not captured'),
  label('duplicate_ack', 'Duplicate ACK'),
  label('keep_alive', 'Keep-alive'),
  label('keep_alive_ack', 'Answer to a keep-alive'),
  label('window_full', 'The receive window is now full'),
  label('zero_window', 'The receiver has no room left'),
  label('zero_window_probe', 'Asks whether there is room again'),
  label('zero_window_probe_ack', 'Answer to a zero window probe'),
  label('window_update', 'Window update'),
  label('reused_ports', 'A new connection with the ports of an earlier one'),
  label('partial_ack', 'Acknowledges part of a segment'),
  field(
    'analysis.acks_frame',
    'uint',
    'Frame of the segment that this one acknowledges',
    analysed((chunk, i, _, { packets }) => (chunk.acked[i] === 0 ? NaN : packets.frame(chunk.acked[i] - 1))),
  ),
  field('analysis.ack_rtt', 'duration', 'Time between the segment and its ACK', analysed(roundTrip)),
  field(
    'analysis.initial_rtt',
    'duration',
    'Round-trip time of the handshake',
    analysed((chunk, i, row, { tcp }) => {
      const id = chunk.conversation[i]
      return tcp.showsInitialRtt(row, id) ? tcp.initialRtt(id) : NaN
    }),
  ),
  field(
    'analysis.bytes_in_flight',
    'uint',
    'Bytes sent and not yet acknowledged',
    analysed((chunk, i) => (chunk.bytesInFlight[i] === 0 ? NaN : chunk.bytesInFlight[i])),
  ),
  field(
    'analysis.duplicate_ack_num',
    'uint',
    'How many duplicates of the ACK there have been',
    analysed((chunk, i, row, { tcp }) => {
      return chunk.labels[i] & LABEL.duplicate_ack ? (tcp.duplicateAck(row)?.number ?? NaN) : NaN
    }),
  ),
  field(
    'analysis.duplicate_ack_frame',
    'uint',
    'Frame of the ACK that is repeated',
    analysed((chunk, i, row, { packets, tcp }) => {
      return chunk.labels[i] & LABEL.duplicate_ack ? packets.frame(tcp.duplicateAck(row)?.original ?? NaN) : NaN
    }),
  ),
  field(
    'analysis.rto',
    'duration',
    'How long the sender waited before this retransmission',
    analysed((chunk, i, row, tables) => {
      if ((chunk.labels[i] & LABEL.retransmission) === 0) return NaN
      return sinceRow(tables.tcp.retransmissionSince(row), chunk, i, tables)
    }),
  ),
  field(
    'analysis.rto_frame',
    'uint',
    'Frame that the retransmission time-out counts from',
    analysed((chunk, i, row, { packets, tcp }) => {
      return chunk.labels[i] & LABEL.retransmission ? packets.frame(tcp.retransmissionSince(row) ?? NaN) : NaN
    }),
  ),
]
