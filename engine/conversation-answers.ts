import type { PacketRow } from './answers.ts'

// What the engine answers about a conversation from close by, see answers.ts: its stream, its time-sequence graph, its ladder.

/** Which end of a conversation: the one that opened it (or has the higher port, where that was not seen), or the other. */
export type FollowSide = 'client' | 'server'

/** What one end of a followed conversation sent. */
export interface FollowedSide {
  readonly address: string
  readonly port: number
  /** Bytes of its stream, and how many of them are not in the capture. */
  readonly bytes: number
  readonly missing: number
  /** Packets, or parts of them, that brought it. */
  readonly pieces: number
}

export interface FollowFacts {
  /** The client is the conversation's end B. */
  readonly clientIsB: boolean
  readonly client: FollowedSide
  readonly server: FollowedSide
}

/** How a stream is laid out in lines: text that breaks at line ends, sixteen bytes as hex and text, or hex alone. */
export type FollowFormat = 'text' | 'hex' | 'raw'

/** A line of a followed stream. */
export interface FollowLine {
  readonly side: FollowSide
  /** The packet with its first byte. */
  readonly row: number
  /** Its place among the bytes that its side sent. */
  readonly offset: number
  /** Its place among the captured bytes of what is followed. */
  readonly position: number
  /** Without the line's end. */
  readonly bytes: Uint8Array
  /** Instead of bytes: so many are not in the capture, as no packet of them was captured, or the snap length cut them off. */
  readonly missing?: { readonly bytes: number; readonly why: 'gap' | 'cut' }
}

/** Where a text or bytes occur in a followed stream. */
export interface FollowMatches {
  /** Positions among the captured bytes, ascending. */
  readonly positions: Float64Array
  /** Bytes of each. */
  readonly length: number
  /** There are more, but these are as many as are kept. */
  readonly more: boolean
}

/** What a segment was. `probe` = a keep-alive or zero-window probe, whose byte is none of the stream's. */
export type SegmentKind = 'new' | 'fast' | 'rto' | 'tlp' | 'retransmission' | 'copy' | 'reordered' | 'probe'

/** What stands out in the course of a connection. */
export type SequenceMark = 'syn' | 'fin' | 'rst' | 'zero-window'

/** The part of a time-sequence graph that is on screen. Sequence numbers count from the side's first. */
export interface TimeSequenceRequest {
  readonly conversation: number
  /** Whose bytes. */
  readonly side: FollowSide
  readonly from: number
  readonly to: number
  /** Sequence numbers on screen; those of the time's packets without. */
  readonly low?: number
  readonly high?: number
  /** Pixels: nothing is answered that would be painted over. */
  readonly width: number
  readonly height: number
}

/** Points of a line or cloud, by time as they were captured. */
export interface Points {
  readonly time: Float64Array
  readonly value: Float64Array
  readonly row: Uint32Array
}

/** Bars over a range of sequence numbers. */
export interface Spans {
  readonly time: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
  readonly row: Uint32Array
}

export interface TimeSequence {
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
  /** First and last packet of the conversation. */
  readonly begin: number
  readonly end: number
  /** `kind` are indices into `kinds`. */
  readonly segments: Spans & { readonly kind: Uint8Array; readonly kinds: readonly SegmentKind[] }
  readonly sacks: Spans
  /** Packets that may have SACK blocks and were too many to be looked into. */
  readonly sacksOmitted: number
  readonly marks: Points & { readonly kind: Uint8Array; readonly kinds: readonly SequenceMark[] }
  /** What the other side acknowledged, and up to where it takes more. */
  readonly acks: Points
  readonly windows: Points
  /** The window's scale is not known, as its SYN was not captured: the windows may be far too small. */
  readonly windowsUnscaled: boolean
  /** Nanoseconds from a segment to its ACK. */
  readonly rtt: Points
  /** The same by TCP timestamps, where it was answered at once. */
  readonly rttByTimestamps: Points
  /** Bytes sent and not acknowledged, and the window of the other side, in bytes. */
  readonly inFlight: Points
  readonly window: Points
  /** Payload sent and payload acknowledged in equal parts of [from, to), in bytes. */
  readonly sent: Float64Array
  readonly acked: Float64Array
}

/** A packet as an arrow between the two ends of its conversation. */
export interface LadderRow extends PacketRow {
  /** It travels from the conversation's end B to its A. */
  readonly fromB: boolean
  /** Nanoseconds since the packet listed before it; undefined for the first. */
  readonly since?: number
  /** Numbers count from each side's first. */
  readonly tcp?: {
    /** "PSH, ACK" */
    readonly flags: string
    readonly seq: number
    readonly length: number
    /** Absent where the ACK flag is. */
    readonly ack?: number
    readonly window: number
  }
  /** Its bytes were sent again: it did not arrive, or (`perhaps`) that or its ACK was lost. By which packet they were sent again. */
  readonly lost?: { readonly perhaps: boolean; readonly again: number }
  /** It repeats bytes that did not pass here before: the packet with them was lost between the sender and this point. */
  readonly lostBefore?: true
}
