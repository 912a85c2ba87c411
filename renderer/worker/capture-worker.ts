import { compare, comparedSide } from '../../engine/engine.ts'
import type {
  ComparedSide,
  CompareRange,
  Comparison,
  Completion,
  ConversationRow,
  ConversationScope,
  ConversationSort,
  Engine,
  EngineOptions,
  ExchangeScope,
  FilterCheck,
  FindingsReport,
  FollowLine,
  FollowMatches,
  Histogram,
  LadderRow,
  Lanes,
  LatencyCell,
  LatencyMap,
  LatencyMeasure,
  LatencySummary,
  PacketDetails,
  PacketRow,
  PlacedNotes,
  Query,
  ReadBytes,
  TimeSequence,
  TimeSequenceRequest,
  Work,
} from '../../engine/engine.ts'
import { asksForNotes, type Note } from '../../common/model/note.ts'
import type { CaptureOrigin } from './byte-source.ts'
import { CaptureReading } from './capture-reading.ts'
import type {
  ConversationPage,
  EngineService,
  ExchangeList,
  ExchangePage,
  ExportFacts,
  ExportRequest,
  FollowHandle,
  FollowRequest,
  FollowState,
  LatencyPackets,
  NamedAddress,
  PacketOrder,
  Progress,
  ReportRequest,
  SavedExport,
  Search,
  SelectionHandle,
} from './engine-service.ts'
import { FollowedStreams } from './followed-streams.ts'
import { Latest } from './latest.ts'
import { otherTasks } from './other-tasks.ts'
import { exportedPackets, exportFacts, report } from './saved-files.ts'
import { queryKey, Selections } from './selections.ts'

/** 1.8 GB of packets, or 1 GB of the shortest conversations: a tab has room for these, and for what is worked out from them. */
const LIMITS = { packets: 25_000_000, conversations: 2_000_000 } as const

/** A search shorter than this is not worth a word. */
const QUIET_MS = 300

