import type { Engine, PacketRow, Query, Work } from '../../engine/engine.ts'
import { asksForNotes } from '../../common/model/note.ts'
import { type AbortableRead, readUntil } from './abortable-read.ts'
import type { AnswerOrder } from './answer-order.ts'
import type { AnsweringTime } from './answering-time.ts'
import type { ListPart, PacketOrder, Search, SelectionHandle } from './engine-service.ts'
import { Latest } from './latest.ts'
import { otherTasks } from './other-tasks.ts'
import { orderKey, Searches } from './searches.ts'
import { queryKey, Selections } from './selections.ts'

/** Milliseconds after which a list is answered with what was found so far. */
const PART_MS = 200

/** Packets that are sorted while more of them are looked for: in some milliseconds, also where each must be read to be sorted. */
const MOST_SORTED_SOON = { known: 100_000, read: 1000 } as const

const readsToSort = ({ key }: PacketOrder): boolean => key === 'info' || key === 'protocol'

type Handle = Pick<SelectionHandle, 'id' | 'count' | 'looked'>

/** What a search that was stopped has found of the first `looked` of `total` packets. */
interface Stopped {
  readonly filter: string
  readonly rows: Uint32Array
  readonly looked: number
  readonly total: number
}

/** What the lists are made of. */
interface PacketListsParts {
  readonly engine: () => Engine
  readonly read: AbortableRead
  readonly answering: AnsweringTime
  readonly order: AnswerOrder
}

