import { payloadProtocol } from '../../application/payload.ts'
import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { payloadProtocolOf } from '../../decode/application-fields.ts'
import { FieldCollector, type FieldValue } from '../../decode/fields.ts'
import { Packet } from '../../decode/packet.ts'
import { PROTOCOLS } from '../../decode/protocols.ts'
import { ColumnValues } from './column-values.ts'
import type { ValueSource } from './filter-evaluate.ts'
import type { FilterField, FilterValue, ReaderContext } from './filter-field.ts'
import { type FilterTest, leafOperands, leaves, testFields } from './filter-test.ts'
import { carriedBy, packetContextOf } from '../packet-context-of.ts'
import { info, protocol } from '../packet-rows.ts'

/** What these mean depends on the packets before: relative sequence numbers, and the window's scale. */
const BY_CONTEXT: ReadonlySet<string> = new Set([
  ...['tcp.seq', 'tcp.ack', 'tcp.nxtseq', 'tcp.options.sack_le', 'tcp.options.sack_re'],
  'tcp.window_size_scalefactor',
])
/** May be in the packets that follow, those of TLS only. */
const SERVER_NAME = 'tls.handshake.extensions_server_name'

interface Found {
  readonly values: FilterValue[]
  /** For each value: in which of its protocol's layers it was, from 1. */
  readonly layers: number[]
  /** Of a protocol. */
  readonly lengths: number[]
  /** The protocol that the field belongs to; undefined: it is one. */
  readonly protocol: string | undefined
  /** Whether anybody asks for those of one layer. */
  readonly layered: boolean
}

/** The values that a filter's fields have in one packet, read from its bytes; what only the columns know, from there. */
export class PacketValues implements ValueSource {
  readonly #context: ReaderContext
  readonly #columns: ColumnValues
  readonly #collector: FieldCollector
  readonly #found = new Map<string, Found>()
  /** The same, to go through. */
  readonly #lists: readonly Found[]
  /** Those of protocols, by layer. */
  readonly #layers: (Found | undefined)[] = []
  readonly #frame: Found | undefined
  readonly #listedProtocol: Found | undefined
  readonly #listedInfo: Found | undefined
  /** Fields that only columns have are asked for. */
  readonly #asksColumns: boolean
  readonly #countsLayers: boolean
  readonly #layersSeen = new Map<string, number>()
  /** Protocols in payloads. */
  readonly #payload = new Set<string>()
  #packet = new Packet()
  #wantsContext = false
  #wantsServerName = false
  #wantsFrames = false

  constructor(test: FilterTest, context: ReaderContext) {
    this.#context = context
    this.#columns = new ColumnValues(context)
    // The fields, and the protocols whose layers are counted.
    const wanted = new Set<string>()
    const layered = new Set<FilterField>()
    for (const leaf of leaves(test)) {
      for (const one of leafOperands(leaf)) if (one.kind === 'field' && one.layer !== undefined) layered.add(one.field)
    }
    for (const field of testFields(test)) {
      if (!field.decoded) continue
      const protocol = field.type === 'protocol' ? undefined : protocolOf(field.name)
      const found: Found = { values: [], layers: [], lengths: [], protocol, layered: layered.has(field) }
      this.#found.set(field.name, found)
      wanted.add(field.name)
      const layer = field.type === 'protocol' ? PROTOCOLS.indexOf(field.name) : -1
      if (layer > 0) this.#layers[layer] = found
      const payload = payloadProtocolOf(field.name)
      if (payload === field.name) this.#payload.add(field.name)
      if (payload === 'http2' || payload === 'grpc') this.#wantsFrames = true
      if (protocol === undefined) continue
      if (found.layered) wanted.add(protocol)
      if (BY_CONTEXT.has(field.name)) this.#wantsContext = true
      if (field.name === SERVER_NAME) this.#wantsServerName = true
    }
    this.#countsLayers = layered.size > 0
    this.#lists = Array.from(this.#found.values())
    this.#frame = this.#found.get('frame')
    this.#listedProtocol = this.#found.get('_ws.col.protocol')
    this.#listedInfo = this.#found.get('_ws.col.info')
    this.#collector = new FieldCollector(wanted, this.#take)
    this.#asksColumns = Array.from(testFields(test)).some(({ decoded }) => !decoded)
  }

