import { MOST_CONVERSATIONS, type Finding, type Severity, type TimedEvidence } from '../../../common/model/finding.ts'
import type { Colors } from '../../components/colors.ts'
import type { LanePlace } from './lane-specs.ts'
import type { TimeScale } from './time-scale.ts'

// What was found, where it is in time: from its first packet to its last, with its evidence. Pure but for the drawing.

/** Those that share a time lie in rows below each other; the last row holds all that find no other. */
const MOST_ROWS = 4
/** Pixels of a row, the gap below it included. */
const LOWEST_ROW = 4
const HIGHEST_ROW = 9
const PAD = 3
const REACH = 4

type Lane = Pick<LanePlace, 'top' | 'height'>

export interface PlacedFinding {
  readonly finding: Finding
  readonly row: number
}

/** Those that concern a conversation, or may: some are about none, and of many conversations not all are told. All without one. */
export function findingsOf(findings: readonly Finding[], conversation: number | undefined): readonly Finding[] {
  if (conversation === undefined) return findings
  return findings.filter(
    ({ conversations }) =>
      conversations.length === 0 || conversations.length >= MOST_CONVERSATIONS || conversations.includes(conversation),
  )
}

/** The first come, the costliest, are placed first: they get the upper rows. */
export function placeFindings(findings: readonly Finding[]): readonly PlacedFinding[] {
  const rows: Finding[][] = []
  return findings.map((finding) => {
    const free = rows.findIndex((row) => row.every((other) => isApart(finding, other)))
    const row = free >= 0 ? free : Math.min(rows.length, MOST_ROWS - 1)
    ;(rows[row] ??= []).push(finding)
    return { finding, row }
  })
}

function isApart(a: Finding, b: Finding): boolean {
  return a.until < b.since || b.until < a.since
}

const SEVERITY_COLOR = { high: 'loss', medium: 'reorder', low: 'traffic', note: 'faint' } as const satisfies Record<
  Severity,
  keyof Colors
>

/** Those of which a part lies in [from, to]. */
export function findingsIn(placed: readonly PlacedFinding[], from: number, to: number): readonly Finding[] {
  return placed.map(({ finding }) => finding).filter(({ since, until }) => since <= to && until >= from)
}

function rowsOf(placed: readonly PlacedFinding[]): number {
  return 1 + placed.reduce((most, { row }) => Math.max(most, row), 0)
}

/** The top of a row in the lane, of so many, and how high it is. */
function rowPlace({ top, height }: Lane, rows: number, row: number) {
  const fitting = Math.min(rows, Math.max(1, Math.floor((height - PAD) / LOWEST_ROW)))
  const tall = Math.min(HIGHEST_ROW, Math.max(1, (height - PAD) / fitting))
  const first = top + (height - tall * fitting) / 2
  return { top: Math.round(first + Math.min(row, fitting - 1) * tall) + 1, height: Math.max(2, Math.round(tall) - 1) }
}

export function drawFindings(
  context: Pick<CanvasRenderingContext2D, 'fillStyle' | 'globalAlpha' | 'fillRect'>,
  scale: TimeScale,
  colors: Pick<Colors, (typeof SEVERITY_COLOR)[Severity]>,
  place: Lane,
  placed: readonly PlacedFinding[],
): void {
  const rows = rowsOf(placed)
  // The costliest last, over the others.
  for (const { finding, row } of placed.toReversed()) {
    const { since, until, evidence, severity } = finding
    if (until < scale.range.from || since > scale.range.to) continue
    const { top, height } = rowPlace(place, rows, row)
    const from = Math.round(Math.max(0, scale.x(since)))
    const to = Math.round(Math.min(scale.width, scale.x(until)))
    context.fillStyle = colors[SEVERITY_COLOR[severity]]
    context.globalAlpha = 0.25
    context.fillRect(from, top, Math.max(2, to - from), height)
    context.globalAlpha = 1
    let before = -Infinity
    for (const x of [since, ...evidence.map(({ time }) => time)].map((time) => Math.round(scale.x(time)))) {
      if (x === before || x < -2 || x > scale.width) continue
      before = x
      context.fillRect(x, top, 2, height)
    }
  }
}

/** The finding at a point of the plot, and of its evidence what is nearest in time. */
export function findingAt(
  scale: TimeScale,
  place: Lane,
  placed: readonly PlacedFinding[],
  x: number,
  y: number,
): { readonly finding: Finding; readonly evidence: TimedEvidence | undefined } | undefined {
  if (y < place.top || y >= place.top + place.height) return undefined
  const rows = rowsOf(placed)
  const away = ({ finding, row }: PlacedFinding) => {
    const { top, height } = rowPlace(place, rows, row)
    const left = scale.x(finding.since) - x
    const right = x - scale.x(finding.until)
    return { sideways: Math.max(0, left, right), down: Math.max(0, top - y, y - top - height) }
  }
  const [nearest] = placed
    .map((each) => ({ finding: each.finding, ...away(each) }))
    .filter(({ sideways }) => sideways <= REACH)
    .toSorted((a, b) => a.down - b.down || a.sideways - b.sideways)
  if (!nearest) return undefined
  const time = scale.time(x)
  const [evidence] = nearest.finding.evidence.toSorted((a, b) => Math.abs(a.time - time) - Math.abs(b.time - time))
  return { finding: nearest.finding, evidence }
}
