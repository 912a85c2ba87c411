import { asksForNotes } from '../../common/model/note.ts'
import type { Query } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { ChunkTimes } from './chunk-times.ts'
import type { CompiledFilter } from './compiled-filter.ts'
import { compileFilter } from './display-filter.ts'
import { fieldCatalog } from './field-catalog.ts'
import type { Block, CaptureTables } from './filter-field.ts'
import { eachFrame, type ReadBytes } from './frame-bytes.ts'
import { OUTCOME } from './outcome.ts'
import { RowList } from './row-list.ts'
import { between, Cancelled, type Work } from './work.ts'

export { Cancelled, type Work } from './work.ts'

/** Selections kept to be extended when the capture grows. */
const KEPT = 8
/** Rows looked at at a time when only the nearest match is wanted. */
const NEAR_ROWS = 4096

/** Finds the packets that queries ask for. Asked the same again while the capture grows, it looks at the new packets only. */
export class PacketSelector {
  readonly #tables: CaptureTables
  readonly #times: ChunkTimes
  // The last used is last.
  readonly #kept = new Map<string, RunningSelection>()
  readonly #outcomes = new Uint8Array(CHUNK_ROWS)

  constructor(tables: CaptureTables) {
    this.#tables = tables
    this.#times = new ChunkTimes(tables.packets)
  }

  /**
   * Rows that match, ascending; undefined = all. The bytes of packets are read where only they can tell.
   * Throws FilterError, Cancelled, and what `read` throws; asked again it goes on where it was.
   */
  async select(query: Query, read: ReadBytes, work: Work = {}): Promise<Uint32Array | undefined> {
    if (
      !query.filter?.trim() &&
      query.from === undefined &&
      query.to === undefined &&
      query.conversation === undefined
    ) {
      return undefined
    }
    const key = this.#key(query)
    const selection = this.#kept.get(key) ?? new RunningSelection(this.#match(query))
    this.#kept.delete(key)
    this.#kept.set(key, selection)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break
      this.#kept.delete(oldest)
    }
    return selection.extend(this.#tables, read, work)
  }

  /** What was found of the query so far, ascending. */
  foundSoFar(query: Query): Uint32Array {
    return this.#kept.get(this.#key(query))?.found ?? new Uint32Array(0)
  }

  /** The first row after `row` (or the last before it) that matches, undefined if there is none; -1 finds the first of all. */
  async find(
    query: Query,
    row: number,
    backward: boolean,
    read: ReadBytes,
    work: Work = {},
  ): Promise<number | undefined> {
    const match = this.#match(query)
    const { rows } = this.#tables.packets
    const step = backward ? -1 : 1
    for (let next = row + step; next >= 0 && next < rows;) {
      const edge = next - (next % NEAR_ROWS)
      const from = backward ? edge : next
      const to = backward ? next + 1 : Math.min(rows, edge + NEAR_ROWS)
      const found = new RowList()
      await match.run(from, to, found, read, work)
      if (found.count > 0) return found.view()[backward ? found.count - 1 : 0]
      next = backward ? from - 1 : to
      await between(work)
    }
    return undefined
  }

  #key({ filter, from, to, conversation }: Query): string {
    return JSON.stringify([filter, from, to, conversation, asksForNotes(filter) && this.#tables.notes?.revision])
  }

  #match(query: Query): Match {
    return new Match(
      this.#tables,
      this.#times,
      query,
      compileFilter(query.filter ?? '', fieldCatalog(), this.#tables),
      this.#outcomes,
    )
  }
}

/** A query's conditions, run over a few rows at a time. */
class Match {
  readonly #tables: CaptureTables
  readonly #times: ChunkTimes
  readonly #query: Query
  readonly #filter: CompiledFilter | undefined
  readonly #outcomes: Uint8Array

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

  get changes(): boolean {
    return this.#filter?.changes ?? false
  }

  /** Adds the rows of [from, to), which lie in one chunk, that match. */
  async run(from: number, to: number, found: RowList, read: ReadBytes, { signal }: Work): Promise<void> {
    const number = Math.floor(from / CHUNK_ROWS)
    const firstRow = number * CHUNK_ROWS
    const chunk = this.#tables.packets.chunks[number]
    const block: Block = { chunk, firstRow, from: from - firstRow, to: to - firstRow }
    if (!this.#mayMatch(number, from, to)) return
    const out = this.#outcomes
    if (this.#filter) this.#filter.columns(block, out)
    else out.fill(OUTCOME.true, block.from, block.to)
    this.#restrict(block, number, out)

    const unknown = new RowList()
    for (let i = block.from; i < block.to; i++) if (out[i] === OUTCOME.unknown) unknown.add(firstRow + i)
    if (unknown.count > 0) {
      // Reading takes turns with other queries, which use the same scratch array.
      const outcomes = out.slice(block.from, block.to)
      const filter = this.#filter
      await eachFrame(this.#tables.packets, unknown.view(), read, (row, bytes) => {
        if (filter?.matches(row, bytes, 0)) outcomes[row - from] = OUTCOME.true
        return signal?.aborted !== true
      })
      if (signal?.aborted) throw new Cancelled()
      for (let i = 0; i < outcomes.length; i++) if (outcomes[i] === OUTCOME.true) found.add(from + i)
      return
    }
    for (let i = block.from; i < block.to; i++) if (out[i] === OUTCOME.true) found.add(firstRow + i)
  }

  /** False when time or conversation exclude all rows of [from, to). */
  #mayMatch(chunk: number, from: number, to: number): boolean {
    const { from: start = -Infinity, to: end = Infinity, conversation } = this.#query
    if (!this.#times.touches(chunk, start, end)) return false
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
    if (this.#times.within(number, start, end)) return
    const { time } = chunk
    for (let i = from; i < to; i++) if (time[i] < start || time[i] >= end) out[i] = OUTCOME.false
  }
}

/** The rows of a query as far as they are known. */
class RunningSelection {
  readonly #match: Match
  #found = new RowList()
  /** Rows looked at. */
  #rows = 0
  /** One extension at a time. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(match: Match) {
    this.#match = match
  }

  get found(): Uint32Array {
    return this.#found.view()
  }

  async extend(tables: CaptureTables, read: ReadBytes, work: Work): Promise<Uint32Array> {
    const mine = this.#last.then(() => this.#extend(tables, read, work))
    this.#last = mine.catch(() => undefined)
    return mine
  }

  async #extend({ packets }: CaptureTables, read: ReadBytes, work: Work): Promise<Uint32Array> {
    const total = packets.rows
    if (this.#match.changes && this.#rows < total) {
      this.#found = new RowList()
      this.#rows = 0
    }
    while (this.#rows < total) {
      await between(work)
      const end = Math.min(total, (Math.floor(this.#rows / CHUNK_ROWS) + 1) * CHUNK_ROWS)
      await this.#match.run(this.#rows, end, this.#found, read, work)
      this.#rows = end
      work.progress?.(end, total)
    }
    return this.#found.view()
  }
}
