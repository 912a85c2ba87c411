// What the engine diagnosed, with its evidence. Plain data: it crosses ports and goes into JSON as it is.
// Times are nanoseconds since the capture's epoch.

/** What was found. Rules run in an order of their own: what explains a connection well leaves it to no vaguer rule. */
const FINDING_KINDS = [
  'refused',
  'fragmentation-needed-ignored',
  'mtu-black-hole',
  'tuple-reuse',
  'accept-queue',
  'half-open',
  'policy-drop',
  'outage',
  'syn-loss',
  'conntrack-invalid',
  'keep-alive-race',
  'idle-timeout',
  'mid-stream-reset',
  'zero-window',
  'nagle',
  'stall',
  'standing-queue',
  'loss',
  'rto-tail',
  'path-slower',
  'duplicate-address',
  'arp-unanswered',
  'dns-race',
  'dns-ndots',
  'dns-black-hole',
  'dns-unanswered',
  'dns-slow',
  'dns-failed',
  'dns-truncated',
  'tls-failed',
  'server-errors',
  'slow-server',
  'cluster-event',
] as const
export type FindingKind = (typeof FINDING_KINDS)[number]

/** What is wrong with the capture itself: it makes some findings impossible, and others less sure. */
const ARTEFACT_KINDS = [
  'capture-drops',
  'captured-twice',
  'offload',
  'mid-stream-start',
  'one-direction',
  'cut-packets',
  'clock-step',
] as const
export type ArtefactKind = (typeof ARTEFACT_KINDS)[number]

/** `high`: somebody was harmed; `low`: it costs little so far; `note`: about the capture. */
export type Severity = 'high' | 'medium' | 'low' | 'note'

/** An end of conversations, as far as it is one. */
export interface FindingEnd {
  readonly address: string
  readonly port?: number
}

/** A packet that shows it. */
export interface Evidence {
  readonly row: number
  /** What it is in the story: "the SYN", "its repetition". */
  readonly role: string
}

export interface TimedEvidence extends Evidence {
  readonly time: number
}

/** A command that shows the same elsewhere, or proves the finding wrong. Its arguments are addresses, ports and words of ours: safe in a shell. */
export interface ConfirmCommand {
  readonly command: string
  /** Where to run it and what to look for. */
  readonly about: string
}

export interface Finding {
  /** The same for the same trouble when the capture has grown: kind and whom it is about. */
  readonly id: string
  readonly kind: FindingKind | ArtefactKind
  /** A few words: the heading. */
  readonly title: string
  /** What, who, since when, how often, what it cost. */
  readonly sentence: string
  /** Why we believe it. */
  readonly why: string
  readonly severity: Severity
  /** 0..1 */
  readonly confidence: number
  /** Numbers of the conversations concerned, at most MOST_CONVERSATIONS; `count` may be greater. */
  readonly conversations: readonly number[]
  /** The end that asks, and the end that answers, where they are the same in all of them. */
  readonly client?: FindingEnd
  readonly server?: FindingEnd
  /** First and last packet that shows it. */
  readonly since: number
  readonly until: number
  /** How often it happened; what is counted, is in the sentence. */
  readonly count: number
  /** Requests or connections that came to nothing by it: a time alone would not show how bad that is. */
  readonly failed?: number
  /** Milliseconds that were lost to it, of all conversations together. */
  readonly costMs: number
  /** Who is to blame, or why that cannot be told. */
  readonly blamed: string
  /** In the order of the story, at most MOST_EVIDENCE. */
  readonly evidence: readonly TimedEvidence[]
  /** What it might have been, and why it is not. */
  readonly ruledOut: readonly string[]
  /** What would settle what is open. */
  readonly settle?: string
  readonly confirm: readonly ConfirmCommand[]
  /** Where the signature is described. */
  readonly source: string
  /** Display filter that shows its packets. */
  readonly filter: string
}

export const MOST_CONVERSATIONS = 100
export const MOST_EVIDENCE = 24
export const MOST_OF_A_KIND = 50

/** All that was found in a capture, as far as it was read. */
export interface FindingsReport {
  /** Packets it is about; greater than before: ask again. */
  readonly version: number
  /** By what they cost, most first: milliseconds lost, and a second for each that failed. */
  readonly findings: readonly Finding[]
  /** Of each kind the costliest MOST_OF_A_KIND are told; so many more there are, of all kinds. */
  readonly omitted: number
  /** About the capture itself. */
  readonly artefacts: readonly Finding[]
}

const BEFORE_UNIT = /(?<=\d) (?=(?:%|[nµm]?s|min|h|[kMGT]?B|[kMG]bit\/s)(?!\w))/g

/** A finding's text with no-break spaces between numbers and their units, so that no line ends there. */
export const unbroken = (text: string): string => text.replaceAll(BEFORE_UNIT, '\u{a0}')
