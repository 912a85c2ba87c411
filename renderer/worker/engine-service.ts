import type {
  AddressPair,
  CaptureFacts,
  ComparedSide,
  CompareRange,
  Comparison,
  Completion,
  ConversationRow,
  ConversationSort,
  ExchangeRow,
  ExchangeSort,
  FilterCheck,
  FindingsReport,
  FollowFacts,
  FollowFormat,
  FollowLine,
  FollowMatches,
  FollowSide,
  Histogram,
  Hop,
  LadderRow,
  Lanes,
  LatencyCell,
  LatencyLane,
  LatencyMap,
  LatencyMeasure,
  LatencySummary,
  Overview,
  PacketDetails,
  ProtocolShare,
  PacketRow,
  PlacedNotes,
  Query,
  RedactionKind,
  SortKey,
  TimeSequence,
  TimeSequenceRequest,
} from '../../engine/engine.ts'
import type { CapturePart } from '../../common/model/capture.ts'
import type { Note } from '../../common/model/note.ts'
import type { CaptureOrigin } from './byte-source.ts'

// What the page may ask of the engine's worker. Everything here crosses a port: plain data only.

/** How far reading is. The last one sent has a phase other than `reading`. */
export interface Progress {
  readonly phase: 'reading' | 'done' | 'cancelled' | 'failed'
  /** Grows when there is enough that is new to ask again; answers asked for then see at least that much. */
  readonly version: number
  /** Bytes as stored, and how many there are (0 = not known: the capture still grows). */
  readonly bytesRead: number
  readonly size: number
  /** Milliseconds until all is read, where that is known well. */
  readonly leftMs?: number
  readonly facts: CaptureFacts
  /** Why it failed, for the person. */
  readonly error?: string
}

/** What is read of a capture. */
export interface OpenOptions {
  /** No more are kept; see CaptureFacts.unread. */
  readonly maxPackets?: number
  readonly part?: CapturePart
  /** As far as it is known: with it a part in the middle is reached at once. */
  readonly overview?: Overview
}

export interface OverviewProgress {
  readonly overview: Overview
  /** Bytes as stored, and how many there are (0 = not known: the capture still grows). */
  readonly bytesRead: number
  readonly size: number
  /** Nothing more will be told. */
  readonly done: boolean
  /** Why it does not reach the end, for the person. */
  readonly error?: string
}

/** Packets that match a query; ask `rows` for the part that is on screen. */
export interface SelectionHandle {
  readonly id: number
  readonly count: number
  /** False when these are only what was found so far, in the same order: ask again for more. */
  readonly complete: boolean
  /** The search was stopped: these are what matches of the first so many packets. */
  readonly looked?: number
  /** Those that were asked for with it, the first at `start`. */
  readonly rows?: { readonly start: number; readonly of: readonly PacketRow[] }
}

/**
 * The rows of a list that are on screen, to be answered with it: in whole pages of `page` rows, the last ones where there are fewer
 * (with a `first` of Infinity always).
 */
export interface ListPart {
  readonly first: number
  readonly count: number
  readonly page: number
  /** An answer to the same question whose rows are there already: those it held are not sent again. */
  readonly have?: { readonly id: number; readonly count: number }
}

export interface LatencyPackets {
  readonly rows: Uint32Array
  readonly total: number
}

/** Which requests, in which order. */
export interface ExchangeList {
  readonly protocol?: string
  readonly sort: ExchangeSort
  readonly descending: boolean
}

export interface ExchangePage {
  readonly total: number
  readonly rows: readonly ExchangeRow[]
}

export interface ConversationPage {
  readonly total: number
  /** The greatest harm of all that match, to scale the bars; milliseconds. */
  readonly worstHarmMs: number
  readonly rows: readonly ConversationRow[]
}

/** Of HopReport what a page shows; indices are into `points` and `hops`. */
export interface HopsAnswer {
  readonly points: readonly string[]
  readonly hops: readonly Hop[]
  /** What it comes to, and of clocks that moved how they did. */
  readonly sentences: readonly string[]
  readonly clocks: readonly string[]
  /** What can't be told. */
  readonly limits: readonly string[]
  /** What is said where no packet is listed, of all hops and by hop. */
  readonly nothing: string
  readonly nothingOn: readonly string[]
  /** In the order of their times. */
  readonly packets: readonly HopPacket[]
  /** How many there are. */
  readonly amiss: number
}

