import type {
  AddressPair,
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
import type { FindingsReport } from '../common/model/finding.ts'
import { Applications } from './application/applications.ts'
import { Capture, type CaptureOptions } from './capture.ts'
import { LatestFindings } from './findings/latest-findings.ts'
import { NoteIndex } from './note-index.ts'
import { addressPairs } from './query/address-pairs.ts'
import { ConversationLists, type ConversationScope } from './query/conversations.ts'
import { checkFilter } from './query/filter/display-filter.ts'
import { type ExpertCounts, expertCountsOf } from './query/expert.ts'
import { ProtocolHierarchy, type ProtocolShare } from './query/protocol-hierarchy.ts'
import { fieldCatalog } from './query/filter/field-catalog.ts'
import { completeFilter } from './query/filter/filter-complete.ts'
import { FollowedStream } from './query/follow-stream.ts'
import { streamLines, type StreamLines } from './query/follow-stream-lines.ts'
import { searchStream } from './query/follow-stream-search.ts'
import type { ReadBytes } from './query/frame-bytes.ts'
import { LaneIndex } from './query/lane-index.ts'
import { ladderRows, lostPackets, type LostPackets } from './query/ladder.ts'
import { lanes } from './query/lanes.ts'
import { LatencyQueries } from './query/latency-queries.ts'
import { packetDetails, packetRows, unreadPacketRows } from './query/packet-rows.ts'
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
export { Capture, type CaptureOptions, COST, type Limits, partText } from './capture.ts'
export { LABEL, LABELS, type Label } from './tcp/labels.ts'
export type { ReadBytes } from './query/frame-bytes.ts'
export type { ConversationScope } from './query/conversations.ts'
export type { ProtocolShare } from './query/protocol-hierarchy.ts'
export type { ExpertCounts, MarkCount, RetransmissionCount } from './query/expert.ts'
export { Cancelled, type Work } from './query/selection.ts'
export { FilterError } from './query/filter/filter-syntax.ts'
export { CaptureChanged, exportPcap, exportPcapng, lostInPcap } from './export.ts'
export { Redaction, REDACTIONS, type RedactionKind } from './redact.ts'
export { framesTable } from './frames-table.ts'
export { compare, comparedSide, type ComparedSide, type CompareRange, type Comparison } from './compare.ts'
export { joinCaptures, type JoinedCapture } from './join/join-captures.ts'
export type { PartToJoin } from './join/part-frames.ts'
export { hopsOf } from './hops/hops.ts'
export type { Hop, HopReport, Loss, SeenPacket } from './hops/report.ts'
export { packetTexts } from './hops/packet-texts.ts'
export { clockSentences } from './hops/clock-sentences.ts'
export { limitSentences, nothingText } from './hops/limits.ts'
export { hopSentences } from './hops/sentences.ts'
export type { PointSource } from './hops/points.ts'
export type { PlacedNote, PlacedNotes } from './note-index.ts'
export { noteComments, packetAnchor } from './notes.ts'
export { readNoteComment } from './note-comment.ts'
export { readWordedNote } from './anchor-words.ts'
export { anchorText, reportDocument, type ReportOptions } from './report/report.ts'
export { reportHtml } from './report/html.ts'
export { reportMarkdown } from './report/markdown.ts'
export { transportName } from './query/conversation-names.ts'
export type { FollowedStream } from './query/follow-stream.ts'
export type { RoundTripHalf, TimestampRoundTrips } from './query/timestamp-round-trips.ts'
export type { StreamLines } from './query/follow-stream-lines.ts'

/**
 * A capture being read, and all that can be asked of it.
 * It holds no packet bytes: what needs them is given a `FrameSource`.
 */
export class Engine extends Capture {
  readonly #applications: Applications
  readonly #selector: PacketSelector
  readonly #conversationLists: ConversationLists
  readonly #protocols: ProtocolHierarchy
  #laneIndex: LaneIndex | undefined
  #askedForLanes = false
  readonly #latency: LatencyQueries
  /** What a person noted, and where that is in this capture. */
  readonly notes: NoteIndex
  #lost: { readonly key: string; readonly lost: LostPackets } | undefined
  #track: { readonly key: string; readonly track: SequenceTrack } | undefined
  readonly #findings: LatestFindings

  constructor(options: CaptureOptions = {}) {
    super(options, true)
    this.#applications = new Applications(this.packets, this.conversations, this.tcp)
    this.ingest.follow(this.#applications)
    if (options.heads) this.ingest.keepHeads()
    this.notes = new NoteIndex(this)
    this.#selector = new PacketSelector(this)
    this.#conversationLists = new ConversationLists(this)
    this.#protocols = new ProtocolHierarchy(this)
    this.#latency = new LatencyQueries(this, this.#applications)
    this.#findings = new LatestFindings(this)
  }

  get stacks() {
    return this.ingest.stacks
  }
  get roundTrips() {
    return this.ingest.roundTrips
  }
  /** How frames begin. */
  get heads() {
    return this.ingest.heads
  }
  /** Names of addresses that DNS answers in the capture tell. */
  get dnsNames() {
    return this.#applications.names
  }
  /** Requests with their responses, as far as protocols were recognised. */
  get exchanges() {
    return this.#applications.exchanges
  }

  /** Numbers of the conversations in order; the scope says which, and what of them counts. */
  conversationOrder(sort: ConversationSort, descending: boolean, scope?: ConversationScope): Uint32Array {
    return this.#conversationLists.order(sort, descending, scope)
  }

  conversationRows(ids: Uint32Array, scope?: ConversationScope): ConversationRow[] {
    return this.#conversationLists.rows(ids, scope)
  }

  /** The conversations that lost most time, at most `count`; costs no pass over packets without `rows`. */
  override mostHarmed(count: number, scope?: ConversationScope): ConversationHarm[] {
    return this.#conversationLists.mostHarmed(count, scope)
  }

  /** Rows of the packets of some conversations, ascending. */
  rowsOfConversations(ids: Uint32Array): Uint32Array {
    return this.#conversationLists.rowsOf(ids)
  }

  /** The addresses with most traffic. */
  topTalkers(count: number, scope?: ConversationScope): Talker[] {
    return this.#conversationLists.talkers(count, scope)
  }

  /** Which protocols are inside which, and in how many packets. */
  protocolHierarchy(): readonly ProtocolShare[] {
    return this.#protocols.shares()
  }

  /** Labels and verdicts of `rows` (all packets without), counted. */
  override expertCounts(rows?: Uint32Array): ExpertCounts {
    return rows ? expertCountsOf(this, rows) : super.expertCounts()
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

  /** How many rows `select` has looked at for a query; of those behind them some may be found already. */
  lookedSoFar(query: Query): number {
    return this.#selector.lookedSoFar(query)
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

  /** The same without the packets' bytes, when these can't be had: `why` is their Info. */
  unreadPacketRows(rows: ArrayLike<number>, why: string): PacketRow[] {
    return unreadPacketRows(this, rows, why)
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

  /**
   * What was diagnosed. While the capture grows it is worked out anew now and then only; the report's version says how many packets
   * it knows of. Throws Cancelled, and what `read` throws.
   */
  findings(read: ReadBytes, work?: Work): Promise<FindingsReport> {
    return this.#findings.report(read, work)
  }
}
