import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { decodeFrame } from '../../decode/decode.ts'
import { emptyPacket, Packet } from '../../decode/packet.ts'
import { NO_INTERFACE } from '../../columns/packet-columns.ts'
import { Excerpts } from './excerpts.ts'
import { columnTest, needsBytes } from './filter-columns.ts'
import { type Needles, needlesOf } from './filter-needles.ts'
import type { BytesWanted } from '../frame-bytes.ts'
import { wantedOf } from './filter-headers.ts'
import { fulfils } from './filter-evaluate.ts'
import type { CaptureTables } from '../capture-tables.ts'
import type { Block, ColumnTest, ReaderContext } from './filter-field.ts'
import type { Needle } from '../../../common/model/needle.ts'
import { type FilterTest, testFields } from './filter-test.ts'
import { PacketValues } from './packet-values.ts'
import { StackLayers } from '../stack-layers.ts'

/** A filter ready to run over the tables of one capture, which may still grow. */
export class CompiledFilter {
  readonly #context: ReaderContext
  readonly #test: FilterTest
  readonly #columns: ColumnTest
  readonly #needles: Needles
  #withoutNeedles: ColumnTest | undefined
  readonly #values: PacketValues
  readonly #wanted: BytesWanted | undefined
  /** What it asks of bytes that many packets have at the same place: what was fetched of them columns tell. */
  readonly excerpts: Excerpts
  readonly #packet = new Packet()
  /** Packets yet to come can change what it says of earlier ones. */
  readonly changes: boolean

  constructor(test: FilterTest, tables: CaptureTables) {
    const context = { tables, layers: new StackLayers(tables.stacks) }
    this.excerpts = new Excerpts(test, context)
    this.#context = { ...context, placed: (operand) => this.excerpts.reader(operand) }
    this.#test = test
    this.#columns = columnTest(test, this.#context)
    this.#needles = needlesOf(test)
    this.#values = new PacketValues(test, this.#context)
    this.#wanted = wantedOf(test)
    this.changes = Array.from(testFields(test)).some((field) => field.changes)
  }

  /** See needsBytes in filter-columns.ts. */
  get needsBytes(): boolean {
    return needsBytes(this.#test)
  }

  /** How much of frames it looks at. */
  get wanted(): BytesWanted | undefined {
    return this.#wanted
  }

  /** Writes an OUTCOME for each place of the block, from the columns alone. */
  columns(block: Block, out: Uint8Array): void {
    this.#columns(block, out, 0)
  }

  /** Runs of bytes that make a difference: see `withoutNeedles`. */
  get needles(): readonly Needle[] {
    return this.#needles.needles
  }

  /** The same for packets whose frames hold none of the needles: of most of them that is known without looking at them. */
  withoutNeedles(block: Block, out: Uint8Array): void {
    this.#withoutNeedles ??= columnTest(this.#test, this.#context, this.#needles.leaves)
    this.#withoutNeedles(block, out, 0)
  }

  /** Whether the packet at `row` matches; its frame is `bytes[at, end)`, of which no more need be there than is wanted. */
  matches(row: number, bytes: Uint8Array, at: number, end: number): boolean {
    const { tables } = this.#context
    const chunk = tables.packets.chunk(row)
    const i = row % CHUNK_ROWS
    const id = chunk.interface[i]
    const packet = id === NO_INTERFACE ? emptyPacket(bytes, at, end) : this.#packet
    if (id !== NO_INTERFACE)
      decodeFrame(packet, bytes, at, end - at, chunk.length[i], tables.interfaces[id]?.linkType ?? -1)
    this.#values.load(row, packet)
    return fulfils(this.#test, this.#values)
  }
}
