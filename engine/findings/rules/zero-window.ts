import { FLAG } from '../../columns/packet-table.ts'
import { LABEL } from '../../tcp/labels.ts'
import { podOf, receiveQueues } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { type Case, costMsOf, worst } from '../groups.ts'
import type { Draft, Rule } from '../rule.ts'
import type { Segments } from '../segments.ts'
import { countOf, least, most, msText, nsText, sentences, whenText } from '../words.ts'

const THRESHOLDS = {
  closed: {
    value: 200,
    unit: 'ms in all',
    source: 'ours: about the first probe of a sender (RFC 9293 section 3.8.6.1)',
  },
} as const

interface Episode {
  readonly closed: number
  /** -1 = it was still closed at the end. */
  readonly opened: number
}

interface Closed extends Case {
  readonly segments: Segments
  readonly byClient: boolean
  readonly episodes: readonly Episode[]
}

/** A receiver whose buffer is full stops its sender: its program does not read. The network has no part in it. */
export const zeroWindow: Rule = {
  kind: 'zero-window',
  title: 'A reader that does not read',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc9293#section-3.8.6.1',
  artefacts: { 'clock-step': 'off' },
  yieldsTo: [],
  find(context) {
    const byReader = new Map<string, Closed[]>()
    for (const id of context.troubled()) {
      if (context.tables.tcp.labelCount(id, 'zero_window') === 0) continue
      for (const byClient of [true, false]) {
        const found = caseOf(context, id, byClient)
        if (!found) continue
        const key = `${readerOf(context, found)} ${context.server(id).port}`
        const known = byReader.get(key)
        if (known) known.push(found)
        else byReader.set(key, [found])
      }
    }
    return Array.from(byReader, ([key, cases]) => ({
      costMs: costMsOf(cases),
      conversations: cases.map(({ id }) => id),
      tell: () => draft(context, key, cases),
    }))
  },
}

const readerOf = (context: FindingContext, { id, byClient }: Closed): string =>
  byClient ? context.client(id).address : context.server(id).address

function caseOf(context: FindingContext, id: number, byClient: boolean): Closed | undefined {
  const segments = context.segments(id)
  const episodes: Episode[] = []
  let closed = -1
  let costNs = 0
  let peerEnded = false
  for (let i = 0; i < segments.count; i++) {
    if (segments.fromClient(i) !== byClient) {
      // Who has sent its FIN, or a reset, waits for no window.
      if (segments.isFin(i) || segments.isReset(i)) peerEnded = true
      continue
    }
    const shut = (segments.labels(i) & LABEL.zero_window) !== 0
    if (closed < 0 && shut && !peerEnded) closed = i
    else if (closed >= 0 && !shut && (segments.flags(i) & (FLAG.rst | FLAG.syn)) === 0) {
      episodes.push({ closed, opened: i })
      costNs += segments.time(i) - segments.time(closed)
      closed = -1
    }
  }
  const end = segments.count - 1
  if (closed >= 0) {
    episodes.push({ closed, opened: -1 })
    costNs += segments.time(end) - segments.time(closed)
  }
  if (episodes.length === 0 || costNs < THRESHOLDS.closed.value * 1e6) return undefined
  const { opened } = episodes[episodes.length - 1]
  return {
    id,
    since: segments.time(episodes[0].closed),
    until: segments.time(opened < 0 ? end : opened),
    costNs,
    segments,
    byClient,
    episodes,
  }
}

function draft(context: FindingContext, key: string, cases: readonly Closed[]): Draft {
  const [{ id, byClient }] = cases
  const reader = readerOf(context, cases[0])
  const since = least(cases.map((each) => each.since))
  const until = most(cases.map((each) => each.until))
  const lostMs = costMsOf(cases)
  const episodes = cases.reduce((sum, each) => sum + each.episodes.length, 0)
  const ids = cases.map((each) => each.id)
  const others = byClient ? context.namedEnd(context.server(id)) : `its clients on port ${context.server(id).port}`
  const longest = cases.flatMap(({ segments, episodes: each }) =>
    each.map(({ closed, opened }) => segments.time(opened < 0 ? segments.count - 1 : opened) - segments.time(closed)),
  )
  return {
    subject: key,
    server: context.server(id),
    ...(byClient && { client: { address: reader } }),
    severity: lostMs >= 1000 ? 'high' : 'medium',
    conversations: ids,
    since,
    until,
    costMs: lostMs,
    count: episodes,
    sentence: sentences(
      `${context.named(reader)} did not read what ${others} sent it: its window was closed ${episodes === 1 ? 'once' : `${countOf(episodes, 'time')} in ${countOf(cases.length, 'connection')}`} ${whenText(since, until)}, ${episodes === 1 ? `for ${msText(lostMs)}` : `${msText(lostMs)} in all (${nsText(most(longest))} at most)`}.`,
    ),
    why: 'The receiver itself advertises a window of zero: its buffer is full because its program does not take the data.',
    confidence: 0.95,
    blamed: `the reading program at ${context.named(reader)}, not the network`,
    evidence: worst(cases, 3).flatMap(({ segments, episodes: each }) =>
      each
        .slice(0, 3)
        .flatMap(({ closed, opened }) => [
          { row: segments.row(closed), role: 'the window closes' },
          ...(opened >= 0 ? [{ row: segments.row(opened), role: 'it opens again' }] : []),
        ]),
    ),
    ruledOut: ['Loss: the sender had permission to send nothing.', 'A slow network: the receiver’s ACKs came at once.'],
    settle:
      'What the reading process did meanwhile: its CPU (throttling), a blocked disk or downstream call, a pause of its runtime.',
    confirm: [podOf(reader), receiveQueues(byClient ? context.server(id).address : context.client(id).address)],
    filter: context.filter(
      ids,
      '(tcp.analysis.zero_window || tcp.analysis.zero_window_probe || tcp.analysis.window_update)',
    ),
  }
}
