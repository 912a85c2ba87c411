import type { CaptureFormat, CaptureInterface, Compression, Damage, ReadPart, Unread } from '../common/model/capture.ts'
import type { PairHalf } from './latency-answers.ts'
import type { Label } from './tcp/labels.ts'
import type { Verdict } from './tcp/verdicts.ts'

export type * from './conversation-answers.ts'
export type * from './latency-answers.ts'

// What the engine answers. Plain data: it crosses a worker's port as it is.
// Times are nanoseconds since the capture's epoch unless a name says otherwise.

/** What is known of the file itself, so far. */
export interface CaptureFacts {
  readonly format?: CaptureFormat
  readonly compression: Compression
  /** Bytes taken in, as stored (compressed). */
  readonly bytesRead: number
  readonly packets: number
  /** Sum of the frames' lengths on the wire. */
  readonly wireBytes: number
  /** Frames cut by the snap length. */
  readonly cutPackets: number
  /** Nanoseconds since 1970 of the first frame, as a decimal string (does not fit a number). */
  readonly epochNs?: string
  /** Earliest and latest frame. */
  readonly firstTime: number
  readonly lastTime: number
  readonly interfaces: readonly CaptureInterface[]
  readonly comments: readonly string[]
  /** The file's end was reached (or the damage or limit that ended the reading). */
  readonly complete: boolean
  readonly damage?: Damage
  /** The capture goes on, but a limit was reached: everything here is about its first `packets` packets, and right for them. */
  readonly unread?: Unread
  /** Only a part of the capture was to be read, and all this is about that part. */
  readonly part?: ReadPart
  /** How many packets have each label. */
  readonly labels: Readonly<Record<Label, number>>
  /** How many packets have each verdict. */
  readonly verdicts: Readonly<Record<Verdict, number>>
  /** Retransmissions of what the receiver had already, as far as can be told. */
  readonly spurious: number
}

/** What to look at: all of the conditions that are present hold. */
export interface Query {
  /** Display filter text; empty = everything. */
  readonly filter?: string
  /** Half-open time range. */
  readonly from?: number
  readonly to?: number
  readonly conversation?: number
}

export type FilterCheck =
  | {
      readonly ok: true
      /** Packets' bytes must be read again, so it takes a pass over the file. */
      readonly needsBytes: boolean
      /** It is right, but perhaps not what was meant; for the part [from, to). */
      readonly note?: { readonly message: string; readonly from: number; readonly to: number }
    }
  | {
      readonly ok: false
      readonly message: string
      /** Part of the text that is wrong, [from, to). */ readonly from: number
      readonly to: number
    }

export type SortKey = 'frame' | 'time' | 'source' | 'destination' | 'protocol' | 'length' | 'info'

/** A packet as the list shows it. */
export interface PacketRow {
  readonly row: number
  /** Its number in the file, from 1. */
  readonly frame: number
  readonly time: number
  readonly source: string
  readonly destination: string
  /** The innermost protocol, in capitals as Wireshark's column. */
  readonly protocol: string
  readonly length: number
  readonly info: string
  readonly conversation?: number
  readonly labels: readonly Label[]
  /** What it really is, where that is not what the labels say or more than they do. */
  readonly verdict?: Verdict
  /** The worst label's colour class, for the row. */
  readonly tone: 'bad' | 'warn' | 'reset' | 'note' | 'handshake' | 'plain'
  readonly error?: string
}

/** Counts and percentiles in equal time buckets over [from, to); every array has one value a bucket. */
export interface Lanes {
  readonly from: number
  readonly to: number
  readonly buckets: number
  readonly packets: Float64Array
  /** Wire bytes. */
  readonly bytes: Float64Array
  readonly retransmissions: Float64Array
  readonly resets: Float64Array
  readonly outOfOrder: Float64Array
  readonly zeroWindows: Float64Array
  readonly lost: Float64Array
  readonly duplicateAcks: Float64Array
  /** Round trips in nanoseconds, NaN where the bucket has no sample. */
  readonly rttSamples: Float64Array
  readonly rttP50: Float64Array
  readonly rttP90: Float64Array
  readonly rttP99: Float64Array
  readonly rttMax: Float64Array
}

/** Bucket edges, one more than counts; none when there is nothing to count. */
export interface Histogram {
  readonly edges: Float64Array
  readonly counts: Float64Array
}

/** Why a connection was reset. */
export type ResetCause = 'refused' | 'after-fin' | 'data-unread' | 'mid-stream' | 'unknown-connection' | 'injected'

export type ConversationState =
  'syn-sent' | 'syn-received' | 'established' | 'closing' | 'closed' | 'reset' | 'refused' | 'mid-stream'