/** A packet that died on a hop, was rejected or made there, or to which nothing came back. */
export interface HopPacket {
  readonly fate: 'lost' | 'rejected' | 'rejected behind' | 'made' | 'unanswered'
  /** The hop; of what was rejected behind all points or not answered the point to which it came last. */
  readonly place: number
  /** With what it was rejected: "ICMP port unreachable", "a reset in the name of 10.0.0.7". */
  readonly says: string | undefined
  /** "SYN", "segment", "DNS query A db.shop" */
  readonly what: string
  readonly transport: string
  readonly row: number
  readonly time: number
  /** Of payload. */
  readonly bytes: number
  readonly stream: number
  readonly from: HopEnd
  readonly to: HopEnd
  readonly againAfterNs: number | undefined
}

export interface HopEnd {
  readonly address: string
  readonly port: number
}

/** How a list of packets is sorted; without, it is in the order of the file. */
export interface PacketOrder {
  readonly key: SortKey
  readonly descending: boolean
}

/** Packets looked at for a filter that needs their bytes, or to sort them. */
export interface Search {
  readonly filter: string
  readonly sorting?: true
  readonly done: number
  readonly total: number
  /** It was stopped there, with so many that match. */
  readonly stoppedWith?: number
}

/** Which stream, what of it, and how it is laid out. */
export interface FollowRequest {
  readonly conversation: number
  /** Both sides without. */
  readonly side?: FollowSide
  readonly format: FollowFormat
  /** Bytes after which a line of text is broken. */
  readonly width: number
}

/** How many lines are known; of text there are more until it is `complete`. */
export interface FollowState {
  readonly lines: number
  readonly complete: boolean
}

/** A stream that is followed; ask `followLines` for the part that is on screen. */
export interface FollowHandle extends FollowState {
  readonly id: number
  readonly facts: FollowFacts
  /** Captured ones of what is followed. */
  readonly bytes: number
}

/** A name that the capture tells for an address: its own name records, or DNS answers in it. */
export interface NamedAddress {
  readonly address: string
  readonly name: string
  readonly source: 'capture' | 'dns'
}

/** Which packets become a file, and how. */
export interface ExportRequest {
  /** Those that match, or these. */
  readonly packets: Query | Uint32Array
  readonly format: 'pcapng' | 'pcap'
  readonly redact: readonly RedactionKind[]
}

/** The search was stopped: it has found what matches of the first `looked` of `total` packets. */
export interface SearchedPart {
  readonly looked: number
  readonly total: number
}

export interface ExportFacts {
  readonly packets: number
  readonly part?: SearchedPart
  /** What a classic pcap can't hold of them; undefined when none can be made, as link types are mixed. */
  readonly lost?: readonly string[]
}

export interface SavedExport {
  readonly file: Blob
  readonly packets: number
  readonly part?: SearchedPart
  /** What was redacted. */
  readonly summary?: string
}

export interface ReportRequest {
  readonly format: 'html' | 'markdown'
  /** How the capture is called. */
  readonly name: string
  /** Of the program. */
  readonly version: string
  readonly filter: string
}

