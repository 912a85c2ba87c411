import type {
  ArtefactKind,
  ConfirmCommand,
  Evidence,
  Finding,
  FindingEnd,
  FindingKind,
  Severity,
} from '../../common/model/finding.ts'
import type { FindingContext } from './context.ts'

/** A number that a rule decides by, and where it is from; proposals of ours say so. */
export interface Threshold {
  readonly value: number
  readonly unit: string
  readonly source: string
}

/** What a rule says of a trouble; the frame adds what follows from the rule and from the capture (see findings.ts). */
export interface Draft extends Pick<
  Finding,
  'sentence' | 'why' | 'confidence' | 'since' | 'until' | 'count' | 'blamed'
> {
  /** Tells it from others of its kind: whom it is about. */
  readonly subject: string
  readonly title?: string
  readonly severity?: Severity
  /** Where it is described, if not where the rule's others are. */
  readonly source?: string
  readonly costMs?: number
  readonly failed?: number
  readonly conversations?: readonly number[]
  /** Packets that it explains, also of conversations that have troubles besides. */
  readonly explained?: readonly number[]
  readonly client?: FindingEnd
  readonly server?: FindingEnd
  readonly evidence: readonly Evidence[]
  readonly ruledOut?: readonly string[]
  readonly settle?: string
  readonly confirm?: readonly ConfirmCommand[]
  /** Shows the conversations without. */
  readonly filter?: string
}

/** A trouble of a kind that may be very many: what is said of it is worked out for those that are told. */
export interface Outline extends Required<Pick<Draft, 'costMs' | 'conversations'>> {
  readonly explained?: undefined
  readonly tell: () => Draft
}

interface Described<Found> {
  /** The heading of its findings. */
  readonly title: string
  readonly thresholds: Readonly<Record<string, Threshold>>
  /** Where the signature is described. */
  readonly source: string
  readonly find: (context: FindingContext) => Found[] | Promise<Found[]>
}

/** A diagnosis. One file each. */
export interface Rule extends Described<Draft | Outline> {
  readonly kind: FindingKind
  readonly severity: Severity
  /** `off`: conversations that the artefact concerns are not looked at, as it would look the same. `weaker`: they count for less. */
  readonly artefacts: Readonly<Partial<Record<ArtefactKind, 'off' | 'weaker'>>>
  /** Conversations that these explain are left to them. They run before. */
  readonly yieldsTo: readonly FindingKind[]
}

/** Something about the capture itself. */
export interface ArtefactRule extends Described<Draft> {
  readonly kind: ArtefactKind
}
