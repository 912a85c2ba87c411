import type { Query } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { decodingIn } from '../decode/decode.ts'
import type { ChunkTimes } from './chunk-times.ts'
import type { CompiledFilter } from './filter/compiled-filter.ts'
import type { CaptureTables } from './capture-tables.ts'
import type { Block } from './filter/filter-field.ts'
import { eachRange, type FrameRange, type ReadBytes, rowsWithNeedles } from './frame-bytes.ts'
import { NeedleScan } from './filter/needle-scan.ts'
import { OUTCOME } from './filter/outcome.ts'
import { RowList } from './row-list.ts'
import { between, type Work } from './work.ts'

/** Of all filters: what was looked at is not looked at again. */
const spare: ArrayBuffer[] = []

/** A query's conditions, run over a few rows at a time. */
export class PacketMatch {
  readonly #tables: CaptureTables
  readonly #times: ChunkTimes
  readonly #query: Query
  readonly #filter: CompiledFilter | undefined
  readonly #outcomes: Uint8Array
  /** Needles are looked for where the capture is: as long as most packets hold none. */
  #searches = true

  /** `outcomes`: scratch for one chunk, in use only until a read is waited for. */
  constructor(
    tables: CaptureTables,
    times: ChunkTimes,
    query: Query,
    filter: CompiledFilter | undefined,
    outcomes: Uint8Array,
  ) {
    this.#tables = tables
    this.#times = times
    this.#query = query
    this.#filter = filter
    this.#outcomes = outcomes
  }

  get #isTimed(): boolean {
    return this.#query.from !== undefined || this.#query.to !== undefined
  }

  /** Packets yet to come can change what was said of earlier ones. */
  get changes(): boolean {
    return this.#filter?.changes ?? false
  }

  /**
   * Adds the rows of [from, to), which lie in one chunk, that match. `decided` is told when it has added all there are before a row: as
   * packets are read, and with `to` at the end. Throws Cancelled, and what `read` throws.
   */
  async run(
    from: number,
    to: number,
    found: RowList,
    read: ReadBytes,
    work: Work,
    decided: (before: number) => void = () => undefined,
  ): Promise<void> {
    const number = Math.floor(from / CHUNK_ROWS)
    const firstRow = number * CHUNK_ROWS
    const chunk = this.#tables.packets.chunks[number]
    const block: Block = { chunk, firstRow, from: from - firstRow, to: to - firstRow }
    if (!this.#mayMatch(number, from, to)) return decided(to)
    const out = this.#outcomes
    if (this.#filter) this.#filter.columns(block, out)
    else out.fill(OUTCOME.true, block.from, block.to)
    this.#restrict(block, number, out)

    const unknown = new RowList()
    gather(block, out, found, unknown)
    if (this.#filter && unknown.count > 0) {
      // The rows before the first that must be read are in already.
      const [next] = unknown.view()
      await this.#look(
        this.#filter,
        block,
        out.slice(next - firstRow, block.to),
        next,
        unknown.view(),
        found,
        read,
        work,
        decided,
      )
    }
    decided(to)
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

  /** Reads the `unknown` rows and decides; `outcomes` are those from row `next` on. */
  async #look(
    filter: CompiledFilter,
    block: Block,
    outcomes: Uint8Array,
    next: number,
    unknown: Uint32Array,
    found: RowList,
    read: ReadBytes,
    work: Work,
    decided: (before: number) => void,
  ): Promise<void> {
    const base = next
    const spared = filter.needles.length > 0 ? new Uint8Array(CHUNK_ROWS) : undefined
    if (spared) filter.withoutNeedles({ ...block, from: base - block.firstRow }, spared)
    const add = (end: number): void => {
      for (; next < end; next++) if (outcomes[next - base] === OUTCOME.true) found.add(next)
      decided(end)
    }
    const rows = spared ? await this.#toRead(filter, block.firstRow, unknown, spared, outcomes, base, read) : unknown
    const take = async (range: FrameRange) => {
      await between(work)
      const decide = () => this.#decide(filter, range, rows, block.firstRow, spared, outcomes, base)
      // With needles few frames are looked at.
      if (spared) decide()
      else decodingIn(range.bytes, decide)
      add(rows[range.last - 1] + 1)
    }
    await eachRange(this.#tables.packets, rows, read, take, {
      ...(filter.wanted && { wanted: filter.wanted }),
      spare,
    })
    add(block.firstRow + block.to)
  }

  /** Those of the `unknown` rows that have to be read; of the others the outcome is written. */
  async #toRead(
    filter: CompiledFilter,
    firstRow: number,
    unknown: Uint32Array,
    spared: Uint8Array,
    outcomes: Uint8Array,
    base: number,
    read: ReadBytes,
  ): Promise<Uint32Array> {
    if (!this.#searches) return unknown
    const found = await rowsWithNeedles(this.#tables.packets, unknown, filter.needles, read)
    if (!found) return unknown
    this.#searches = found.length < unknown.length / 2
    const rows = new RowList()
    let next = 0
    for (const row of unknown) {
      const outcome = spared[row - firstRow]
      const holds = found[next] === row
      if (holds) next++
      if (holds || outcome === OUTCOME.unknown) rows.add(row)
      else outcomes[row - base] = outcome
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
    base: number,
  ): void {
    const scan = spared && new NeedleScan(filter.needles, bytes)
    for (let n = first; n < last; n++) {
      const row = unknown[n]
      const at = places[n - first]
      const end = ends[n - first]
      if (scan && spared[row - firstRow] !== OUTCOME.unknown && !scan.within(at, end)) {
        outcomes[row - base] = spared[row - firstRow]
      } else outcomes[row - base] = filter.matches(row, bytes, at, end) ? OUTCOME.true : OUTCOME.false
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

/** Adds the rows that match to `found`, up to the first that is unknown; all that are unknown to `unknown`. */
function gather({ firstRow, from, to }: Block, out: Uint8Array, found: RowList, unknown: RowList): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length >> 2)
  for (let i = from; i < to; i++) {
    // Mostly four rows at a time do not match.
    while ((i & 3) === 0 && words[i >> 2] === 0 && i < to) i += 4
    if (i >= to) return
    if (out[i] === OUTCOME.unknown) unknown.add(firstRow + i)
    else if (out[i] === OUTCOME.true && unknown.count === 0) found.add(firstRow + i)
  }
}
