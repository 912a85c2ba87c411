import { compare, comparedSide, startBefore } from '../../engine/engine.ts'
import type {
  AddressPair,
  ComparedSide,
  CompareRange,
  Comparison,
  Completion,
  ConversationRow,
  ConversationScope,
  ConversationSort,
  Engine,
  CaptureOptions,
  ExchangeScope,
  FilterCheck,
  FindingsReport,
  FollowLine,
  FollowMatches,
  Histogram,
  LadderRow,
  Lanes,
  LatencyCell,
  LatencyLane,
  LatencyMap,
  LatencyMeasure,
  LatencySummary,
  PacketDetails,
  ProtocolShare,
  PacketRow,
  PlacedNotes,
  Query,
  TimeSequence,
  TimeSequenceRequest,
} from '../../engine/engine.ts'
import type { Note } from '../../common/model/note.ts'
import { AnswerOrder } from './answer-order.ts'
import type { AbortableRead } from './abortable-read.ts'
import { AnsweringTime } from './answering-time.ts'
import { byteSource, type CaptureOrigin } from './byte-source.ts'
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
  HopsAnswer,
  FollowState,
  LatencyPackets,
  ListPart,
  NamedAddress,
  OpenOptions,
  OverviewProgress,
  PacketOrder,
  Progress,
  ReportRequest,
  SavedExport,
  SearchedPart,
  Search,
  SelectionHandle,
} from './engine-service.ts'
import { FollowedStreams } from './followed-streams.ts'
import { hopsAnswer } from './hops-answer.ts'
import { Latest } from './latest.ts'
import { namedAddresses } from './named-addresses.ts'
import { otherTasks } from './other-tasks.ts'
import { PacketLists } from './packet-lists.ts'
import { readOverview } from './read-overview.ts'
import { exportedPackets, exportFacts, report } from './saved-files.ts'

/** 1.8 GB of packets, or 1 GB of the shortest conversations: a tab has room for these, and for what is worked out from them. */
const LIMITS = { packets: 25_000_000, conversations: 2_000_000 } as const

