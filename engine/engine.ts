import type {
  AddressPair,
  CaptureFacts,
  Completion,
  ConversationHarm,
  ConversationRow,
  ConversationSort,
  ExchangeRow,
  ExchangeScope,
  ExchangeSort,
  FilterCheck,
  FollowFormat,
  FollowMatches,
  FollowSide,
  Histogram,
  LadderRow,
  Lanes,
  LatencyCell,
  LatencyEvidence,
  LatencyLane,
  LatencyMap,
  LatencyMeasure,
  LatencySummary,
  PacketDetails,
  PacketRow,
  Query,
  SortKey,
  Talker,
  TimeSequence,
  TimeSequenceRequest,
} from './answers.ts'
import type { CapturePart, Compression, Unread } from '../common/model/capture.ts'
import type { FindingsReport } from '../common/model/finding.ts'
import type { StartPoint } from './capture-file/capture-reader.ts'
import { CaptureFileReader } from './capture-file/reader.ts'
import { LatestFindings } from './findings/latest-findings.ts'
import { Ingest } from './ingest.ts'
import type { Limits } from './limits.ts'
import { NoteIndex } from './note-index.ts'
import { PartSink } from './part-sink.ts'
import { addressPairs } from './query/address-pairs.ts'
import { ConversationLists, type ConversationScope } from './query/conversations.ts'
import { checkFilter } from './query/display-filter.ts'
import { expertCounts, type ExpertCounts } from './query/expert.ts'
import { fieldCatalog } from './query/field-catalog.ts'
import { completeFilter } from './query/filter-complete.ts'
import { FollowedStream } from './query/follow-stream.ts'
import { streamLines, type StreamLines } from './query/follow-stream-lines.ts'
import { searchStream } from './query/follow-stream-search.ts'
import type { ReadBytes } from './query/frame-bytes.ts'
import { labelCounts, verdictCounts } from './query/label-counts.ts'
import { LaneIndex } from './query/lane-index.ts'
import { ladderRows, lostPackets, type LostPackets } from './query/ladder.ts'
import { lanes } from './query/lanes.ts'
import { LatencyQueries } from './query/latency-queries.ts'
import { packetDetails, packetRows } from './query/packet-rows.ts'
import { rttHistogram } from './query/rtt-histogram.ts'
import { sortRows } from './query/sort-rows.ts'
import { timeSequence } from './query/time-sequence.ts'
import { timestampRoundTrips, type TimestampRoundTrips } from './query/timestamp-round-trips.ts'
import { SequenceTrack } from './query/time-sequence-track.ts'
import { PacketSelector, type Work } from './query/selection.ts'

export type * from './answers.ts'
export type * from '../common/model/finding.ts'
export { CaptureOverview, startBefore, type Overview } from './capture-overview.ts'
export type { StartPoint } from './capture-file/capture-reader.ts'
export { COST, type Limits } from './limits.ts'
export { LABEL, LABELS, type Label } from './tcp/labels.ts'
export type { ReadBytes } from './query/frame-bytes.ts'
export type { ConversationScope } from './query/conversations.ts'
export type { ExpertCounts, MarkCount, RetransmissionCount } from './query/expert.ts'
export { Cancelled, type Work } from './query/selection.ts'
export { FilterError } from './query/filter-syntax.ts'
export { CaptureChanged, exportPcap, exportPcapng, lostInPcap } from './export.ts'
export { Redaction, REDACTIONS, type RedactionKind } from './redact.ts'
export { framesTable } from './frames-table.ts'
export { compare, comparedSide, type ComparedSide, type CompareRange, type Comparison } from './compare.ts'
export type { PlacedNote, PlacedNotes } from './note-index.ts'
export { noteComments, packetAnchor } from './notes.ts'
export { readNoteComment } from './note-comment.ts'
export { readWordedNote } from './anchor-words.ts'
export { anchorText, partText, reportDocument, type ReportOptions } from './report/report.ts'
export { reportHtml } from './report/html.ts'
export { reportMarkdown } from './report/markdown.ts'
export type { FollowedStream } from './query/follow-stream.ts'
export type { RoundTripHalf, TimestampRoundTrips } from './query/timestamp-round-trips.ts'
export type { StreamLines } from './query/follow-stream-lines.ts'

