import type { Member } from './connections.ts'
import type { CapturePoint, PointSource } from './points.ts'

/** What became of packets on their way from point to point. Times are nanoseconds since the first source's epoch, by each point's own clock. */
export interface HopReport {
  readonly points: readonly CapturePoint[]
  /** Two neighbouring points each, in one direction; those first that are nearest to the ends that opened connections. */
  readonly hops: readonly Hop[]
  readonly losses: readonly Loss[]
  readonly made: readonly MadeReset[]
  readonly rejections: readonly Rejection[]
  /** DNS queries that came to the last point on their way, and nothing back from there. */
  readonly unanswered: readonly Unanswered[]
  /** Neighbouring points whose clocks can't both have stood as they did: one drifts, or was set. Delays and losses are told as if none had moved. */
  readonly moved: readonly MovedClock[]
  readonly limits: HopLimits
  /** DNS queries that the points nearest to who asks saw, of those that pass several. */
  readonly queries: number
  /** Connections, and flows of datagrams, that more than one point saw, and that only one did. */
  readonly connections: number
  readonly alone: number
}

/** What can't be told. Points are indices into `points`. */
export interface HopLimits {
  /** Pairs of points that captured at one place, or of which one is the other's copy: no packet took any time between them, forth or back. */
  readonly same: readonly (readonly [number, number])[]
  /** Points of several groups saw no connection or flow in common. */
  readonly groups: readonly (readonly number[])[]
  /** TCP connections that have other numbers `here` than `there`, of the same addresses and ports at the same time: somebody between answers for the ends. */
  readonly renumbered: { readonly count: number; readonly here: readonly number[]; readonly there: readonly number[] }
  /** Connections, and flows of datagrams, that a point saw before NAT and after it, and those points: only one of the two passages is followed. */
  readonly twice: { readonly count: number; readonly points: readonly number[] }
}

export interface Hop {
  /** Indices into `points`. */
  readonly from: number
  readonly to: number
  /** Segments with payload, SYN or FIN that were seen at `from` and due at `to`. */
  readonly segments: number
  readonly lost: number
  readonly lostBytes: number
  /** Bytes that crossed, as points further on or ACKs tell, but were not captured at `to`. */
  readonly missedBytes: number
  /** Packets of any kind that an ICMP error, or a reset made on the hop, says were dropped; they are not among the lost. */
  readonly rejected: number
  readonly datagrams: UnacknowledgedOnHop
  readonly resets: UnacknowledgedOnHop
  /** Of the packets that both saw once. Undefined where there are none. */
  readonly delay: HopDelay | undefined
}

/** UDP datagrams, or resets, that were seen at a hop's first point and due at its second. */
export interface UnacknowledgedOnHop {
  readonly due: number
  readonly lost: number
  /** Not seen at the second point, which is known to have missed others nearly as often: they may have come. */
  readonly unsure: number
}

export interface HopDelay {
  readonly count: number
  /** Over the least: what clocks that differ can't falsify. */
  readonly aboveLeast: { readonly p50: number; readonly p99: number; readonly max: number }
  /**
   * The least time from point to point, half of there and back, known within `errorNs` whatever the clocks read: one way takes at least
   * no time. By how much the clock of `to` is ahead follows from it. Undefined where nothing was seen to come back.
   */
  readonly oneWay: { readonly leastNs: number; readonly errorNs: number; readonly aheadNs: number } | undefined
}

/** A packet where a point saw it. */
export interface SeenPacket {
  readonly source: PointSource
  readonly row: number
  readonly conversation: number
  /** The conversations that are one with it, itself among them. */
  readonly members: readonly Member[]
  /** From the conversation's end B to its end A. */
  readonly toA: boolean
  readonly time: number
}

/** A packet that died on a hop, where it was seen last. */
export interface Loss extends SeenPacket {
  readonly kind: 'segment' | 'datagram' | 'reset'
  /** Of a message of DNS. */
  readonly dns: 'query' | 'answer' | undefined
  /** Index into `hops`. */
  readonly hop: number
  readonly bytes: number
  /** The row with which its bytes passed the same point again, and how much later. */
  readonly again: number | undefined
  readonly againAfterNs: number | undefined
}

/** With what a packet was rejected, and where that was seen. */
export interface Saying {
  /** The address that sent the ICMP error; of a reset the end whose name it bears. */
  readonly by: string
  /** What the ICMP error says ("port unreachable"); undefined = it is a reset. */
  readonly says: string | undefined
  readonly source: PointSource
  readonly row: number
}

/** A packet that somebody dropped and told so by an ICMP error or a reset, where it was seen last. */
export interface Rejection extends SeenPacket, Pick<Loss, 'kind' | 'dns'> {
  readonly error: Saying
  /** Index into `points`: where it was seen last. */
  readonly point: number
  /** Index into `hops`; undefined where no point behind would have captured it, as far as can be told. */
  readonly hop: number | undefined
}

/** A reset where it was seen first, which is not where its sender is: it was made on the hop to there, in the sender's name. */
export interface MadeReset extends SeenPacket {
  /** Index into `hops`. */
  readonly hop: number
}

/** A clock that moved against another's. */
export interface MovedClock {
  /** Indices into `points`. */
  readonly point: number
  readonly against: number
  /** By how much it runs faster, as a share of the time; below 0 slower. */
  readonly drift: number
  /** Since when, by the other's clock, it was ahead by how much more besides. Where neither is told it can't be. */
  readonly moves: readonly { readonly time: number; readonly byNs: number }[]
}

export interface Unanswered extends SeenPacket {
  /** Index into `points`. */
  readonly point: number
}