export interface EngineService {
  /** Reads the capture from front to back; resolves when that ended, in whatever way `onProgress` told last. */
  open(origin: CaptureOrigin, onProgress: (progress: Progress) => void, wanted?: OpenOptions): Promise<void>
  /** Instead of `open`: walks through the whole capture, so that a part of it can be chosen. */
  overview(origin: CaptureOrigin, onProgress: (progress: OverviewProgress) => void): Promise<void>
  /** Stops reading; what was read stays. */
  cancel(): void
  /** Told how far long searches are, and undefined when the last one has ended. One that was stopped is told of as long as the view is about it. */
  onSearch(report: (search: Search | undefined) => void): void
  /** Ends searches for the filter: whoever waits for them, or asks the same later, is answered from what they have found. */
  stopSearch(): void
  /** Asked again, they are gone on with where they were stopped. */
  goOnSearching(): void
  /** The view is about these packets now, in this order: searches for what it was about before reject with `Cancelled`. */
  setView(query: Query, order?: PacketOrder): void
  /** The person's notes are now these; where they and the comments in the file are, as far as it is read. */
  placeNotes(notes: readonly Note[]): Promise<PlacedNotes>
  lanes(query: Query, from: number, to: number, buckets: number): Promise<Lanes>
  /**
   * The packets that match. A list says which part of it is on screen: it is answered before everything else, soon, and where
   * packets must be read perhaps not yet with all of them.
   */
  select(query: Query, order?: PacketOrder, part?: ListPart): Promise<SelectionHandle>
  /** `count` packets of the selection from `start` on; fewer at its end. Empty when the selection was superseded long ago. */
  rows(selection: number, start: number, count: number): Promise<readonly PacketRow[]>
  /** Undefined when there is no such packet (yet). */
  packet(row: number): Promise<PacketRow | undefined>
  /** The first packet that matches, by its row. */
  firstPacket(query: Query): Promise<number | undefined>
  /** Where packet `row` is in the selection, or where it would be: the number of its rows before it, and whether it is in. */
  position(selection: number, row: number): Promise<{ readonly index: number; readonly found: boolean }>
  conversations(
    query: Query,
    sort: ConversationSort,
    descending: boolean,
    start: number,
    count: number,
  ): Promise<ConversationPage>
  /** Where conversation `id` is in that order, or -1. */
  conversationPosition(query: Query, sort: ConversationSort, descending: boolean, id: number): Promise<number>
  conversation(id: number): Promise<ConversationRow | undefined>
  /** Which protocols are inside which, and in how many packets of the capture. */
  protocolHierarchy(): Promise<readonly ProtocolShare[]>
  /** What became of TCP segments between the points of the capture, at most `most` of those that were lost. Refused for very many packets. */
  hops(most: number): Promise<HopsAnswer>
  /** How the RTTs of the packets that match are distributed. */
  rttHistogram(query: Query): Promise<Histogram>
  /** Percentiles of both halves of the path and of each protocol's requests. */
  latencies(query: Query): Promise<readonly LatencySummary[]>
  /** Round trips that the packets that match ended, by the addresses of client and server; the slowest pair first. */
  addressPairs(query: Query): Promise<readonly AddressPair[]>
  /** A measure's times in `columns` equal parts of [from, to). */
  latencyMap(query: Query, measure: LatencyMeasure, from: number, to: number, columns: number): Promise<LatencyMap>
  /** A measure's percentiles in `buckets` equal parts of [from, to). */
  latencyLane(query: Query, measure: LatencyMeasure, from: number, to: number, buckets: number): Promise<LatencyLane>
  /** The packets behind a part of that map, at most `most` of them. */
  latencyPackets(query: Query, cell: LatencyCell, most: number): Promise<LatencyPackets>
  /** Requests of a protocol (of all without), with what answered them and where their time went. */
  exchanges(query: Query, list: ExchangeList, start: number, count: number): Promise<ExchangePage>
  details(row: number): Promise<PacketDetails>
  /** What was diagnosed; its version says how many packets it knows of. While the capture grows it is worked out anew now and then only. */
  findings(): Promise<FindingsReport>
  checkFilter(text: string): Promise<FilterCheck>
  complete(text: string, caret: number): Promise<readonly Completion[]>
  /** Undefined where the conversation carries no stream: neither TCP nor UDP. */
  follow(request: FollowRequest): Promise<FollowHandle | undefined>
  /** Ask again while it is not complete. Rejects when looking for lines failed. */
  followState(id: number): Promise<FollowState>
  followLines(id: number, start: number, count: number): Promise<readonly FollowLine[]>
  /** The line that holds the captured byte at `position`, as far as lines are known. */
  followLineAt(id: number, position: number): Promise<number>
  followSearch(id: number, needle: Uint8Array, anyCase: boolean): Promise<FollowMatches>
  /** The captured bytes, to be saved. */
  followBytes(id: number): Promise<Blob>
  /** Two times of the capture, side by side. */
  compare(a: CompareRange, b: CompareRange): Promise<Comparison>
  /** What all of the capture is measured by, for comparing it with another one. */
  comparedSide(): Promise<ComparedSide>
  /** Another capture, measured by its own engine, beside this one or a time of it. */
  compareWith(a: ComparedSide, b: CompareRange | undefined): Promise<Comparison>
  /** What an export would hold. */
  exportFacts(request: ExportRequest): Promise<ExportFacts>
  /** Packets as a capture, to be saved. Rejects when the capture no longer has them. */
  exportPackets(request: ExportRequest): Promise<SavedExport>
  /** What is to be told of the capture, as a document to be saved. */
  report(request: ReportRequest): Promise<Blob>
  /** The course of one direction of a TCP conversation; undefined where it is not TCP. */
  timeSequence(request: TimeSequenceRequest): Promise<TimeSequence | undefined>
  /** As `rows`, with what the ladder of their conversation shows. */
  ladder(selection: number, conversation: number, start: number, count: number): Promise<readonly LadderRow[]>
  /** The names of addresses; undefined while there are no more than `known`. */
  names(known: number): Promise<readonly NamedAddress[] | undefined>
}
