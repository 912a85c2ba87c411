import { MOST_EXCERPTS } from '../../common/model/capture-excerpts.ts'
import type { Query } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { decodingIn } from '../decode/decode.ts'
import type { ChunkTimes } from './chunk-times.ts'
import type { CompiledFilter } from './filter/compiled-filter.ts'
import type { CaptureTables } from './capture-tables.ts'
import type { AskedRows, Fetched } from './filter/excerpts.ts'
import type { Block } from './filter/filter-field.ts'
import { eachRange, type FrameRange, type ReadBytes, rowsWithNeedles } from './frame-bytes.ts'
import type { KeptExcerpts } from './filter/kept-excerpts.ts'
import { NeedleScan } from './filter/needle-scan.ts'
import { OUTCOME } from './filter/outcome.ts'
import { RowList } from './row-list.ts'
import { between, type Work } from './work.ts'

/** Of all filters: what was looked at is not looked at again. */
const spare: ArrayBuffer[] = []

/** Chunks whose excerpts are asked for at once: a request costs Chromium and the host as much as those of a chunk or two. */
const BATCH = MOST_EXCERPTS / CHUNK_ROWS

/** Rows [from, to) as far as columns tell. */
interface Looked extends AskedRows {
  readonly outcomes: Uint8Array
}

/** What else it takes is on its way. */
interface Begun extends Looked {
  readonly fetching: Promise<Fetched> | undefined
}

/** Rows [from, to), which lie in one chunk; whoever asks goes on with those up to `until`, if it goes on behind them. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly until: number
}

// Scratch, in use between two waits only.
const again = new Uint8Array(CHUNK_ROWS)
const rowScratch = new Uint32Array(CHUNK_ROWS)

/** A query's conditions, run over a few rows at a time. */
export class PacketMatch {
  readonly #tables: CaptureTables
  readonly #times: ChunkTimes
  readonly #query: Query
  readonly #filter: CompiledFilter | undefined
  readonly #excerpts: KeptExcerpts
  /** Outcomes of a chunk, to serve again: those of one are looked at while further ones are begun. */
  readonly #spare: Uint8Array[] = []
  /** Chunks behind, ascending: what they take is on its way while the ones before are looked at. */
  readonly #ahead: Begun[] = []
  /** Needles are looked for where the capture is: as long as most packets hold none. */
  #searches = true
  /** Where nobody gives excerpts, they are taken out of packets: as long as those need not be read again for the most part. */
  #readsExcerpts = true

  constructor(
    tables: CaptureTables,
    times: ChunkTimes,
    query: Query,
    filter: CompiledFilter | undefined,
    excerpts: KeptExcerpts,
  ) {
    this.#excerpts = excerpts
    this.#tables = tables
    this.#times = times
    this.#query = query
    this.#filter = filter
  }

