import { LONGEST_EXCERPT } from '../../../common/model/capture-excerpts.ts'
import { DECODE_ERROR } from '../../decode/packet-codes.ts'
import { eachRange, type FrameRange, type ReadBytes } from '../frame-bytes.ts'
import { between, type Work } from '../work.ts'
import { type Block, type ColumnReader, PRESENCE, type ReaderContext } from './filter-field.ts'
import { vectors } from './column-vectors.ts'
import { type FilterTest, leaves, type Operand } from './filter-test.ts'
import type { KeptExcerpts } from './kept-excerpts.ts'
import { NOWHERE, type PlacedOperand, placedOperand, placeIn, UNTOLD } from './placed-operands.ts'

/** Fewer packets are as quickly read. */
const LEAST_ROWS = 32

/** The same bytes of many packets of a chunk: as many of each, from where the first of a filter's placed operands is. */
export interface Fetched {
  /** The packets' places in the chunk. */
  readonly places: Uint16Array
  readonly width: number
  readonly bytes: Uint8Array
  /** Of other packets nobody asked. */
  readonly isAll: boolean
}

/** Rows of a block, ascending, of which columns do not tell enough. */
export interface AskedRows {
  readonly block: Block
  readonly unknown: Uint32Array
}

const NO_PLACES = new Uint16Array(0)

const UNREAD: ColumnReader = { read: () => undefined }

/** One operand's places by head, in bytes from the frame's first. */
interface Placed {
  readonly operand: PlacedOperand
  readonly reader: ColumnReader
  places: Int32Array
}

/**
 * What a filter asks of bytes that stand at the same place in all packets with a head: these few bytes of packets are fetched, and read as
 * columns are, without decoding a frame.
 */
export class Excerpts {
  readonly #context: ReaderContext
  readonly #placed = new Map<string, Placed>()
  /** Where excerpts begin, by head; UNTOLD: packets with the head are not fetched. */
  #starts = new Int32Array(0)
  #heads = 0
  #width = 0
  #fetched: Fetched | undefined

  constructor(test: FilterTest, context: ReaderContext) {
    this.#context = context
    for (const leaf of leaves(test)) {
      const found: PlacedOperand[] = []
      const isColumnar = vectors(leaf, (operand) => {
        const placed = placedOperand(operand)
        if (placed) found.push(placed)
        return placed && UNREAD
      })
      if (isColumnar) for (const operand of found) this.#add(operand)
    }
  }

  /** How the operand is read of the packets that were fetched; of others it is not known. */
  reader(operand: Operand): ColumnReader | undefined {
    const placed = placedOperand(operand)
    return placed && this.#placed.get(placed.key)?.reader
  }