  /** From now on the values are those of this packet, which is the one at `row`. */
  load(row: number, packet: Packet): void {
    const { tables } = this.#context
    if (this.#asksColumns) {
      const chunk = tables.packets.chunk(row)
      const i = row % CHUNK_ROWS
      this.#columns.at({ chunk, firstRow: row - i, from: i, to: i + 1 }, i)
    }
    if (this.#lists.length === 0) return
    for (const { values, layers, lengths } of this.#lists) {
      empty(values)
      empty(layers)
      empty(lengths)
    }
    if (this.#layersSeen.size > 0) this.#layersSeen.clear()
    this.#packet = packet
    // Costs as much as all the rest: only where it says something.
    const carries = this.#wantsFrames && carriedBy(this.#context.tables, row) !== undefined
    const wantsContext = this.#wantsContext || carries || (this.#wantsServerName && payloadProtocol(packet) === 'tls')
    const context = wantsContext ? packetContextOf(tables, row) : undefined
    this.#collector.collect(packet, context)
    if (this.#frame || this.#layers.length > 0) this.#takeProtocols(packet)
    this.#listedProtocol?.values.push(protocol(tables, packet, row))
    this.#listedInfo?.values.push(info(tables, packet, row))
  }

  values(field: FilterField, layer: number | undefined): readonly FilterValue[] {
    if (!field.decoded) return this.#columns.values(field)
    const found = this.#found.get(field.name)
    if (!found) return []
    return layer === undefined ? found.values : found.values.filter((_, i) => found.layers[i] === layer)
  }

  headerLengths(field: FilterField): readonly number[] {
    return this.#found.get(field.name)?.lengths ?? []
  }

  readonly #take = (field: string, value: FieldValue, from: number, to: number): void => {
    if (this.#countsLayers && value === field) this.#layersSeen.set(field, (this.#layersSeen.get(field) ?? 0) + 1)
    const found = this.#found.get(field)
    if (!found) return
    const { protocol } = found
    if (protocol === undefined) {
      found.lengths.push(to - from)
      // What is in no stack has no other place to come from.
      if (!this.#payload.has(field)) return
      const { bytes, start } = this.#packet
      found.values.push(bytes.subarray(start + from, start + to))
      found.layers.push(found.values.length)
      return
    }
    found.values.push(typeof value === 'boolean' ? Number(value) : value)
    if (found.layered) found.layers.push(this.#layersSeen.get(protocol) ?? 1)
  }

  /** A protocol's value is its header and all that it carries. */
  #takeProtocols({ bytes, start, end, layers, layerAt, layerLimit, layerCount }: Packet): void {
    if (this.#frame) {
      this.#frame.values.push(bytes.subarray(start, end))
      this.#frame.layers.push(1)
      this.#frame.lengths.push(end - start)
    }
    for (let i = 0; i < layerCount; i++) {
      const found = this.#layers[layers[i]]
      if (!found) continue
      const limit = Math.max(layerAt[i], Math.min(end, layerLimit[i]))
      found.values.push(bytes.subarray(layerAt[i], limit))
      found.layers.push(found.values.length)
    }
  }
}

/** Its memory stays, which setting the length to 0 would give away, for every packet. */
function empty(list: unknown[]): void {
  while (list.length > 0) list.pop()
}

/** The protocol that the field belongs to; empty if that is none that can be there more than once. */
function protocolOf(field: string): string {
  return payloadProtocolOf(field) ?? PROTOCOLS.find((name) => name !== '' && field.startsWith(`${name}.`)) ?? ''
}