  get #isTimed(): boolean {
    return this.#query.from !== undefined || this.#query.to !== undefined
  }

  /** Packets yet to come can change what was said of earlier ones. */
  get changes(): boolean {
    return this.#filter?.changes ?? false
  }

  /**
   * Adds the rows that match. `decided` is told when it has added all there are before a row: as packets are read, and with `to` at the
   * end. Throws Cancelled, and what `read` throws.
   */
  async run(
    { from, to, until }: Stretch,
    found: RowList,
    read: ReadBytes,
    work: Work,
    decided: (before: number) => void = () => undefined,
  ): Promise<void> {
    const begun = this.#takeAhead(from, to) ?? this.#begin([this.#lookAt(from, to)], read)[0]
    if (!begun) return decided(to)
    if (this.#filter) await this.#look(this.#filter, begun, until, found, read, work, decided)
    else addTrue(begun, from, to, found)
    this.#spare.push(begun.outcomes)
    decided(to)
  }

  #takeAhead(from: number, to: number): Begun | undefined {
    for (let [first] = this.#ahead; first; [first] = this.#ahead) {
      const { firstRow, from: start, to: end } = first.block
      if (firstRow + start > from) return undefined
      this.#ahead.shift()
      // Of a chunk that has grown meanwhile all is begun anew.
      if (firstRow + start === from && firstRow + end === to) return first
    }
    return undefined
  }

  /** Begins the chunks from `from` on, up to `until`, unless enough of them are begun. */
  #beginAhead(from: number, until: number, read: ReadBytes): void {
    const last = this.#ahead.at(-1)?.block
    if (this.#ahead.length >= BATCH) return
    let next = last ? last.firstRow + last.to : from
    const looked: (Looked | undefined)[] = []
    for (; next < until && looked.length < BATCH; next += CHUNK_ROWS)
      looked.push(this.#lookAt(next, Math.min(until, next + CHUNK_ROWS)))
    this.#ahead.push(...this.#begin(looked, read))
  }

  #begin(looked: readonly (Looked | undefined)[], read: ReadBytes): readonly Begun[] {
    const those = looked.filter((one) => one !== undefined)
    const fetching = this.#filter?.excerpts.fetch(those, read, this.#excerpts)
    return those.map((one, n): Begun => {
      const begun = { ...one, fetching: fetching?.[n] }
      // Whoever waits for it learns of it; who comes later, after a search that was ended, begins anew.
      begun.fetching?.catch(() => {
        const at = this.#ahead.indexOf(begun)
        if (at >= 0) this.#ahead.splice(at)
      })
      return begun
    })
  }

  /** Undefined where no row of [from, to) can match. */
  #lookAt(from: number, to: number): Looked | undefined {
    const number = Math.floor(from / CHUNK_ROWS)
    if (!this.#mayMatch(number, from, to)) return undefined
    const firstRow = number * CHUNK_ROWS
    const chunk = this.#tables.packets.chunks[number]
    const block: Block = { chunk, firstRow, from: from - firstRow, to: to - firstRow }
    const outcomes = this.#spare.pop() ?? new Uint8Array(CHUNK_ROWS)
    if (this.#filter) this.#filter.columns(block, outcomes)
    else outcomes.fill(OUTCOME.true, block.from, block.to)
    this.#restrict(block, number, outcomes)
    return { block, outcomes, unknown: unknownRows(block, outcomes) }
  }

  /** Adds those of `rows` (ascending), known to match the filter, that have the time and the conversation too. */
  narrow(rows: Uint32Array, found: RowList): void {
    const { from = -Infinity, to = Infinity, conversation } = this.#query
    for (let n = 0; n < rows.length;) {
      const number = Math.floor(rows[n] / CHUNK_ROWS)
      const { time, conversation: conversations } = this.#tables.packets.chunks[number]
      const next = (number + 1) * CHUNK_ROWS
      const touched = !this.#isTimed || this.#times.touches(number, from, to)
      for (; n < rows.length && rows[n] < next; n++) {
        const i = rows[n] % CHUNK_ROWS
        if (!touched || time[i] < from || time[i] >= to) continue
        if (conversation === undefined || conversations[i] === conversation) found.add(rows[n])
      }
    }
  }

  /** Decides the rows that are unknown, and adds those that match. */
  async #look(
    filter: CompiledFilter,
    begun: Begun,
    until: number,
    found: RowList,
    read: ReadBytes,
    work: Work,
    decided: (before: number) => void,
  ): Promise<void> {
    const { block, outcomes } = begun
    let next = block.firstRow + block.from
    const add = (end: number): void => {
      addTrue(begun, next, end, found)
      next = end
      decided(end)
    }
    const end = block.firstRow + block.to
    if (begun.unknown.length === 0) return add(end)
    // Those before the first that is unknown are in already.
    if (begun.unknown[0] > next) add(begun.unknown[0])
    const unknown = await this.#withExcerpts(filter, begun, until, read, work)
    const spared = filter.needles.length > 0 && unknown.length > 0 ? new Uint8Array(CHUNK_ROWS) : undefined
    if (spared) filter.withoutNeedles(block, spared)
    const rows = spared ? await this.#toRead(filter, begun, unknown, spared, read, work) : unknown
    const take = async (range: FrameRange) => {
      await between(work)
      const decide = () => this.#decide(filter, range, rows, block.firstRow, spared, outcomes)
      // With needles few frames are looked at.
      if (spared) decide()
      else decodingIn(range.bytes, decide)
      add(rows[range.last - 1] + 1)
    }
    await eachRange(this.#tables.packets, rows, read, take, {
      ...(filter.wanted && { wanted: filter.wanted }),
      spare,
    })
    add(end)
  }

  /** Decides what excerpts of packets tell; the rows that are unknown still. */
  async #withExcerpts(
    filter: CompiledFilter,
    begun: Begun,
    until: number,
    read: ReadBytes,
    work: Work,
  ): Promise<Uint32Array> {
    const { block, outcomes, unknown, fetching } = begun
    const next = block.firstRow + block.to
    // Meanwhile those of the next chunks are on their way.
    if (fetching && block.to - block.from === CHUNK_ROWS && next < until) this.#beginAhead(next, until, read)
    // Where fetching fails, reading tells why.
    const fetched = await fetching?.catch(async () => {
      await between(work)
      return undefined
    })
    const taken =
      fetched ?? (this.#readsExcerpts ? await filter.excerpts.read(block, unknown, read, spare, work) : undefined)
    await between(work)
    if (!taken) return unknown
    filter.excerpts.with(taken, () => filter.columns(block, again))
    let left = 0
    for (let n = 0; n < unknown.length; n++) {
      const i = unknown[n] - block.firstRow
      outcomes[i] = again[i]
      if (again[i] === OUTCOME.unknown) rowScratch[left++] = unknown[n]
    }
    if (!fetched) this.#readsExcerpts = unknown.length - left >= taken.places.length / 2
    return rowScratch.slice(0, left)
  }

  /** Those of the `unknown` rows that have to be read; of the others the outcome is written. */
  async #toRead(
    filter: CompiledFilter,
    { block, outcomes }: Begun,
    unknown: Uint32Array,
    spared: Uint8Array,
    read: ReadBytes,
    work: Work,
  ): Promise<Uint32Array> {
    if (!this.#searches) return unknown
    const found = await rowsWithNeedles(this.#tables.packets, unknown, filter.needles, read)
    if (!found) {
      // A search that was given up reads no packets.
      await between(work)
      return unknown
    }
    this.#searches = found.length < unknown.length / 2
    const rows = new RowList()
    let next = 0
    for (const row of unknown) {
      const outcome = spared[row - block.firstRow]
      const holds = found[next] === row
      if (holds) next++
      if (holds || outcome === OUTCOME.unknown) rows.add(row)
      else outcomes[row - block.firstRow] = outcome
    }
    return rows.view()
  }

  #decide(
    filter: CompiledFilter,
    { first, last, bytes, places, ends }: FrameRange,
    unknown: Uint32Array,
    firstRow: number,
    spared: Uint8Array | undefined,
    outcomes: Uint8Array,
  ): void {
    const scan = spared && new NeedleScan(filter.needles, bytes)
    for (let n = first; n < last; n++) {
      const row = unknown[n]
      const i = row - firstRow
      const at = places[n - first]
      const end = ends[n - first]
      if (scan && spared[i] !== OUTCOME.unknown && !scan.within(at, end)) outcomes[i] = spared[i]
      else outcomes[i] = filter.matches(row, bytes, at, end) ? OUTCOME.true : OUTCOME.false
    }
  }

  /** False when time or conversation exclude all rows of [from, to). */
  #mayMatch(chunk: number, from: number, to: number): boolean {
    const { from: start = -Infinity, to: end = Infinity, conversation } = this.#query
    if (this.#isTimed && !this.#times.touches(chunk, start, end)) return false
    if (conversation === undefined) return true
    const { conversations } = this.#tables
    if (conversation >= conversations.count) return false
    return conversations.firstRow(conversation) < to && conversations.lastRow(conversation) >= from
  }

  #restrict({ chunk, from, to }: Block, number: number, out: Uint8Array): void {
    const { from: start = -Infinity, to: end = Infinity, conversation } = this.#query
    if (conversation !== undefined) {
      const column = chunk.conversation
      for (let i = from; i < to; i++) if (column[i] !== conversation) out[i] = OUTCOME.false
    }
    if (!this.#isTimed || this.#times.within(number, start, end)) return
    const { time } = chunk
    for (let i = from; i < to; i++) if (time[i] < start || time[i] >= end) out[i] = OUTCOME.false
  }
}

