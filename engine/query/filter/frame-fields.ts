import { FLAG } from '../../columns/packet-table.ts'
import { DECODE_ERROR } from '../../decode/packet.ts'
import { NO_INTERFACE } from '../../columns/packet-columns.ts'
import { type Block, type ColumnReader, type FilterField, type FilterType, PRESENCE } from './filter-field.ts'

type ReadNumber = (block: Block, i: number) => number

/** A number that every frame has. */
function always(number: ReadNumber): ColumnReader {
  return {
    read(block, values, presence) {
      for (let i = block.from; i < block.to; i++) values[i] = number(block, i)
      presence.fill(PRESENCE.present, block.from, block.to)
    },
  }
}

function field(name: string, type: FilterType, description: string, reader: ColumnReader): FilterField {
  return { name, type, description, columns: [reader], decoded: false }
}

/** The row's interface, as a number in the dictionary of interfaces; custom blocks have none. */
const readInterface: ColumnReader['read'] = (block, values, presence) => {
  for (let i = block.from; i < block.to; i++) {
    values[i] = block.chunk.interface[i]
    presence[i] = values[i] === NO_INTERFACE ? PRESENCE.absent : PRESENCE.present
  }
}

const WORDS: Readonly<Record<number, string>> = {
  [DECODE_ERROR.malformed]: 'malformed',
  [DECODE_ERROR.cut]: 'cut',
  [DECODE_ERROR.tooDeep]: 'too deep',
  [DECODE_ERROR.notDecoded]: 'not decoded',
}

/** frame.*: what is known of a frame without looking into it. */
export const FRAME_FIELDS: readonly FilterField[] = [
  { name: 'frame', type: 'protocol', description: 'Frame', decoded: true },
  field('frame.number', 'uint', 'Frame Number', {
    read({ firstRow, from, to }, values, presence, { tables }) {
      const first = tables.packets.frame(firstRow)
      for (let i = from; i < to; i++) values[i] = first + i
      presence.fill(PRESENCE.present, from, to)
    },
  }),
  field(
    'frame.len',
    'uint',
    'Frame length on the wire',
    always(({ chunk }, i) => chunk.length[i]),
  ),
  field(
    'frame.cap_len',
    'uint',
    'Frame length stored into the capture file',
    always(({ chunk }, i) => chunk.capturedLength[i]),
  ),
  field('frame.time', 'time', 'Arrival Time', always(readTime)),
  field('frame.time_epoch', 'time', 'Arrival time, seconds since 1970', always(readTime)),
  field('frame.time_relative', 'duration', 'Time since the first frame', always(readTime)),
  field('frame.time_delta', 'duration', 'Time since the frame before', {
    read({ chunk, firstRow, from, to }, values, presence, { tables }) {
      let before = firstRow + from === 0 ? chunk.time[0] : tables.packets.time(firstRow + from - 1)
      for (let i = from; i < to; i++) {
        values[i] = chunk.time[i] - before
        before = chunk.time[i]
      }
      presence.fill(PRESENCE.present, from, to)
    },
  }),
  field('frame.interface_id', 'uint', 'Interface id', { read: readInterface }),
  {
    ...field('frame.interface_name', 'string', 'Interface name', {
      read: readInterface,
      entry: (id, { tables }) => tables.interfaces[id]?.name ?? '',
    }),
    known: ({ interfaces }) => interfaces.flatMap(({ name }) => (name === undefined ? [] : [JSON.stringify(name)])),
  },
  {
    ...field('frame.protocols', 'string', 'Protocols in frame, outermost first', {
      read({ chunk, from, to }, values, presence) {
        for (let i = from; i < to; i++) values[i] = chunk.stack[i]
        presence.fill(PRESENCE.present, from, to)
      },
      entry: (id, { tables }) => tables.stacks.name(id),
    }),
    known: ({ stacks }) => Array.from({ length: stacks.count }, (_, i) => JSON.stringify(stacks.name(i))).slice(1),
  },
  field('frame.comment', 'string', 'Comment in the capture file', {
    read({ firstRow, from, to }, values, presence, { tables: { packetComments } }) {
      for (let i = from; i < to; i++) {
        values[i] = firstRow + i
        presence[i] = packetComments?.has(firstRow + i) ? PRESENCE.present : PRESENCE.absent
      }
    },
    entry: (row, { tables }) => tables.packetComments?.get(row)?.join('\n') ?? '',
  }),
  field(
    'frame.cut',
    'bool',
    'The snap length cut bytes off the frame',
    always(({ chunk }, i) => (chunk.flags[i] & FLAG.cut ? 1 : 0)),
  ),
  {
    ...field('frame.error', 'uint', 'Why decoding stopped early', {
      read({ chunk, from, to }, values, presence) {
        for (let i = from; i < to; i++) {
          values[i] = chunk.error[i]
          presence[i] = values[i] === DECODE_ERROR.none ? PRESENCE.absent : PRESENCE.present
        }
      },
    }),
    names: WORDS,
  },
  field('_ws.malformed', 'none', 'A header contradicts the lengths around it', {
    read({ chunk, from, to }, values, presence) {
      for (let i = from; i < to; i++) {
        values[i] = 1
        presence[i] = chunk.error[i] === DECODE_ERROR.malformed ? PRESENCE.present : PRESENCE.absent
      }
    },
  }),
]

function readTime({ chunk }: Block, i: number): number {
  return chunk.time[i]
}