export interface EngineOptions {
  /**
   * Called with the decompressed bytes, in order, when the capture is compressed. Offsets of packets are positions in that
   * stream, so whoever wants to read a packet's bytes later must keep it. The bytes are valid during the call only.
   */
  readonly onDecompressed?: (bytes: Uint8Array) => void
  /** Reading ends when there is more than that. */
  readonly limits?: Limits
  /** Only this part of the capture is read. */
  readonly part?: CapturePart
  /** With a part, which does not begin before it: what is pushed is the capture from there on. */
  readonly start?: StartPoint
  /**
   * False: neither requests nor round trips are looked for. There are no exchanges, no names from DNS, no latency, and findings miss what
   * rests on these; labels, verdicts and lost time are the same.
   */
  readonly latency?: boolean
}

/**
 * A capture being read, and all that can be asked of it. Feed it chunks of any size; after each it can be asked anything.
 * It holds no packet bytes: what needs them is given a `FrameSource`.
 */
export class Engine {
  readonly #reader: CaptureFileReader
  readonly #ingest: Ingest
  readonly #part: PartSink | undefined
  readonly #selector: PacketSelector
  #laneIndex: LaneIndex | undefined
  #askedForLanes = false
  readonly #conversationLists: ConversationLists
  readonly #latency: LatencyQueries
  /** What a person noted, and where that is in this capture. */
  readonly notes: NoteIndex
  #lost: { readonly key: string; readonly lost: LostPackets } | undefined
  #track: { readonly key: string; readonly track: SequenceTrack } | undefined
  readonly #findings: LatestFindings
  #finished = false

