import {
  type ArtefactKind,
  type Finding,
  type FindingKind,
  type FindingsReport,
  MOST_CONVERSATIONS,
  MOST_EVIDENCE,
  MOST_OF_A_KIND,
} from '../../common/model/finding.ts'
import type { ReadBytes } from '../query/frame-bytes.ts'
import { between, type Work } from '../query/work.ts'
import { ARTEFACT_BIT } from './artefact-bits.ts'
import { ARTEFACT_RULES } from './artefacts/index.ts'
import { withClusterEvents } from './cluster-events.ts'
import { FindingContext, type FindingTables } from './context.ts'
import type { Draft, Rule } from './rule.ts'
import { RULES } from './rules/index.ts'
import { Survey } from './survey.ts'

/** What a concerned conversation is worth to a rule that an artefact weakens. Ours. */
const WEAKENED = 0.6

/** What came to nothing weighs as much as the second after which a client asks for a connection again (RFC 6298 section 2.1), however soon it failed. */
const FAILURE_MS = 1000

const weightOf = ({ costMs = 0, failed = 0 }: Pick<Draft, 'costMs' | 'failed'>): number => costMs + failed * FAILURE_MS

/** Of the kinds that some rule yields to it is kept what they explain, a bit each. */
const YIELDED_TO: ReadonlySet<FindingKind> = new Set(RULES.flatMap(({ yieldsTo }) => yieldsTo))

/** Runs every rule over what was read so far. Throws Cancelled, and what `read` throws. */
export async function findAll(tables: FindingTables, read: ReadBytes, work: Work = {}): Promise<FindingsReport> {
  const survey = new Survey(tables)
  await between(work)
  const context = await FindingContext.of(tables, survey, read)
  const artefacts: Finding[] = []
  for (const rule of ARTEFACT_RULES) {
    for (const draft of await rule.find(context)) {
      artefacts.push(finished(rule, draft, 'note', context))
      for (const id of draft.conversations ?? []) context.concerned[id] |= ARTEFACT_BIT[rule.kind]
    }
    await between(work)
  }
  const findings: Finding[] = []
  let omitted = 0
  for (const rule of RULES) {
    const off = artefactsThat(rule, 'off')
    const found = await rule.find(context.for(off, rule.yieldsTo))
    if (YIELDED_TO.has(rule.kind)) {
      for (const { conversations = [], explained = [] } of found) context.explain(rule.kind, conversations, explained)
    }
    const told = found.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, MOST_OF_A_KIND)
    omitted += found.length - told.length
    for (const each of told) {
      const draft = 'tell' in each ? each.tell() : each
      const finding = finished(rule, draft, draft.severity ?? rule.severity, context)
      findings.push(withClusterEvents(weakened(rule, finding, context), context))
    }
    await between(work)
  }
  findings.sort((a, b) => weightOf(b) - weightOf(a) || b.confidence - a.confidence || b.count - a.count)
  return { version: survey.rows, findings, omitted, artefacts }
}

function finished(
  rule: Pick<Rule, 'title' | 'source'> & { kind: Finding['kind'] },
  draft: Draft,
  severity: Finding['severity'],
  context: FindingContext,
): Finding {
  const { subject, conversations = [], explained: _, evidence, filter, title = rule.title, ...rest } = draft
  return {
    costMs: 0,
    ruledOut: [],
    confirm: [],
    source: rule.source,
    ...rest,
    severity,
    id: `${rule.kind} ${subject}`,
    kind: rule.kind,
    title,
    conversations: conversations.slice(0, MOST_CONVERSATIONS),
    evidence: evidence
      .slice(0, MOST_EVIDENCE)
      .map((each) => ({ ...each, time: context.tables.packets.time(each.row) })),
    filter: filter ?? context.filter(conversations),
  }
}

function artefactsThat(rule: Rule, effect: 'off' | 'weaker'): ArtefactKind[] {
  return ARTEFACT_RULES.map(({ kind }) => kind).filter((kind) => rule.artefacts[kind] === effect)
}

const WEAKENS: Readonly<Record<ArtefactKind, string>> = {
  'capture-drops': 'the capture itself lost packets here',
  'captured-twice': 'packets were captured more than once',
  offload: 'segments were captured before the network card cut them up',
  'mid-stream-start': 'its beginning was not captured',
  'one-direction': 'only one direction of it was captured',
  'cut-packets': 'packets were cut by the snap length',
  'clock-step': 'the clock was set back meanwhile',
}

function weakened(rule: Rule, finding: Finding, context: FindingContext): Finding {
  const by = artefactsThat(rule, 'weaker').filter((kind) =>
    finding.conversations.some((id) => (context.concerned[id] & ARTEFACT_BIT[kind]) !== 0),
  )
  if (by.length === 0) return finding
  const reasons = by.map((kind) => WEAKENS[kind]).join(', and ')
  return {
    ...finding,
    confidence: Math.round(finding.confidence * WEAKENED * 100) / 100,
    why: `${finding.why} Less sure, as ${reasons}.`,
  }
}