/** Of four rows at a time, whether one is unknown: its low bit alone is set. */
const LOW_BITS = 0x0101_0101

function unknownRows({ firstRow, from, to }: Block, outcomes: Uint8Array): Uint32Array {
  const words = new Uint32Array(outcomes.buffer, outcomes.byteOffset, outcomes.length >> 2)
  let count = 0
  for (let i = from; i < to; i++) {
    while ((i & 3) === 0 && i < to && (words[i >> 2] & ~(words[i >> 2] >>> 1) & LOW_BITS) === 0) i += 4
    if (i < to && outcomes[i] === OUTCOME.unknown) rowScratch[count++] = firstRow + i
  }
  return rowScratch.slice(0, count)
}

/** Adds the rows of [from, to) that match. */
function addTrue({ block, outcomes }: Begun, from: number, to: number, found: RowList): void {
  const words = new Uint32Array(outcomes.buffer, outcomes.byteOffset, outcomes.length >> 2)
  const { firstRow } = block
  const end = to - firstRow
  for (let i = from - firstRow; i < end; i++) {
    // Mostly four rows at a time do not match.
    while ((i & 3) === 0 && i < end && words[i >> 2] === 0) i += 4
    if (i < end && outcomes[i] === OUTCOME.true) found.add(firstRow + i)
  }
}
