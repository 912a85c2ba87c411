import { NOTE_FIELD } from '../../../common/model/note.ts'
import { FLAG, NO_CONVERSATION } from '../../columns/packet-table.ts'
import { RESET_CAUSES } from '../../tcp/resets.ts'
import { VERDICT, VERDICTS } from '../../tcp/verdicts.ts'
import type { CaptureTables } from '../capture-tables.ts'
import { type FilterField, type FilterType, type FilterValue, PRESENCE } from './filter-field.ts'

const quoted = (words: readonly string[]): readonly string[] =>
  words.filter(Boolean).map((word) => JSON.stringify(word))

const STATES = [
  'syn-sent',
  'syn-received',
  'established',
  'closing',
  'closed',
  'reset',
  'refused',
  'mid-stream',
] as const

/** A number of the row's verdict; NaN = it has none. */
function ofVerdict(
  name: string,
  type: FilterType,
  description: string,
  number: (tables: CaptureTables, entry: number) => number,
): FilterField {
  return {
    name,
    type,
    description,
    decoded: false,
    changes: true,
    columns: [
      {
        read({ chunk, firstRow, from, to }, values, presence, { tables }) {
          for (let i = from; i < to; i++) {
            const has = chunk.verdict[i] !== VERDICT.none
            values[i] = has ? number(tables, tables.verdicts.find(firstRow + i)) : NaN
            presence[i] = Number.isNaN(values[i]) ? PRESENCE.absent : PRESENCE.present
          }
        },
      },
    ],
  }
}

/** What holds for the row's whole TCP conversation, asked once for each. */
function ofConnection(
  name: string,
  type: FilterType,
  description: string,
  entry: (tables: CaptureTables, conversation: number) => FilterValue,
  words?: readonly string[],
): FilterField {
  return {
    name,
    type,
    description,
    decoded: false,
    changes: true,
    columns: [
      {
        ofConversation: true,
        read({ chunk, from, to }, values, presence) {
          for (let i = from; i < to; i++) {
            values[i] = chunk.conversation[i]
            presence[i] = (chunk.flags[i] & FLAG.tcp) === 0 ? PRESENCE.absent : PRESENCE.present
          }
        },
        entry: (id, { tables }) => entry(tables, id),
      },
    ],
    ...(words && { known: () => quoted(words) }),
  }
}

/** hopscope.*: what Wireshark has no field for. */
export const HOPSCOPE_FIELDS: readonly FilterField[] = [
  {
    name: 'hopscope.verdict',
    type: 'string',
    description: 'What a repeated segment really is',
    decoded: false,
    changes: true,
    columns: [
      {
        read({ chunk, from, to }, values, presence) {
          for (let i = from; i < to; i++) {
            values[i] = chunk.verdict[i]
            presence[i] = values[i] === VERDICT.none ? PRESENCE.absent : PRESENCE.present
          }
        },
        entry: (id) => VERDICTS[id] ?? '',
      },
    ],
    known: () => quoted(VERDICTS),
  },
  ofVerdict('hopscope.spurious', 'bool', 'The receiver had the retransmitted bytes already', ({ verdicts }, entry) => {
    const spurious = verdicts.isSpurious(entry)
    return spurious === undefined ? NaN : Number(spurious)
  }),
  ofVerdict('hopscope.cost', 'duration', 'Time since the transmission before', ({ verdicts }, entry) => {
    return verdicts.cost(entry) || NaN
  }),
  ofVerdict('hopscope.original', 'uint', 'Frame of the transmission before', ({ packets, verdicts }, entry) => {
    return packets.frame(verdicts.original(entry) ?? NaN)
  }),
  {
    name: 'hopscope.conversation',
    type: 'uint',
    description: 'Number of the conversation in the list',
    decoded: false,
    columns: [
      {
        ofConversation: true,
        read({ chunk, from, to }, values, presence) {
          for (let i = from; i < to; i++) {
            values[i] = chunk.conversation[i]
            presence[i] = values[i] === NO_CONVERSATION ? PRESENCE.absent : PRESENCE.present
          }
        },
      },
    ],
  },
  ofConnection(
    'hopscope.state',
    'string',
    "How far the packet's connection got",
    ({ tcp }, id) => tcp.state(id),
    STATES,
  ),
  ofConnection(
    'hopscope.reset_cause',
    'string',
    "Why the packet's connection was reset",
    ({ tcp }, id) => tcp.resetCause(id) ?? '',
    RESET_CAUSES,
  ),
  ofConnection('hopscope.lost', 'duration', "Time the packet's connection stood still", ({ tcp }, id) =>
    tcp.lostNs(id),
  ),
  {
    name: NOTE_FIELD,
    type: 'string',
    description: 'Note on the packet, its conversation or its time; comment in the file',
    decoded: false,
    columns: [
      {
        read(block, values, presence, { tables: { notes } }) {
          if (notes) notes.texts.read(block, values, presence)
          else presence.fill(PRESENCE.absent, block.from, block.to)
        },
        entry: (id, { tables }) => tables.notes?.text(id) ?? '',
      },
    ],
    known: ({ notes }) => quoted(notes?.texts.all ?? []),
  },
  {
    name: 'hopscope.from_initiator',
    type: 'bool',
    description: 'Sent by the end that sent the first packet',
    decoded: false,
    columns: [
      {
        ofConversation: true,
        read({ chunk, from, to }, values, presence) {
          for (let i = from; i < to; i++) {
            values[i] = (chunk.flags[i] & FLAG.reverse) === 0 ? 1 : 0
            presence[i] = chunk.conversation[i] === NO_CONVERSATION ? PRESENCE.absent : PRESENCE.present
          }
        },
      },
    ],
  },
]
