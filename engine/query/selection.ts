import { asksForNotes } from '../../common/model/note.ts'
import type { Query } from '../answers.ts'
import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { ChunkTimes } from './chunk-times.ts'
import { compileFilter } from './filter/display-filter.ts'
import { fieldCatalog } from './filter/field-catalog.ts'
import { KeptExcerpts } from './filter/kept-excerpts.ts'
import type { CaptureTables } from './capture-tables.ts'
import type { ReadBytes } from './frame-bytes.ts'
import { PacketMatch } from './packet-match.ts'
import { RowList } from './row-list.ts'
import { between, type Work } from './work.ts'

export { Cancelled, type Work } from './work.ts'

/** Selections kept to be extended when the capture grows. */
const KEPT = 8
/** Rows looked at first when only the nearest match is wanted; further ones are more at a time. */
const NEAR_ROWS = 4096

/** Finds the packets that queries ask for. Asked the same again while the capture grows, it looks at the new packets only. */
export class PacketSelector {
  readonly #tables: CaptureTables
  readonly #times: ChunkTimes
  /** Of all filters. */
  readonly #excerpts = new KeptExcerpts()
  // The last used is last.
  readonly #kept = new Map<string, RunningSelection>()

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
    const selection = this.#kept.get(key) ?? this.#begin(query)
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

  /** The rows before this one were looked at: what is found of them stays. */
  lookedSoFar(query: Query): number {
    return this.#kept.get(this.#key(query))?.looked ?? 0
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
    let span = NEAR_ROWS
    for (let next = row + step; next >= 0 && next < rows; span = Math.min(span * 2, CHUNK_ROWS)) {
      const edge = next - (next % span)
      const from = backward ? edge : next
      const to = backward ? next + 1 : Math.min(rows, edge + span)
      const found = new RowList()
      await match.run({ from, to, until: backward ? to : rows }, found, read, work)
      if (found.count > 0) return found.view()[backward ? found.count - 1 : 0]
      next = backward ? from - 1 : to
      await between(work)
    }
    return undefined
  }

  /** What the filter is known to match, without a time or conversation, is not looked at again. */
  #begin(query: Query): RunningSelection {
    const { filter } = query
    return new RunningSelection(() => this.#match(query), filter ? this.#kept.get(this.#key({ filter })) : undefined)
  }

  #key({ filter, from, to, conversation }: Query): string {
    return JSON.stringify([filter, from, to, conversation, asksForNotes(filter) && this.#tables.notes?.revision])
  }

  #match(query: Query): PacketMatch {
    return new PacketMatch(
      this.#tables,
      this.#times,
      query,
      compileFilter(query.filter ?? '', fieldCatalog(), this.#tables),
      this.#excerpts,
    )
  }
}

/** The rows of a query as far as they are known. */
class RunningSelection {
  readonly #start: () => PacketMatch
  #match: PacketMatch
  #found = new RowList()
  /** Rows looked at. */
  #rows = 0
  /** One extension at a time. */
  #last: Promise<unknown> = Promise.resolve()

  /** `start` gives what finds them, knowing nothing yet; `whole` has the rows of the same filter, of which these are a part. */
  constructor(start: () => PacketMatch, whole?: RunningSelection) {
    this.#start = start
    this.#match = start()
    if (!whole) return
    this.#match.narrow(whole.found, this.#found)
    this.#rows = whole.#rows
  }

  get found(): Uint32Array {
    return this.#found.view()
  }

  get looked(): number {
    return this.#rows
  }

  async extend(tables: CaptureTables, read: ReadBytes, work: Work): Promise<Uint32Array> {
    const mine = this.#last.then(() => this.#extend(tables, read, work))
    this.#last = mine.catch(() => undefined)
    return mine
  }

  async #extend({ packets }: CaptureTables, read: ReadBytes, work: Work): Promise<Uint32Array> {
    const total = packets.rows
    if (this.#match.changes && this.#rows < total) {
      this.#match = this.#start()
      this.#found = new RowList()
      this.#rows = 0
    }
    while (this.#rows < total) {
      await between(work)
      const end = Math.min(total, (Math.floor(this.#rows / CHUNK_ROWS) + 1) * CHUNK_ROWS)
      await this.#match.run({ from: this.#rows, to: end, until: total }, this.#found, read, work, (decided) => {
        this.#rows = decided
        work.progress?.(decided, total)
      })
    }
    return this.#found.view()
  }
}