/** Answers the page's questions from one capture. Lists are worked out once for each state of the capture, then served by the page. */
export class CaptureWorker implements EngineService {
  readonly #createEngine: (options: EngineOptions) => Engine
  readonly #selections = new Selections()
  readonly #selected = new Latest<Uint32Array | undefined>(8)
  readonly #orders = new Latest<Uint32Array>(4)
  readonly #sorted = new Latest<Uint32Array>(2)
  #reading: CaptureReading<Engine> | undefined
  #answeringMs = 0
  #filter = ''
  /** Ends the searches of a filter, for those that may be under way. */
  readonly #searching = new Map<string, AbortController>()
  #order = ''
  #sorting = new AbortController()
  #reportSearch: (search: Search | undefined) => void = () => undefined
  readonly #streams = new FollowedStreams(
    {
      follow: ({ conversation, side }, read) => this.#engine.follow(conversation, side, read),
      lines: (stream, { format, width }) => this.#engine.streamLines(stream, format, width),
      search: (...found) => this.#engine.searchStream(...found),
    },
    (offset, length) => this.#read(offset, length),
  )

  constructor(createEngine: (options: EngineOptions) => Engine) {
    this.#createEngine = createEngine
  }

  async open(origin: CaptureOrigin, onProgress: (progress: Progress) => void, maxPackets?: number): Promise<void> {
    if (this.#reading) throw new Error('This engine reads another capture already.')
    this.#reading = new CaptureReading(
      origin,
      maxPackets === undefined ? LIMITS : { ...LIMITS, packets: maxPackets },
      this.#createEngine,
    )
    await this.#reading.run(onProgress, () => this.#answeringMs)
  }

  cancel(): void {
    this.#reading?.cancel()
  }

  onSearch(report: (search: Search | undefined) => void): void {
    this.#reportSearch = report
  }

  setFilter(filter: string): void {
    if (filter === this.#filter) return
    // Those for the new one may have begun already; other filters come from commands that wait for one answer.
    this.#searching.get(this.#filter)?.abort()
    this.#searching.delete(this.#filter)
    this.#filter = filter
    this.#reportSearch(undefined)
  }

  async placeNotes(notes: readonly Note[]): Promise<PlacedNotes> {
    const engine = this.#engine
    engine.notes.set(notes)
    return engine.notes.placed()
  }

  lanes(query: Query, from: number, to: number, buckets: number): Promise<Lanes> {
    return this.#timed(async () => {
      const rows = await this.#rows(query)
      return this.#engine.lanes(from, to, buckets, rows)
    })
  }

  setOrder(order: PacketOrder | undefined): void {
    const name = orderKey(order)
    if (name === this.#order) return
    this.#order = name
    this.#sorting.abort()
    this.#sorting = new AbortController()
    this.#reportSearch(undefined)
  }

  select(query: Query, order?: PacketOrder): Promise<SelectionHandle> {
    return this.#timed(async () => {
      const rows = order ? await this.#sort(query, order) : await this.#rows(query)
      return this.#selections.put(this.#key(query), rows, rows?.length ?? this.#engine.packets.rows, orderKey(order))
    })
  }

  rows(selection: number, start: number, count: number): Promise<readonly PacketRow[]> {
    return this.#engine.packetRows(this.#selections.rows(selection, start, count), this.#read)
  }

  async packet(row: number): Promise<PacketRow | undefined> {
    return row < this.#engine.packets.rows ? (await this.#engine.packetRows([row], this.#read))[0] : undefined
  }

  async firstPacket(query: Query): Promise<number | undefined> {
    const rows = await this.#rows(query)
    return rows ? rows[0] : this.#engine.packets.rows > 0 ? 0 : undefined
  }

  position(selection: number, row: number): Promise<{ readonly index: number; readonly found: boolean }> {
    return Promise.resolve(this.#selections.position(selection, row))
  }

  conversations(
    query: Query,
    sort: ConversationSort,
    descending: boolean,
    start: number,
    count: number,
  ): Promise<ConversationPage> {
    return this.#timed(async () => {
      const engine = this.#engine
      const ids = await this.#conversationOrder(query, sort, descending)
      const scope = await this.#scope(query)
      const worst = sort === 'harmMs' && descending ? ids : await this.#conversationOrder(query, 'harmMs', true)
      return {
        total: ids.length,
        worstHarmMs: worst.length > 0 ? engine.harmMs(worst[0], scope) : 0,
        rows: count > 0 ? engine.conversationRows(ids.slice(start, start + count), scope) : [],
      }
    })
  }

  async conversationPosition(query: Query, sort: ConversationSort, descending: boolean, id: number): Promise<number> {
    return (await this.#conversationOrder(query, sort, descending)).indexOf(id)
  }

  async conversation(id: number): Promise<ConversationRow | undefined> {
    return id < this.#engine.conversationCount ? this.#engine.conversationRows(Uint32Array.of(id))[0] : undefined
  }

  rttHistogram(query: Query): Promise<Histogram> {
    return this.#timed(async () => this.#engine.rttHistogram(await this.#rows(query)))
  }

  latencies(query: Query): Promise<readonly LatencySummary[]> {
    return this.#timed(async () => this.#engine.latencySummaries(await this.#exchangeScope(query)))
  }

  latencyMap(query: Query, measure: LatencyMeasure, from: number, to: number, columns: number): Promise<LatencyMap> {
    return this.#timed(async () =>
      this.#engine.latencyMap(measure, from, to, columns, await this.#exchangeScope(query)),
    )
  }

  async latencyPackets(query: Query, cell: LatencyCell, most: number): Promise<LatencyPackets> {
    const { rows } = this.#engine.latencyEvidence(cell, await this.#exchangeScope(query))
    return { rows: rows.slice(0, most), total: rows.length }
  }

  exchanges(query: Query, list: ExchangeList, start: number, count: number): Promise<ExchangePage> {
    return this.#timed(async () => {
      const { protocol, sort, descending } = list
      const engine = this.#engine
      const key = `exchanges ${engine.packets.rows} ${protocol} ${sort} ${descending} ${this.#key(query)}`
      const ids = await this.#orders.get(key, async () => {
        const scope = await this.#exchangeScope(query)
        return engine.exchangeOrder(sort, descending, { ...scope, ...(protocol !== undefined && { protocol }) })
      })
      return { total: ids.length, rows: engine.exchangeRows(ids.slice(start, start + count)) }
    })
  }

  async details(row: number): Promise<PacketDetails> {
    const count = this.#engine.packets.rows
    if (row >= count) throw new Error(`There is no packet No. ${row + 1}: the capture has ${count} so far.`)
    return this.#engine.packetDetails(row, this.#read)
  }

  findings(): Promise<FindingsReport> {
    return this.#timed(() => this.#engine.findings(this.#read, { pause: otherTasks }))
  }

  checkFilter(text: string): Promise<FilterCheck> {
    return Promise.resolve(this.#engine.checkFilter(text))
  }

  complete(text: string, caret: number): Promise<readonly Completion[]> {
    return Promise.resolve(this.#engine.completeFilter(text, caret))
  }

  async follow(request: FollowRequest): Promise<FollowHandle | undefined> {
    const row = await this.conversation(request.conversation)
    return row && this.#streams.follow(request, row.packetsAB + row.packetsBA)
  }

  async followState(id: number): Promise<FollowState> {
    return this.#streams.state(id)
  }

  followLines(id: number, start: number, count: number): Promise<readonly FollowLine[]> {
    return this.#streams.lines(id, start, count)
  }

  async followLineAt(id: number, position: number): Promise<number> {
    return this.#streams.lineAt(id, position)
  }

  followSearch(id: number, needle: Uint8Array, anyCase: boolean): Promise<FollowMatches> {
    return this.#streams.search(id, needle, anyCase)
  }

  followBytes(id: number): Promise<Blob> {
    return this.#streams.bytes(id)
  }

  compare(a: CompareRange, b: CompareRange): Promise<Comparison> {
    return this.#timed(async () => {
      const first = await comparedSide(this.#engine, this.#read, a)
      return compare(first, await comparedSide(this.#engine, this.#read, b))
    })
  }

  comparedSide(): Promise<ComparedSide> {
    return this.#timed(() => comparedSide(this.#engine, this.#read))
  }

  compareWith(a: ComparedSide, b: CompareRange | undefined): Promise<Comparison> {
    return this.#timed(async () => compare(a, await comparedSide(this.#engine, this.#read, b)))
  }

  async exportFacts(request: ExportRequest): Promise<ExportFacts> {
    return exportFacts(this.#engine, await this.#exported(request), request)
  }

  async exportPackets(request: ExportRequest): Promise<SavedExport> {
    return exportedPackets(this.#engine, await this.#exported(request), this.#read, request)
  }

  report(request: ReportRequest): Promise<Blob> {
    return report(this.#engine, this.#read, request)
  }

  timeSequence(request: TimeSequenceRequest): Promise<TimeSequence | undefined> {
    return this.#timed(() => this.#engine.timeSequence(request, this.#read))
  }

  async ladder(selection: number, conversation: number, start: number, count: number): Promise<readonly LadderRow[]> {
    const rows = this.#selections.rows(selection, start, count)
    const before = start > 0 ? this.#selections.rows(selection, start - 1, 1)[0] : undefined
    return this.#engine.ladderRows(conversation, rows, before, this.#read)
  }

  async names(known: number): Promise<readonly NamedAddress[] | undefined> {
    const { names, dnsNames } = this.#engine
    if (names.size + dnsNames.size <= known) return undefined
    // Several names of an address are told by the first: what the writer of the capture put there comes before what was looked up.
    return [
      ...Array.from(dnsNames, ([address, [name]]) => ({ address, name, source: 'dns' as const })),
      ...Array.from(names, ([address, [name]]) => ({ address, name, source: 'capture' as const })),
    ].filter(({ name }) => name !== undefined)
  }

  get #engine(): Engine {
    if (!this.#reading) throw new Error('No capture is open in this engine.')
    return this.#reading.engine
  }

  readonly #read: ReadBytes = (offset, length) => {
    if (!this.#reading) throw new Error('No capture is open in this engine.')
    return this.#reading.read(offset, length)
  }

  /** The same text for queries that mean the same, as notes are now. */
  #key(query: Query): string {
    const key = queryKey(query)
    return asksForNotes(query.filter) ? `${key} ${this.#engine.notes.revision}` : key
  }

  /** Rows that match, ascending; undefined = all. */
  #rows(query: Query): Promise<Uint32Array | undefined> {
    const engine = this.#engine
    return this.#selected.get(`${engine.packets.rows} ${this.#key(query)}`, () => this.#search(query))
  }

  async #search(query: Query): Promise<Uint32Array | undefined> {
    const filter = query.filter ?? ''
    const control = this.#searching.get(filter) ?? new AbortController()
    this.#searching.set(filter, control)
    return this.#reported({ filter, done: 0, total: this.#engine.packets.rows }, control.signal, (work) =>
      this.#engine.select(query, this.#read, work),
    )
  }

  /** Ascending, whatever order they were named in. */
  async #exported({ packets }: ExportRequest): Promise<Uint32Array> {
    if (packets instanceof Uint32Array) return packets.toSorted()
    return (await this.#rows(packets)) ?? Uint32Array.from({ length: this.#engine.packets.rows }, (_, row) => row)
  }

  #sort(query: Query, order: PacketOrder): Promise<Uint32Array> {
    const { rows: count } = this.#engine.packets
    return this.#sorted.get(`${count} ${orderKey(order)} ${this.#key(query)}`, async () => {
      // Whoever is the first to ask for another order need not have said so yet.
      this.setOrder(order)
      const { signal } = this.#sorting
      const rows = await this.#rows(query)
      const start: Search = { filter: query.filter ?? '', sorting: true, done: 0, total: rows?.length ?? count }
      return this.#reported(start, signal, (work) =>
        this.#engine.sortedRows(rows, order.key, order.descending, this.#read, work),
      )
    })
  }

  /** Tells the page how far work is that takes long. */
  async #reported<T>(start: Search, signal: AbortSignal, run: (work: Work) => Promise<T>): Promise<T> {
    let search = start
    let reporting = false
    const timer = setTimeout(() => {
      reporting = true
      if (!signal.aborted) this.#reportSearch(search)
    }, QUIET_MS)
    try {
      return await run({
        signal,
        pause: otherTasks,
        progress: (done, total) => {
          search = { ...start, done, total }
          if (reporting && !signal.aborted) this.#reportSearch(search)
        },
      })
    } finally {
      clearTimeout(timer)
      if (reporting && !signal.aborted) this.#reportSearch(undefined)
    }
  }

  #conversationOrder(query: Query, sort: ConversationSort, descending: boolean): Promise<Uint32Array> {
    const engine = this.#engine
    const key = `${engine.packets.rows} ${sort} ${descending} ${this.#key(query)}`
    return this.#orders.get(key, async () => engine.conversationOrder(sort, descending, await this.#scope(query)))
  }

  /** A request belongs to a time when it begins in it, and to a filter when any of its packets matches. */
  async #exchangeScope({ filter, from, to, conversation }: Query): Promise<ExchangeScope> {
    const rows = filter ? await this.#rows({ filter }) : undefined
    return {
      ...(rows && { rows }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(conversation !== undefined && { conversation }),
    }
  }

  /** What of the conversations a query is about: counts and harm are those of its packets and its time. */
  async #scope(query: Query): Promise<ConversationScope> {
    const rows = await this.#rows(query)
    const { from, to } = query
    return { ...(rows && { rows }), ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  }

  /** Counts the time of an answer that grows with the capture, see readCapture. */
  async #timed<T>(answer: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await answer()
    } finally {
      this.#answeringMs += performance.now() - start
    }
  }
}

/** The same text for the same order; none for that of the file. */
function orderKey(order: PacketOrder | undefined): string {
  return order ? `${order.key} ${order.descending}` : ''
}