/** Who lost how much time to what. */
export interface ConversationHarm {
  readonly id: number
  readonly transport: string
  /** Number in its transport, as Wireshark's tcp.stream, udp.stream. */
  readonly stream: number
  readonly addressA: string
  readonly portA?: number
  readonly addressB: string
  readonly portB?: number
  /** Milliseconds this conversation lost to retransmission waits, SYN time-outs, resets and zero windows. */
  readonly harmMs: number
  /** The parts of harmMs that are not zero, for the tooltip: cause and milliseconds. */
  readonly harm: readonly { readonly cause: string; readonly ms: number }[]
  readonly resetCause?: ResetCause
  readonly state?: ConversationState
}

export interface ConversationRow extends ConversationHarm {
  readonly firstTime: number
  readonly lastTime: number
  readonly packetsAB: number
  readonly packetsBA: number
  readonly bytesAB: number
  readonly bytesBA: number
  /** Packets sent again; not those that were captured twice or overtaken, whatever their label says. */
  readonly retransmissions: number
  readonly outOfOrder: number
  readonly lost: number
  readonly duplicateAcks: number
  readonly zeroWindows: number
  readonly resets: number
  readonly synRetransmissions: number
  readonly initialRttNs?: number
  /** Round trips between the capture point and either end, of the packets that count; absent where there are none. */
  readonly toClient?: PairHalf
  readonly toServer?: PairHalf
}

/** An address and the traffic of its conversations. */
export interface Talker {
  readonly address: string
  /** On the wire. */
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly packets: number
  readonly conversations: number
}

/** Of round trips by the p99. */
export type ConversationSort = keyof Pick<
  ConversationRow,
  | 'harmMs'
  | 'id'
  | 'addressA'
  | 'addressB'
  | 'firstTime'
  | 'packetsAB'
  | 'bytesAB'
  | 'retransmissions'
  | 'resets'
  | 'outOfOrder'
  | 'zeroWindows'
  | 'initialRttNs'
  | 'toClient'
  | 'toServer'
>

/** One line of the packet's tree. Byte positions count from the frame's first byte, [from, to). */
export interface DetailNode {
  /** Display filter field, where there is one: ip.ttl */
  readonly field?: string
  /** "Time to live: 64" */
  readonly text: string
  /** The value as a display filter would be given it. */
  readonly value?: string
  readonly from: number
  readonly to: number
  readonly children: readonly DetailNode[]
  /** warn: something is off (a label, a cut or malformed header). */
  readonly tone?: 'warn' | 'note'
}

export interface PacketDetails {
  readonly row: number
  readonly bytes: Uint8Array
  readonly tree: readonly DetailNode[]
}

/** A proposal to finish what stands before the caret: replace [from, to) by `text`. */
export interface Completion {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly about: string
}

/**
 * How an exchange ended. `failed`: answered with an error; `unanswered`: though it should have been; `unknown`: whether it was
 * answered can't be told, as bytes are missing or it is only guessed to be an exchange.
 */
export type ExchangeOutcome = 'answered' | 'failed' | 'unanswered' | 'one-way' | 'unknown'

/** A request and what answered it. */
export interface ExchangeRow {
  readonly id: number
  readonly conversation: number
  /** When the request's first byte was captured. */
  readonly time: number
  readonly client: string
  readonly clientPort?: number
  readonly server: string
  readonly serverPort?: number
  /** "dns", "http", "tls" (the handshake); "tcp" where it is guessed from who spoke when. */
  readonly protocol: string
  /** "GET /orders"; without queries and other secrets. */
  readonly ask: string
  readonly answer: string
  readonly outcome: ExchangeOutcome
  /** Guessed from who spoke when. */
  readonly approximate: boolean
  /** From the first byte of the request to the last of the response; if unanswered, it took longer than this. */
  readonly totalNs: number
  /**
   * The parts of totalNs, as they were at the capture point. Without networkNs the network is part of serverNs. None of them without
   * a response.
   */
  readonly networkNs?: number
  readonly serverNs?: number
  readonly transferNs?: number
  /** Standing still: waiting for retransmissions, at a closed window; of DNS over UDP, up to the last try. */
  readonly stallNs?: number
  /** Round trip between the capture point and the client: by so much longer the client waited. */
  readonly clientHalfNs?: number
  readonly serverHalfNs?: number
  /** The packets that show it, first and last of either side. */
  readonly requestRow: number
  readonly requestEndRow: number
  readonly responseRow?: number
  readonly responseEndRow?: number
}

export type ExchangeSort =
  | 'time'
  | 'client'
  | 'server'
  | 'protocol'
  | 'ask'
  | 'answer'
  | 'totalNs'
  | 'networkNs'
  | 'serverNs'
  | 'transferNs'
  | 'stallNs'

/** Which exchanges: all of the conditions that are present hold. */
export interface ExchangeScope {
  /** Those with any of these packets between their first and their last one. */
  readonly rows?: Uint32Array
  /** Those that begin within [from, to). */
  readonly from?: number
  readonly to?: number
  readonly conversation?: number
  readonly protocol?: string
  readonly outcome?: ExchangeOutcome
  /** Words that all must occur in what was asked, answered, the protocol or an address. */
  readonly text?: string
}