  /**
   * Asks at once for what it takes of the rows of each, and is not kept; undefined for those where nobody gives that, or it is not worth it.
   */
  fetch(asked: readonly AskedRows[], read: ReadBytes, kept: KeptExcerpts): readonly (Promise<Fetched> | undefined)[] {
    const wanted = asked.map(({ block, unknown }) => (read.excerpts ? this.#placesOf(block, unknown) : undefined))
    const what = this.#what
    const known = wanted.map((those, n) => those && kept.find(what, asked[n].block.firstRow, those))
    const places = wanted.map((those, n) => (known[n] ? undefined : those))
    const width = this.#width
    const offsets = this.#offsetsOf(asked, places)
    const answer = offsets && read.excerpts?.(width, offsets)
    let first = 0
    return asked.map(({ block, unknown }, n) => {
      const found = known[n]
      if (found) return Promise.resolve({ ...found, isAll: wanted[n]?.length === unknown.length })
      const those = places[n]
      if (!those || !answer) return undefined
      const begin = first * width
      first += those.length
      return answer.then((all) => {
        const bytes = all.subarray(begin, begin + those.length * width)
        const there = those.subarray(0, Math.floor(bytes.length / width))
        const fetched = { places: there, width, bytes, isAll: there.length === unknown.length }
        if (there.length === those.length) kept.keep(what, block.firstRow, fetched)
        return fetched
      })
    })
  }

  /** Which bytes these are, in packets with the same head. */
  get #what(): string {
    return Array.from(this.#placed.keys()).toSorted().join()
  }

  /** Where excerpts begin; undefined where these do not ascend, or there are none. */
  #offsetsOf(asked: readonly AskedRows[], places: readonly (Uint16Array | undefined)[]): Float64Array | undefined {
    const offsets = new Float64Array(places.reduce((sum, those) => sum + (those?.length ?? 0), 0))
    const starts = this.#starts
    let count = 0
    let before = 0
    for (const [n, { block }] of asked.entries()) {
      const { head, offset } = block.chunk
      const those = places[n] ?? NO_PLACES
      for (let k = 0; k < those.length; k++) {
        const i = those[k]
        const at = offset[i] + starts[head[i]]
        if (at < before) return undefined
        offsets[count++] = before = at
      }
    }
    return count > 0 ? offsets : undefined
  }

  /** Readers tell of what was fetched while `ask` runs. */
  with(fetched: Fetched, ask: () => void): void {
    this.#fetched = fetched
    ask()
    this.#fetched = undefined
  }

  /** The same, out of the packets, which are read. */
  async read(
    block: Block,
    asked: Uint32Array,
    read: ReadBytes,
    spare: ArrayBuffer[],
    work: Work,
  ): Promise<Fetched | undefined> {
    const wanted = this.#placesOf(block, asked)
    if (!wanted) return undefined
    const { chunk, firstRow } = block
    const width = this.#width
    const places = new Uint16Array(wanted.length)
    const bytes = new Uint8Array(wanted.length * width)
    let count = 0
    const rows = Uint32Array.from(wanted, (i) => firstRow + i)
    const take = async (range: FrameRange) => {
      await between(work)
      for (let n = range.first; n < range.last; n++) {
        const i = wanted[n]
        const at = range.places[n - range.first]
        // What the capture no longer has is left to who reads frames.
        if (range.ends[n - range.first] - at < chunk.capturedLength[i]) continue
        const start = at + this.#starts[chunk.head[i]]
        const end = Math.min(start + width, range.bytes.length)
        for (let from = start, into = count * width; from < end; from++) bytes[into++] = range.bytes[from]
        places[count++] = i
      }
    }
    await eachRange(this.#context.tables.packets, rows, read, take, { spare })
    return { places: places.subarray(0, count), width, bytes, isAll: count === asked.length }
  }

  /** The rows of which excerpts tell something, as places in the chunk; undefined where they are too few. */
  #placesOf({ chunk: { head, error }, firstRow }: Block, rows: Uint32Array): Uint16Array | undefined {
    if (this.#placed.size === 0 || rows.length < LEAST_ROWS) return undefined
    this.#look()
    const places = new Uint16Array(rows.length)
    let count = 0
    const starts = this.#starts
    for (let n = 0; n < rows.length; n++) {
      const i = rows[n] - firstRow
      // Where a header is cut, what is there of it is what was captured; a malformed one ends where lengths say.
      const isSound = error[i] === DECODE_ERROR.none || error[i] === DECODE_ERROR.cut
      if (isSound && starts[head[i]] >= 0) places[count++] = i
    }
    if (count < LEAST_ROWS) return undefined
    // Whoever keeps them keeps no more than them.
    return count < rows.length ? places.slice(0, count) : places
  }

  #add(operand: PlacedOperand): void {
    if (this.#placed.has(operand.key)) return
    const placed: Placed = {
      operand,
      places: new Int32Array(0),
      reader: { read: (block, values, presence) => this.#readOperand(placed, block, values, presence) },
    }
    this.#placed.set(operand.key, placed)
  }

  #readOperand({ operand, places }: Placed, block: Block, values: Float64Array, presence: Uint8Array): void {
    const { head, capturedLength, payloadLength, stack } = block.chunk
    const { field, base, size, mask = 0 } = operand
    const having = field.layers && this.#context.layers.having(field.layers)
    const fetched = this.#fetched
    if (!fetched?.isAll) {
      // What holds where nothing was fetched.
      if (having) for (let i = block.from; i < block.to; i++) presence[i] = having[stack[i]]
      else presence.fill(PRESENCE.unknown, block.from, block.to)
      field.rows?.(block, presence, this.#context)
    }
    if (!fetched) return
    const { bytes, width } = fetched
    const starts = this.#starts
    const isPayload = base === 'tcp.payload' || base === 'udp.payload'
    for (let n = 0; n < fetched.places.length; n++) {
      const i = fetched.places[n]
      const number = head[i]
      const place = places[number]
      if (place === UNTOLD) {
        if (fetched.isAll) presence[i] = having ? having[stack[i]] : PRESENCE.unknown
        continue
      }
      const isThere =
        place !== NOWHERE &&
        place + size <= capturedLength[i] &&
        (!isPayload || operand.from + size <= payloadLength[i])
      if (!isThere) {
        presence[i] = PRESENCE.absent
        continue
      }
      let at = n * width + place - starts[number]
      const end = at + size
      let value = bytes[at]
      while (++at < end) value = value * 256 + bytes[at]
      values[i] = mask === 0 ? value : value & mask
      presence[i] = PRESENCE.present
    }
  }

  /** Takes in the heads that are new. */
  #look(): void {
    const { heads } = this.#context.tables
    const count = Math.max(1, heads.count)
    if (count === this.#heads) return
    this.#heads = count
    this.#starts = new Int32Array(count).fill(UNTOLD)
    for (const placed of this.#placed.values())
      placed.places = Int32Array.from({ length: count }, (_, head) => placeIn(heads, head, placed.operand))
    for (let head = 0; head < count; head++) this.#lookAt(head)
  }

  #lookAt(head: number): void {
    let start = Infinity
    let end = 0
    for (const { operand, places } of this.#placed.values()) {
      const place = places[head]
      if (place < 0) continue
      start = Math.min(start, place)
      end = Math.max(end, place + operand.size)
    }
    if (end === 0 || end - start > LONGEST_EXCERPT) return
    this.#starts[head] = start
    this.#width = Math.max(this.#width, end - start)
  }
}
