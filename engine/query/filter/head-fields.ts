import { HEAD, type HeadTable } from '../../columns/head-table.ts'
import { decodeFrame } from '../../decode/decode.ts'
import { FieldCollector, FIELDS, fieldLayers } from '../../decode/fields.ts'
import { Packet } from '../../decode/packet.ts'
import {
  type ColumnReader,
  type FilterField,
  type FilterType,
  type FilterValue,
  PRESENCE,
  type ReaderContext,
} from './filter-field.ts'
import { OUTCOME } from './outcome.ts'

/** Fields of link and IP headers that are the same in all packets with a head; see HeadTable. */
const TOLD: ReadonlySet<string> = new Set([
  ...['eth.dst', 'eth.src', 'eth.dst.lg', 'eth.dst.ig', 'eth.src.lg', 'eth.src.ig', 'eth.type'],
  ...['vlan.priority', 'vlan.dei', 'vlan.id', 'vlan.etype'],
  ...['ip.version', 'ip.hdr_len', 'ip.dsfield', 'ip.dsfield.dscp', 'ip.dsfield.ecn', 'ip.ttl', 'ip.proto'],
  ...['ip.flags', 'ip.flags.rb', 'ip.flags.df', 'ip.flags.mf', 'ip.frag_offset'],
  ...['ip.opt.type', 'ip.opt.len', 'ip.options'],
  ...['ipv6.version', 'ipv6.tclass', 'ipv6.tclass.dscp', 'ipv6.tclass.ecn', 'ipv6.nxt', 'ipv6.hlim'],
])

/** How columns tell the field: what it says for each head, where packets have one. Undefined where heads do not tell it. */
export function headColumns(name: string, type: FilterType): readonly ColumnReader[] | undefined {
  if (TOLD.has(name)) return [reader(name, type)]
  if (name === 'ip.id') return [IP_ID]
  // One name for several, eth.addr for both addresses.
  const parts = Array.from(FIELDS).filter(([, { also }]) => also?.includes(name))
  return parts.length > 0 && parts.every(([part]) => TOLD.has(part))
    ? parts.map(([part]) => reader(part, type))
    : undefined
}

/** It differs from packet to packet, and is asked for most of what does: beside the heads, of packets that have one. */
const IP_ID: ColumnReader = {
  read({ chunk: { head, ipId, stack }, from, to }, values, presence, { layers }) {
    const having = layers.having(fieldLayers('ip.id'))
    for (let i = from; i < to; i++) {
      values[i] = ipId[i]
      const may = having[stack[i]]
      presence[i] = head[i] === 0 || may === PRESENCE.absent ? may : PRESENCE.present
    }
  },
}

function reader(name: string, type: FilterType): ColumnReader {
  const layers = fieldLayers(name)
  const known = new WeakMap<HeadTable, HeadValues>()
  const valuesOf = ({ tables: { heads } }: ReaderContext): HeadValues => {
    let values = known.get(heads)
    if (!values) known.set(heads, (values = new HeadValues(name, heads)))
    values.look()
    return values
  }
  const isNumber = type !== 'ether' && type !== 'bytes'
  return {
    read({ chunk, from, to }, values, presence, context) {
      const of = valuesOf(context)
      const having = context.layers.having(layers)
      const { head, stack } = chunk
      for (let i = from; i < to; i++) {
        const number = head[i]
        values[i] = isNumber ? of.numbers[number] : number
        presence[i] = number === 0 ? having[stack[i]] : of.presence[number]
      }
    },
    ...(!isNumber && { entry: (head: number, context: ReaderContext) => valuesOf(context).other(head) }),
  }
}

const TIMESTAMPS: ReadonlySet<string> = new Set([
  ...['tcp.options', 'tcp.option_kind', 'tcp.option_len', 'tcp.options.nop'],
  ...['tcp.options.timestamp', 'tcp.options.timestamp.tsval', 'tcp.options.timestamp.tsecr'],
])

/** Which rows may hold a field of TCP's options; undefined for other fields. */
export function optionRows(name: string): FilterField['rows'] {
  if (name !== 'tcp.options' && !/^tcp\.option(s\.|_)/.test(name)) return undefined
  return ({ chunk: { head }, from, to }, possible, { tables: { heads } }) => {
    const without = (options: number) =>
      options === HEAD.none ||
      (options === HEAD.timestamps && !TIMESTAMPS.has(name)) ||
      (options === HEAD.unstamped && name.startsWith('tcp.options.timestamp'))
    const none = Uint8Array.from({ length: heads.count }, (_, number) =>
      Number(number > 0 && without(heads.options(number))),
    )
    for (let i = from; i < to; i++) if (none[head[i]] === 1) possible[i] = OUTCOME.false
  }
}

/** Which rows may hold a transport's payload. */
export const payloadRows: NonNullable<FilterField['rows']> = (
  { chunk: { head, payloadLength }, from, to },
  possible,
) => {
  for (let i = from; i < to; i++) if (payloadLength[i] === 0 && head[i] !== 0) possible[i] = OUTCOME.false
}

/** The values of a field, by head. */
class HeadValues {
  readonly #heads: HeadTable
  readonly #collector: FieldCollector
  readonly #packet = new Packet()
  readonly #others = new Map<number, FilterValue>()
  #found: FilterValue[] = []
  /** Heads looked at; number 0 is none. */
  #looked = 1
  numbers = new Float64Array(64)
  /** Where a head has more than one value its packets are read. */
  presence = new Uint8Array(64)

  constructor(name: string, heads: HeadTable) {
    this.#heads = heads
    this.#collector = new FieldCollector(new Set([name]), (_name, value) =>
      this.#found.push(typeof value === 'boolean' ? Number(value) : value),
    )
  }

  other(head: number): FilterValue {
    return this.#others.get(head) ?? 0
  }

  /** Looks at the heads that are new. */
  look(): void {
    const { count } = this.#heads
    if (count <= this.#looked) return
    if (count > this.numbers.length) this.#grow(count)
    for (; this.#looked < count; this.#looked++) this.#lookAt(this.#looked)
  }

  #lookAt(head: number): void {
    const frame = this.#heads.frame(head)
    decodeFrame(this.#packet, frame, 0, frame.length, frame.length, this.#heads.linkType(head))
    this.#found = []
    this.#collector.collect(this.#packet)
    const [value] = this.#found
    this.presence[head] = [PRESENCE.absent, PRESENCE.present][this.#found.length] ?? PRESENCE.unknown
    if (typeof value === 'number') this.numbers[head] = value
    else if (value !== undefined) this.#others.set(head, value)
  }

  #grow(count: number): void {
    const { numbers, presence } = this
    this.numbers = new Float64Array(Math.max(count, numbers.length * 2))
    this.numbers.set(numbers)
    this.presence = new Uint8Array(this.numbers.length)
    this.presence.set(presence)
  }
}