/** The packets that match queries, in any order: found and sorted once for each state of the capture, for all who ask. */
export class PacketLists {
  readonly #parts: PacketListsParts
  readonly #selections = new Selections()
  readonly #searches = new Searches<Uint32Array | undefined>(
    (search) => this.#reportSearch(search),
    () => this.#stoppedSearch(),
  )
  /** By the queries' keys. */
  readonly #stopped = new Map<string, Stopped>()
  readonly #sorted = new Latest<Uint32Array>(2)
  #reportSearch: (search: Search | undefined) => void = () => undefined

  constructor(parts: PacketListsParts) {
    this.#parts = parts
  }

  onSearch(report: (search: Search | undefined) => void): void {
    this.#reportSearch = report
  }

  setView(query: Query, order?: PacketOrder): void {
    // With another filter all are about another one.
    const [stopped] = this.#stopped.values()
    if (stopped && stopped.filter !== query.filter) this.goOnSearching()
    this.#searches.setView({ query, ...(order && { order }) })
  }

  stopSearch(): void {
    this.#searches.stop()
  }

  goOnSearching(): void {
    this.#stopped.clear()
    this.#searches.tell()
  }

  /** The same text for queries that are answered the same, as notes and searches are now. */
  key(query: Query): string {
    const key = this.#wholeKey(query)
    const stopped = this.#stopped.get(key)
    return stopped ? `${key}, the first ${stopped.looked}` : key
  }

  #wholeKey(query: Query): string {
    const key = queryKey(query)
    return asksForNotes(query.filter) ? `${key} ${this.#engine.notes.revision}` : key
  }

  /** Rows that match, ascending; undefined = all. Of a search that was stopped those it has found. */
  async matching(query: Query): Promise<Uint32Array | undefined> {
    const key = this.#wholeKey(query)
    const stopped = this.#stopped.get(key)
    if (stopped) return stopped.rows
    const { rows: total } = this.#engine.packets
    const search = (work: Work, signal: AbortSignal) =>
      this.#engine.select(query, readUntil(signal, this.#parts.read), { ...work, pause: otherTasks })
    return this.#searches.run(`${total} ${key}`, { query }, total, search, () => {
      const looked = this.#engine.lookedSoFar(query)
      const found = this.#engine.foundSoFar(query)
      const behind = found.findIndex((row) => row >= looked)
      const rows = behind < 0 ? found : found.subarray(0, behind)
      this.#stopped.set(key, { filter: query.filter ?? '', rows, looked, total })
      return rows
    })
  }

  /** What was found, if the search for it was stopped and not gone on with. */
  stopped(query: Query): Stopped | undefined {
    return this.#stopped.get(this.#wholeKey(query))
  }

  select(query: Query, order?: PacketOrder, part?: ListPart): Promise<SelectionHandle> {
    // Whoever has a part already waits for a search that is long: nothing else waits for it too.
    // Sorting may take long: nothing else waits for it either.
    if (part && order) return this.#listedSorted(query, order, part)
    if (part) return part.have ? this.#listed(query, part) : this.#parts.order.list(() => this.#listed(query, part))
    return this.#parts.answering.count(async () => ({
      ...this.#put(query, order ? await this.#sort(query, order) : await this.matching(query), order),
      complete: true,
    }))
  }

  rows(selection: number, start: number, count: number): Promise<readonly PacketRow[]> {
    const rows = this.numbers(selection, start, count)
    return this.#parts.order.list(() => this.packets(rows))
  }

  /** Packets by their rows. Where their bytes can't be had any more, what is in columns is still known. */
  packets(rows: readonly number[]): Promise<readonly PacketRow[]> {
    return this.#engine.packetRows(rows, this.#parts.read).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      return this.#engine.unreadPacketRows(rows, why)
    })
  }

  /** The numbers of the rows at [start, start + count) of a selection; none when it is no longer known. */
  numbers(selection: number, start: number, count: number): readonly number[] {
    return this.#selections.rows(selection, start, count)
  }

  /** How many rows of a selection come before `row`, and whether it is one of them itself. */
  position(selection: number, row: number): { readonly index: number; readonly found: boolean } {
    return this.#selections.position(selection, row)
  }

  get #engine(): Engine {
    return this.#parts.engine()
  }

  #put(query: Query, rows: Uint32Array | undefined, order?: PacketOrder): Handle {
    const count = rows?.length ?? this.#engine.packets.rows
    const stopped = this.stopped(query)
    return {
      ...this.#selections.put(this.key(query), rows, count, orderKey(order)),
      ...(stopped && { looked: stopped.looked }),
    }
  }

  /** About that which got on least. */
  #stoppedSearch(): Search | undefined {
    const [first] = [...this.#stopped.values()].toSorted((a, b) => a.looked - b.looked)
    return first && { filter: first.filter, done: first.looked, total: first.total, stoppedWith: first.rows.length }
  }

  /** What matches, or as much of it as is found soon. */
  async #listed(query: Query, part: ListPart): Promise<SelectionHandle> {
    const whole = await within(PART_MS, this.matching(query))
    const handle = this.#put(query, whole ? whole.value : this.#engine.foundSoFar(query))
    return { ...handle, complete: whole !== undefined, ...(await this.#rowsOf(handle, part)) }
  }

  /** The same in an order: of what is found, once the filter takes long. What was found is sorted anew then, and has another id. */
  async #listedSorted(query: Query, order: PacketOrder, part: ListPart): Promise<SelectionHandle> {
    if (!(await within(PART_MS, this.matching(query)))) {
      const found = this.#engine.foundSoFar(query)
      if (found.length <= MOST_SORTED_SOON[readsToSort(order) ? 'read' : 'known']) {
        const { key: by, descending } = order
        const rows = await this.#engine.sortedRows(found, by, descending, this.#parts.read, { pause: otherTasks })
        const name = `${orderKey(order)}, ${found.length} so far`
        const handle = this.#selections.put(this.key(query), rows, rows.length, name)
        return { ...handle, complete: false, ...(await this.#rowsOf(handle, part)) }
      }
    }
    return this.#parts.answering.count(async () => {
      const handle = this.#put(query, await this.#sort(query, order), order)
      return { ...handle, complete: true, ...(await this.#rowsOf(handle, part)) }
    })
  }

  async #sort(query: Query, order: PacketOrder): Promise<Uint32Array | undefined> {
    const rows = await this.matching(query)
    const { rows: count } = this.#engine.packets
    const key = `${count} ${orderKey(order)} ${this.key(query)}`
    const known = this.#sorted.find(key)
    if (known) return known
    return this.#searches.run(key, { query, order }, rows?.length ?? count, async (work) => {
      const { key: by, descending } = order
      const sorted = await this.#engine.sortedRows(rows, by, descending, this.#parts.read, {
        ...work,
        pause: otherTasks,
      })
      return this.#sorted.put(key, sorted)
    })
  }

  async #rowsOf(
    { id, count }: Handle,
    { first, count: wanted, page, have }: ListPart,
  ): Promise<Pick<SelectionHandle, 'rows'>> {
    const top = Math.max(0, Math.min(first, count - wanted))
    const start = top - (top % page)
    const end = Math.ceil((top + wanted) / page) * page
    if (have?.id === id && have.count >= Math.min(end, count)) return {}
    return { rows: { start, of: await this.rows(id, start, end - start) } }
  }
}

/** The value, if it is there in time. */
function within<T>(ms: number, value: Promise<T>): Promise<{ readonly value: T } | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    value.then((there) => resolve({ value: there }), reject).finally(() => clearTimeout(timer))
  })
}