  constructor(options: EngineOptions = {}) {
    this.#ingest = new Ingest(
      (id) => this.#reader.interfaces[id].linkType,
      () => this.#reader.epoch,
      options.limits,
      options.latency,
    )
    this.#part = options.part && new PartSink(this.#ingest, options.part, () => this.#reader.epoch, options.start)
    this.#reader = new CaptureFileReader(this.#part ?? this.#ingest, options.onDecompressed)
    if (options.start) this.#reader.resume(options.start)
    this.notes = new NoteIndex(this)
    this.#selector = new PacketSelector(this)
    this.#conversationLists = new ConversationLists(this)
    this.#latency = new LatencyQueries(this, this.#ingest.applications)
    this.#findings = new LatestFindings(this)
  }

  get packets() {
    return this.#ingest.packets
  }
  get conversations() {
    return this.#ingest.conversations
  }
  get stacks() {
    return this.#ingest.stacks
  }
  get tcp() {
    return this.#ingest.tcp
  }
  /** Comments of packets in the file, by row. */
  get packetComments() {
    return this.#reader.packetComments
  }
  /** Comments on all of the capture. */
  get captureComments() {
    return this.#reader.comments
  }
  /** Names of addresses that the file brings along. */
  get names() {
    return this.#reader.names
  }
  /** Names of addresses that DNS answers in the capture tell. */
  get dnsNames() {
    return this.#ingest.applications.names
  }
  get interfaces() {
    return this.#reader.interfaces
  }
  get verdicts() {
    return this.#ingest.verdicts
  }
  get roundTrips() {
    return this.#ingest.roundTrips
  }
  /** Requests with their responses, as far as protocols were recognised. */
  get exchanges() {
    return this.#ingest.applications.exchanges
  }
  /** Time of the latest packet. */
  get lastTime(): number {
    return this.#ingest.lastTime
  }
  /** Nanoseconds since 1970 of the first frame; every time counts from it. */
  get epoch(): bigint | undefined {
    return this.#reader.epoch
  }

  /** Bytes of the file taken in, as stored. */
  get bytesRead(): number {
    return this.#reader.bytesRead
  }
  /** Known once four bytes are in; 'none' before. */
  get compression(): Compression {
    return this.#reader.compression
  }
  /** The file can't be read to its end. */
  get damaged(): boolean {
    return this.#reader.damage !== undefined
  }

  /** Set when a limit ended the reading before the file's end. */
  get unread(): Unread | undefined {
    return this.#ingest.unread
  }
  /** Reading has ended before the file did, by damage, a limit or with the part; further bytes are ignored. */
  get ended(): boolean {
    return this.damaged || (this.#part ?? this.#ingest).full
  }

  /** `bytes` bytes to read the file into before they are pushed; bytes that lie elsewhere are copied there. */
  room(bytes: number): Uint8Array {
    return this.#ingest.room(bytes)
  }

  /** The next bytes of the file. When memory runs out, what was read so far stays (see `unread`). */
  push(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk)
    } catch (error) {
      // "Array buffer allocation failed", "Invalid typed array length": no other RangeError is about memory.
      if (!(error instanceof RangeError && /array/i.test(error.message))) throw error
      this.#ingest.outOfMemory()
    }
  }

  /** The file ends here. */
  finish(): void {
    this.#reader.finish()
    this.#ingest.finish()
    this.#finished = true
  }

  facts(): CaptureFacts {
    const { epoch, damage, format } = this.#reader
    const ingest = this.#ingest
    return {
      ...(format && { format }),
      compression: this.#reader.compression,
      bytesRead: this.#reader.bytesRead,
      packets: ingest.packets.rows,
      wireBytes: ingest.wireBytes,
      cutPackets: ingest.cutPackets,
      ...(epoch !== undefined && { epochNs: String(epoch) }),
      firstTime: ingest.firstTime,
      lastTime: ingest.lastTime,
      interfaces: this.#reader.interfaces,
      comments: this.#reader.comments,
      complete: this.complete,
      ...(damage && { damage }),
      ...(ingest.unread && { unread: ingest.unread }),
      ...(this.#part && { part: this.#part.read }),
      labels: labelCounts(ingest.packets),
      ...verdictCounts(ingest.verdicts),
    }
  }

  /** Whether the text is a display filter, and if not, what is wrong and where. */
  checkFilter(text: string): FilterCheck {
    return checkFilter(text, fieldCatalog())
  }

  /** What could stand where the caret is. */
  completeFilter(text: string, caret: number): readonly Completion[] {
    return completeFilter(text, caret, fieldCatalog(), this)
  }

  /**
   * Rows of the packets that match, ascending; undefined = all. Where only a packet's bytes can tell, they are read.
   * Asked again while the capture grows it looks at the new packets only. Throws FilterError, Cancelled, and what `read` throws.
   */
  select(query: Query, read: ReadBytes, work?: Work): Promise<Uint32Array | undefined> {
    return this.#selector.select(query, read, work)
  }

  /** What `select` has found of a query so far, ascending; of one it was not asked for, nothing. */
  foundSoFar(query: Query): Uint32Array {
    return this.#selector.foundSoFar(query)
  }

  /**
   * The nearest row after `row` (or before it) that matches, undefined if there is none; after -1, the first of all.
   * Throws like `select`.
   */
  find(query: Query, row: number, backward: boolean, read: ReadBytes, work?: Work): Promise<number | undefined> {
    return this.#selector.find(query, row, backward, read, work)
  }

  /** The rows (all without) in the order of a column, equal ones in file order; see sortRows. */
  sortedRows(
    rows: Uint32Array | undefined,
    key: SortKey,
    descending: boolean,
    read: ReadBytes,
    work?: Work,
  ): Promise<Uint32Array> {
    return sortRows(this, rows, key, descending, read, work)
  }

  /** Traffic, trouble and round-trip times in equal parts of [from, to), over all packets or over `rows`. */
  lanes(from: number, to: number, buckets: number, rows?: Uint32Array): Lanes {
    // Whoever asks once is served soonest by counting; who asks again, zooming or while the capture grows, by the index.
    if (this.#askedForLanes) this.#laneIndex ??= new LaneIndex(this)
    this.#askedForLanes = true
    return lanes(this, rows, from, to, buckets, this.#laneIndex)
  }

  /** How the round trips that `rows` (all packets without) ended are distributed. */
  rttHistogram(rows?: Uint32Array): Histogram {
    return rttHistogram(this, rows)
  }

  get conversationCount(): number {
    return this.conversations.count
  }

  /** Numbers of the conversations in order; the scope says which, and what of them counts. */
  conversationOrder(sort: ConversationSort, descending: boolean, scope?: ConversationScope): Uint32Array {
    return this.#conversationLists.order(sort, descending, scope)
  }

  conversationRows(ids: Uint32Array, scope?: ConversationScope): ConversationRow[] {
    return this.#conversationLists.rows(ids, scope)
  }

  /** The conversations that lost most time, at most `count`; costs no pass over packets without `rows`. */
  mostHarmed(count: number, scope?: ConversationScope): ConversationHarm[] {
    return this.#conversationLists.mostHarmed(count, scope)
  }

  /** Labels and verdicts of `rows` (all packets without), counted. */
  expertCounts(rows?: Uint32Array): ExpertCounts {
    return expertCounts(this, rows)
  }

  /** Rows of the packets of some conversations, ascending. */
  rowsOfConversations(ids: Uint32Array): Uint32Array {
    return this.#conversationLists.rowsOf(ids)
  }

  /** The addresses with most traffic. */
  topTalkers(count: number, scope?: ConversationScope): Talker[] {
    return this.#conversationLists.talkers(count, scope)
  }

  /** Numbers of the requests in the scope, in order, with those that are only guessed from who spoke when. */
  exchangeOrder(sort: ExchangeSort, descending: boolean, scope?: ExchangeScope): Uint32Array {
    return this.#latency.order(sort, descending, scope)
  }

  /** Requests with what answered them and where their time went. */
  exchangeRows(ids: ArrayLike<number>): ExchangeRow[] {
    return this.#latency.rows(ids)
  }

  /** Percentiles of both halves of the path, and of each protocol's exchanges; without `guesses`, of those that are sure. */
  latencySummaries(scope: ExchangeScope = {}, guesses = true): LatencySummary[] {
    return this.#latency.summaries(scope, guesses)
  }

  /** A measure's times over time, in `columns` equal parts of [from, to). */
  latencyMap(
    measure: LatencyMeasure,
    from: number,
    to: number,
    columns: number,
    scope: ExchangeScope = {},
  ): LatencyMap {
    return this.#latency.map(measure, from, to, columns, scope)
  }

  /** Round trips by the addresses of client and server, the slowest pair first. */
  addressPairs(rows?: Uint32Array): AddressPair[] {
    return addressPairs(this, rows)
  }

  /** A measure's percentiles in `buckets` equal parts of [from, to), as `lanes` divides them. */
  latencyLane(
    measure: LatencyMeasure,
    from: number,
    to: number,
    buckets: number,
    scope: ExchangeScope = {},
  ): LatencyLane {
    return this.#latency.lane(measure, from, to, buckets, scope)
  }

  /** The exchanges and packets behind a part of a map of the same scope. */
  latencyEvidence(cell: LatencyCell, scope: ExchangeScope = {}): LatencyEvidence {
    return this.#latency.evidence(cell, scope)
  }

  /** Packets as the list shows them, in the order of `rows`. */
  packetRows(rows: ArrayLike<number>, read: ReadBytes): Promise<PacketRow[]> {
    return packetRows(this, rows, read)
  }

  packetDetails(row: number, read: ReadBytes): Promise<PacketDetails> {
    return packetDetails(this, row, read)
  }

  /** What the ends of conversation `id` said, in order: both, or one. Undefined where it is neither TCP nor UDP. Throws Cancelled. */
  async follow(
    id: number,
    side: FollowSide | undefined,
    read: ReadBytes,
    work?: Work,
  ): Promise<FollowedStream | undefined> {
    const rows = await this.select({ conversation: id }, read, work)
    return rows && FollowedStream.of(this, id, rows, side)
  }

  /** The stream as lines; those of text are broken after `width` bytes. */
  streamLines(stream: FollowedStream, format: FollowFormat, width: number): StreamLines {
    return streamLines(stream, format, width)
  }

  /** Where `needle` occurs in the stream; see searchStream. */
  searchStream(
    stream: FollowedStream,
    needle: Uint8Array,
    anyCase: boolean,
    read: ReadBytes,
    work?: Work,
  ): Promise<FollowMatches> {
    return searchStream(stream, needle, anyCase, read, work)
  }

  /**
   * The course of one direction of a TCP conversation, as much as the pixels asked for can show; undefined where it is not TCP.
   * Throws Cancelled, and what `read` throws.
   */
  async timeSequence(request: TimeSequenceRequest, read: ReadBytes, work?: Work): Promise<TimeSequence | undefined> {
    const { conversation, side } = request
    if (!SequenceTrack.isFor(this, conversation)) return undefined
    const rows = (await this.select({ conversation }, read, work)) ?? new Uint32Array(0)
    const key = `${conversation} ${side} ${rows.length}`
    // Zooming asks for the same one again and again.
    if (this.#track?.key !== key) this.#track = { key, track: new SequenceTrack(this, conversation, rows, side) }
    return timeSequence(this, this.#track.track, request, read)
  }

  /**
   * Round trips of a TCP conversation by its timestamps; undefined where it is not TCP.
   * Throws Cancelled, and what `read` throws.
   */
  async timestampRoundTrips(
    conversation: number,
    read: ReadBytes,
    work?: Work,
  ): Promise<TimestampRoundTrips | undefined> {
    if (!SequenceTrack.isFor(this, conversation)) return undefined
    const rows = (await this.select({ conversation }, read, work)) ?? new Uint32Array(0)
    return timestampRoundTrips(this, rows)
  }

  /**
   * Packets as arrows between the two ends, in the order of `rows`; `before` is the row listed before the first.
   * Throws Cancelled, and what `read` throws.
   */
  async ladderRows(
    conversation: number,
    rows: ArrayLike<number>,
    before: number | undefined,
    read: ReadBytes,
    work?: Work,
  ): Promise<LadderRow[]> {
    const all = (await this.select({ conversation }, read, work)) ?? new Uint32Array(0)
    const key = `${conversation} ${all.length}`
    if (this.#lost?.key !== key) this.#lost = { key, lost: lostPackets(this, all) }
    return ladderRows(this, rows, before, this.#lost.lost, read)
  }

  /** Reading has come to its end, or as far as the file can be read. */
  get complete(): boolean {
    return this.#finished || this.ended
  }

  /**
   * What was diagnosed. While the capture grows it is worked out anew now and then only; the report's version says how many packets
   * it knows of. Throws Cancelled, and what `read` throws.
   */
  findings(read: ReadBytes, work?: Work): Promise<FindingsReport> {
    return this.#findings.report(read, work)
  }

  /** Resets in conversation `id`. */
  resets(id: number): number {
    return this.#conversationLists.resets(id)
  }

  /** Milliseconds that conversation `id` lost; of the scope only the time counts. */
  harmMs(id: number, scope?: ConversationScope): number {
    return this.#conversationLists.harmMs(id, scope)
  }
}