/** Answers the page's questions from one capture. Lists are worked out once for each state of the capture, then served by the page. */
export class CaptureWorker implements EngineService {
  readonly #createEngine: (options: CaptureOptions) => Engine
  readonly #order = new AnswerOrder()
  readonly #orders = new Latest<Uint32Array>(4)
  readonly #read: AbortableRead = Object.assign(
    (offset: number, length: number, memory?: ArrayBuffer) => {
      if (!this.#reading) throw new Error('No capture is open in this engine.')
      return this.#reading.read(offset, length, memory)
    },
    {
      pieces: (...asked: Parameters<AbortableRead['pieces']>) => this.#reading?.pieces(...asked),
      excerpts: (...asked: Parameters<AbortableRead['excerpts']>) => this.#reading?.excerpts(...asked),
      search: (...asked: Parameters<AbortableRead['search']>) => this.#reading?.search(...asked),
    },
  )
  readonly #answering = new AnsweringTime(this.#read)
  readonly #lists = new PacketLists({
    engine: () => this.#engine,
    read: this.#read,
    answering: this.#answering,
    order: this.#order,
  })
  #reading: CaptureReading<Engine> | undefined
  readonly #streams = new FollowedStreams(
    {
      follow: ({ conversation, side }, read) => this.#engine.follow(conversation, side, read),
      lines: (stream, { format, width }) => this.#engine.streamLines(stream, format, width),
      search: (...found) => this.#engine.searchStream(...found),
    },
    this.#read,
  )

  constructor(createEngine: (options: CaptureOptions) => Engine) {
    this.#createEngine = createEngine
  }

  async open(origin: CaptureOrigin, onProgress: (progress: Progress) => void, wanted: OpenOptions = {}): Promise<void> {
    if (this.#reading) throw new Error('This engine reads another capture already.')
    const { maxPackets, part, overview } = wanted
    const start = part && overview && startBefore(overview, part)
    this.#reading = new CaptureReading(
      origin,
      {
        limits: maxPackets === undefined ? LIMITS : { ...LIMITS, packets: maxPackets },
        ...(part && { part }),
        ...(start && { start }),
      },
      this.#createEngine,
    )
    await this.#reading.run(onProgress, () => this.#answering.ms)
  }

  overview(origin: CaptureOrigin, onProgress: (progress: OverviewProgress) => void): Promise<void> {
    return readOverview(byteSource(origin), onProgress)
  }

  cancel(): void {
    this.#reading?.cancel()
  }

  onSearch(report: (search: Search | undefined) => void): void {
    this.#lists.onSearch(report)
  }

  stopSearch(): void {
    this.#lists.stopSearch()
  }

  goOnSearching(): void {
    this.#lists.goOnSearching()
  }

  setView(query: Query, order?: PacketOrder): void {
    this.#lists.setView(query, order)
  }

  async placeNotes(notes: readonly Note[]): Promise<PlacedNotes> {
    const engine = this.#engine
    engine.notes.set(notes)
    return engine.notes.placed()
  }

  lanes(query: Query, from: number, to: number, buckets: number): Promise<Lanes> {
    return this.#scoped(query, (rows) => this.#engine.lanes(from, to, buckets, rows))
  }

  select(query: Query, order?: PacketOrder, part?: ListPart): Promise<SelectionHandle> {
    return this.#lists.select(query, order, part)
  }

  rows(selection: number, start: number, count: number): Promise<readonly PacketRow[]> {
    return this.#lists.rows(selection, start, count)
  }

  async packet(row: number): Promise<PacketRow | undefined> {
    return row < this.#engine.packets.rows ? (await this.#lists.packets([row]))[0] : undefined
  }

  async firstPacket(query: Query): Promise<number | undefined> {
    const rows = await this.#lists.matching(query)
    return rows ? rows[0] : this.#engine.packets.rows > 0 ? 0 : undefined
  }

  position(selection: number, row: number): Promise<{ readonly index: number; readonly found: boolean }> {
    return Promise.resolve(this.#lists.position(selection, row))
  }

  conversations(
    query: Query,
    sort: ConversationSort,
    descending: boolean,
    start: number,
    count: number,
  ): Promise<ConversationPage> {
    return this.#scoped(query, (found) => {
      const engine = this.#engine
      const scope = scopeOf(query, found)
      const ids = this.#conversationOrder(query, sort, descending, scope)
      const worst = sort === 'harmMs' && descending ? ids : this.#conversationOrder(query, 'harmMs', true, scope)
      return {
        total: ids.length,
        worstHarmMs: worst.length > 0 ? engine.harmMs(worst[0], scope) : 0,
        rows: count > 0 ? engine.conversationRows(ids.slice(start, start + count), scope) : [],
      }
    })
  }

  conversationPosition(query: Query, sort: ConversationSort, descending: boolean, id: number): Promise<number> {
    return this.#scoped(query, (rows) =>
      this.#conversationOrder(query, sort, descending, scopeOf(query, rows)).indexOf(id),
    )
  }

  async conversation(id: number): Promise<ConversationRow | undefined> {
    return id < this.#engine.conversationCount ? this.#engine.conversationRows(Uint32Array.of(id))[0] : undefined
  }

  async protocolHierarchy(): Promise<readonly ProtocolShare[]> {
    return this.#engine.protocolHierarchy()
  }

  async hops(most: number): Promise<HopsAnswer> {
    await this.#order.afterLists()
    return hopsAnswer(this.#engine, most)
  }

  rttHistogram(query: Query): Promise<Histogram> {
    return this.#scoped(query, (rows) => this.#engine.rttHistogram(rows))
  }

  latencies(query: Query): Promise<readonly LatencySummary[]> {
    return this.#requests(query, (scope) => this.#engine.latencySummaries(scope))
  }

  addressPairs(query: Query): Promise<readonly AddressPair[]> {
    return this.#scoped(query, (rows) => this.#engine.addressPairs(rows))
  }

  latencyMap(query: Query, measure: LatencyMeasure, from: number, to: number, columns: number): Promise<LatencyMap> {
    return this.#requests(query, (scope) => this.#engine.latencyMap(measure, from, to, columns, scope))
  }

  latencyLane(query: Query, measure: LatencyMeasure, from: number, to: number, buckets: number): Promise<LatencyLane> {
    return this.#requests(query, (scope) => this.#engine.latencyLane(measure, from, to, buckets, scope))
  }

  latencyPackets(query: Query, cell: LatencyCell, most: number): Promise<LatencyPackets> {
    return this.#requests(query, (scope) => {
      const { rows } = this.#engine.latencyEvidence(cell, scope)
      return { rows: rows.slice(0, most), total: rows.length }
    })
  }

  exchanges(query: Query, list: ExchangeList, start: number, count: number): Promise<ExchangePage> {
    return this.#requests(query, (scope) => {
      const { protocol, sort, descending } = list
      const engine = this.#engine
      const key = `exchanges ${engine.packets.rows} ${protocol} ${sort} ${descending} ${this.#lists.key(query)}`
      const ids =
        this.#orders.find(key) ??
        this.#orders.put(
          key,
          engine.exchangeOrder(sort, descending, { ...scope, ...(protocol !== undefined && { protocol }) }),
        )
      return { total: ids.length, rows: engine.exchangeRows(ids.slice(start, start + count)) }
    })
  }

  async details(row: number): Promise<PacketDetails> {
    const { packets } = this.#engine
    if (row >= packets.rows)
      throw new Error(`There is no packet No. ${packets.frame(row)}: ${packets.rows} have been read so far.`)
    return this.#engine.packetDetails(row, this.#read)
  }

  async findings(): Promise<FindingsReport> {
    await this.#order.afterLists()
    return this.#answering.count((read, wait) =>
      this.#engine.findings(read, { pause: () => wait(this.#order.afterLists()) }),
    )
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
    return this.#answering.count(async (read) => {
      const first = await comparedSide(this.#engine, read, a)
      return compare(first, await comparedSide(this.#engine, read, b))
    })
  }

  comparedSide(): Promise<ComparedSide> {
    return this.#answering.count((read) => comparedSide(this.#engine, read))
  }

  compareWith(a: ComparedSide, b: CompareRange | undefined): Promise<Comparison> {
    return this.#answering.count(async (read) => compare(a, await comparedSide(this.#engine, read, b)))
  }

  async exportFacts(request: ExportRequest): Promise<ExportFacts> {
    const { rows, ...part } = await this.#exported(request)
    return { ...exportFacts(this.#engine, rows, request), ...part }
  }

  async exportPackets(request: ExportRequest): Promise<SavedExport> {
    const { rows, ...part } = await this.#exported(request)
    return { ...(await exportedPackets(this.#engine, rows, this.#read, request)), ...part }
  }

  report(request: ReportRequest): Promise<Blob> {
    return report(this.#engine, this.#read, request)
  }

  timeSequence(request: TimeSequenceRequest): Promise<TimeSequence | undefined> {
    return this.#answering.count((read) => this.#engine.timeSequence(request, read))
  }

  async ladder(selection: number, conversation: number, start: number, count: number): Promise<readonly LadderRow[]> {
    const rows = this.#lists.numbers(selection, start, count)
    const before = start > 0 ? this.#lists.numbers(selection, start - 1, 1)[0] : undefined
    return this.#engine.ladderRows(conversation, rows, before, this.#read)
  }

  async names(known: number): Promise<readonly NamedAddress[] | undefined> {
    return namedAddresses(this.#engine, known)
  }

  get #engine(): Engine {
    if (!this.#reading) throw new Error('No capture is open in this engine.')
    return this.#reading.engine
  }

  /**
   * Ascending, whatever order they were named in; of a search that was stopped those it has found. Saving goes on when the view turns to
   * something else.
   */
  async #exported({ packets }: ExportRequest): Promise<{ readonly rows: Uint32Array; readonly part?: SearchedPart }> {
    if (packets instanceof Uint32Array) return { rows: packets.toSorted() }
    const stopped = this.#lists.stopped(packets)
    if (stopped) return { rows: stopped.rows, part: { looked: stopped.looked, total: stopped.total } }
    const rows = await this.#engine.select(packets, this.#read, { pause: otherTasks })
    return { rows: rows ?? Uint32Array.from({ length: this.#engine.packets.rows }, (_, row) => row) }
  }

  #conversationOrder(query: Query, sort: ConversationSort, descending: boolean, scope: ConversationScope): Uint32Array {
    const engine = this.#engine
    const key = `${engine.packets.rows} ${sort} ${descending} ${this.#lists.key(query)}`
    return this.#orders.find(key) ?? this.#orders.put(key, engine.conversationOrder(sort, descending, scope))
  }

  /** What packets that match tell, once lists are answered. */
  async #scoped<T>(query: Query, answer: (rows: Uint32Array | undefined) => T): Promise<T> {
    const rows = await this.#lists.matching(query)
    await this.#order.afterLists()
    return this.#answering.count(() => Promise.resolve(answer(rows)))
  }

  /** A request belongs to a time when it begins in it, and to a filter when any of its packets matches. */
  #requests<T>(query: Query, answer: (scope: ExchangeScope) => T): Promise<T> {
    const { filter, conversation } = query
    return this.#scoped(filter ? { filter } : {}, (rows) =>
      answer({ ...scopeOf(query, rows), ...(conversation !== undefined && { conversation }) }),
    )
  }
}

/** The packets and the time that a query is about. */
function scopeOf({ from, to }: Query, rows: Uint32Array | undefined): ConversationScope {
  return { ...(rows && { rows }), ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}
