import { CHUNK_ROWS, FLAG, NO_CONVERSATION } from '../../columns/packet-table.ts'
import { addressKey } from '../../query/conversation-names.ts'
import { ANSWERED, ROUND_TRIP } from '../../tcp/round-trips.ts'
import { interfaceDrops, route, tracePath } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { type Case, worst } from '../groups.ts'
import { inFlight, oneAfterTheOther, roundTrip, type Sample, samplesOf } from '../round-trip-samples.ts'
import type { Draft, Rule } from '../rule.ts'
import { rowAt } from '../silences.ts'
import { countOf, least, median, most, nsText, sentences, sumOf } from '../words.ts'

const THRESHOLDS = {
  samples: { value: 20, unit: 'round trips before, and as many after', source: 'ours' },
  lasts: { value: 2, unit: 's before, and after', source: 'ours: it stays' },
  longer: { value: 2, unit: 'ms', source: 'ours: a host’s own turns take less' },
  times: { value: 1.5, unit: 'as long as before', source: 'ours' },
  steady: {
    value: 0.5,
    unit: 'of the step',
    source: 'ours: from the shortest to the longest tenth, before and after; queues vary more',
  },
  odd: { value: 0.1, unit: 'of the round trips', source: 'ours: that may be longer before, or shorter after' },
  together: { value: 1, unit: 's', source: 'ours: connections that change so close together changed together' },
  load: { value: 2, unit: 'times the bytes to that end before', source: 'ours: then it may be a queue' },
  little: { value: 50_000, unit: 'bytes a second', source: 'ours: too little to fill a queue' },
} as const

/** Traffic is compared for so long before and after. */
const LOAD_NS = 2e9
/** Ways that are looked at, those that lost most first: a route may be that of thousands. */
const MOST_WAYS = 100
/** Packets whose hops are compared, before and after. */
const MOST_HOPS = 5

interface Step extends Case {
  /** The direction of the ACKs: 1 = of end B. */
  readonly acker: number
  readonly before: readonly Sample[]
  readonly after: readonly Sample[]
}

/** All round trips of a way are longer from one moment on: another route, another node, a shaper. */
export const pathSlower: Rule = {
  kind: 'path-slower',
  title: 'The way became longer',
  severity: 'low',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc2330#section-15',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'one-direction': 'off' },
  yieldsTo: ['outage', 'half-open', 'mtu-black-hole', 'zero-window', 'loss', 'rto-tail', 'standing-queue'],
  async find(context) {
    const steps: Step[] = []
    for (const direction of context.tables.roundTrips.slowDirections(THRESHOLDS.samples.value)) {
      const id = direction >>> 1
      const step = context.isOpen(id) ? stepOf(context, id, direction & 1) : undefined
      if (step) steps.push(step)
    }
    const ways = Array.from(Map.groupBy(steps, ({ id, acker }) => wayKey(context, id, acker)))
      .map(([way, some]) => ({ way, steps: largestGroup(some) }))
      .toSorted((a, b) => costOf(b.steps) - costOf(a.steps))
      .slice(0, MOST_WAYS)
    const neighbours = connectionsOn(context, new Set(ways.map(({ way }) => way)))
    const drafts: Draft[] = []
    for (const { way, steps: some } of ways) {
      if (mayBeQueue(context, some) || othersDiffer(context, some, neighbours.get(way) ?? [])) continue
      drafts.push(await draft(context, some))
    }
    return drafts
  },
}

/** From whom to whom: the sender of what is acknowledged, and who acknowledges. */
function wayKey({ tables: { conversations } }: FindingContext, id: number, acker: number): string {
  return `${addressKey(conversations, id, acker === 0)} ${addressKey(conversations, id, acker === 1)}`
}

const costOf = (steps: readonly Step[]): number => sumOf(steps.map(({ costNs }) => costNs))

/** By way the connections on it, as `conversation * 2 + direction` of the ACKs; of these ways. */
function connectionsOn(context: FindingContext, ways: ReadonlySet<string>): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  if (ways.size === 0) return found
  for (const id of context.survey.tcp) {
    for (const acker of [0, 1]) {
      const way = wayKey(context, id, acker)
      if (!ways.has(way)) continue
      const known = found.get(way)
      if (known) known.push(id * 2 + acker)
      else found.set(way, [id * 2 + acker])
    }
  }
  return found
}

function stepOf(context: FindingContext, id: number, acker: number): Step | undefined {
  const { samples, lasts, longer, times, steady } = THRESHOLDS
  const all = samplesOf(context, id, acker)
  const at = changeIn(all.map(roundTrip))
  const before = all.slice(0, at)
  const usual = most(before.map(inFlight))
  // What has more in flight than ever before may itself have made a queue.
  const after = all.slice(at).filter(({ flight }) => flight <= usual)
  if (before.length < samples.value || after.length < samples.value) return undefined
  if (lastedNs(before) < lasts.value * 1e9 || lastedNs(after) < lasts.value * 1e9) return undefined
  const [b10, b90] = tenths(before)
  const [a10, a90] = tenths(after)
  if (a10 < b90 + longer.value * 1e6 || a10 < b90 * times.value) return undefined
  if (Math.max(b90 - b10, a90 - a10) > steady.value * (a10 - b90)) return undefined
  const [since] = after
  if (wasSoonAnswered(context, id, acker, since, (a10 + b90) / 2)) return undefined
  const usually = median(before.map(roundTrip))
  return {
    id,
    acker,
    before,
    after,
    since: since.sent,
    until: after[after.length - 1].acked,
    costNs: sumOf(oneAfterTheOther(after).map((each) => Math.max(0, roundTrip(each) - usually))),
  }
}

const lastedNs = (samples: readonly Sample[]): number => samples[samples.length - 1].acked - samples[0].acked

/** What nine of ten are longer than, and what nine of ten are shorter than. */
function tenths(samples: readonly Sample[]): readonly [number, number] {
  const times = samples.map(roundTrip).toSorted((a, b) => a - b)
  const odd = Math.floor(times.length * THRESHOLDS.odd.value)
  return [times[odd], times[times.length - 1 - odd]]
}

/** Where the values are best cut in two: the least sum of squares about the two means of their logarithms. */
function changeIn(values: readonly number[]): number {
  const logs = values.map(Math.log)
  const total = sumOf(logs)
  let best = -Infinity
  let at = 0
  let sum = 0
  for (let k = 1; k < logs.length; k++) {
    sum += logs[k - 1]
    const gain = sum ** 2 / k + (total - sum) ** 2 / (logs.length - k)
    if (gain > best) {
      best = gain
      at = k
    }
  }
  return at
}

/** Whether afterwards an answer with data, which nobody gives before it has the question, came sooner than the way takes. */
function wasSoonAnswered(context: FindingContext, id: number, acker: number, since: Sample, limit: number): boolean {
  const { packets } = context.tables
  return context.survey.rowsOf(id).some((row) => {
    if (row <= since.sentRow) return false
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if ((chunk.roundTrip[i] & ROUND_TRIP.ack) !== ANSWERED.withData) return false
    if (((chunk.flags[i] & FLAG.reverse) !== 0) !== (acker === 1)) return false
    const asked = chunk.acked[i] - 1
    return asked > since.sentRow && chunk.time[i] - packets.time(asked) < limit
  })
}

/** Of those that changed at about the same time, the most. */
function largestGroup(steps: readonly Step[]): readonly Step[] {
  const sorted = steps.toSorted((a, b) => a.since - b.since)
  let best: readonly Step[] = []
  let from = 0
  for (let to = 0; to < sorted.length; to++) {
    while (sorted[to].since - sorted[from].since > THRESHOLDS.together.value * 1e9) from++
    if (to - from + 1 > best.length) best = sorted.slice(from, to + 1)
  }
  return best
}

/** Whether more is sent to that end than before, by whomever: what waits behind it looks like a longer way. */
function mayBeQueue(context: FindingContext, steps: readonly Step[]): boolean {
  const { packets, conversations } = context.tables
  const [{ id, acker }] = steps
  const to = addressKey(conversations, id, acker === 1)
  const since = median(steps.map((each) => each.since))
  const bytes = [0, 0]
  for (let row = rowAt(packets, since - LOAD_NS); row < packets.rows; row++) {
    const chunk = packets.chunk(row)
    const i = row % CHUNK_ROWS
    if (chunk.time[i] > since + LOAD_NS) break
    const other = chunk.conversation[i]
    if (other === NO_CONVERSATION || addressKey(conversations, other, (chunk.flags[i] & FLAG.reverse) === 0) !== to)
      continue
    bytes[chunk.time[i] < since ? 0 : 1] += chunk.length[i]
  }
  const seconds = [Math.min(since, LOAD_NS), Math.min(context.lastTime - since, LOAD_NS)]
  const [before, after] = bytes.map((each, i) => (each / Math.max(1, seconds[i])) * 1e9)
  return after > THRESHOLDS.little.value && after > before * THRESHOLDS.load.value
}

/** Whether another connection between the same two went on as quickly, so that it is not the way. */
function othersDiffer(context: FindingContext, steps: readonly Step[], onWay: readonly number[]): boolean {
  const [{ before, after }] = steps
  const ours = new Set(steps.map((each) => each.id))
  const limit = (median(before.map(roundTrip)) + median(after.map(roundTrip))) / 2
  const since = most(steps.map((each) => each.since))
  let [quick, all] = [0, 0]
  for (const direction of onWay) {
    const id = direction >>> 1
    if (ours.has(id) || context.time(context.tables.conversations.lastRow(id)) <= since) continue
    for (const each of samplesOf(context, id, direction & 1)) {
      if (each.sent <= since) continue
      all++
      if (roundTrip(each) < limit) quick++
    }
  }
  return quick > all * THRESHOLDS.odd.value
}

async function draft(context: FindingContext, steps: readonly Step[]): Promise<Draft> {
  const { conversations } = context.tables
  const [{ id, acker }] = steps
  const sender = conversations.addressText(id, acker === 0)
  const receiver = conversations.addressText(id, acker === 1)
  const [from, to] = [context.named(sender), context.named(receiver)]
  const [was, is] = [steps.flatMap((each) => each.before), steps.flatMap((each) => each.after)].map((some) =>
    median(some.map(roundTrip)),
  )
  const since = least(steps.map((each) => each.since))
  const hops = await hopsOf(context, steps)
  return {
    subject: `${sender} ${receiver}`,
    title: `The way to ${context.shortEnd({ address: receiver })} became longer: ${nsText(is)} instead of ${nsText(was)}`,
    conversations: steps.map((each) => each.id),
    client: { address: sender },
    server: { address: receiver },
    since,
    until: most(steps.map((each) => each.until)),
    costMs: costOf(steps) / 1e6,
    count: steps.length,
    sentence: `From ${nsText(since)} of the capture on ${to} acknowledged what ${from} sent in ${countOf(steps.length, 'connection')} after ${nsText(is)}, before that after ${nsText(was)} (medians), and it stayed so until the end.`,
    why: sentences(
      'All round trips are longer from one moment on, by the same, and also those with no more in flight than before.',
      hops === undefined
        ? ''
        : hops.was === hops.is
          ? `What comes back passes as many hops as before (TTL ${hops.is}).`
          : `What comes back has a TTL of ${hops.is} instead of ${hops.was}: it takes another route.`,
    ),
    confidence: hops !== undefined && hops.was !== hops.is ? 0.9 : 0.7,
    blamed: `the way between this capture point and ${to}: another route, tunnel or node, or something that delays on it`,
    evidence: worst(steps, 3).flatMap(({ before, after }) => {
      const last = before[before.length - 1]
      return [
        { row: last.sentRow, role: 'before the change' },
        { row: last.ackRow, role: `acknowledged after ${nsText(roundTrip(last))}` },
        { row: after[0].sentRow, role: 'after it' },
        { row: after[0].ackRow, role: `acknowledged after ${nsText(roundTrip(after[0]))}` },
      ]
    }),
    ruledOut: [
      'A receiver that waits: counted are ACKs that its kernel sent at once.',
      'A queue: no more was on its way than before, and the round trips are steady.',
    ],
    settle: 'Routes, tunnels and moved pods or nodes at that moment.',
    confirm: [route(receiver), tracePath(receiver), interfaceDrops],
  }
}

/** The TTL of what came back before and after, where each had one. */
async function hopsOf(
  context: FindingContext,
  steps: readonly Step[],
): Promise<{ readonly was: number; readonly is: number } | undefined> {
  const [was, is] = await Promise.all([
    ttlOf(context, steps.map(({ before }) => before.slice(-MOST_HOPS)).flat()),
    ttlOf(context, steps.map(({ after }) => after.slice(0, MOST_HOPS)).flat()),
  ])
  return was === undefined || is === undefined ? undefined : { was, is }
}

async function ttlOf(context: FindingContext, samples: readonly Sample[]): Promise<number | undefined> {
  const headers = await context.headers(samples.slice(0, MOST_HOPS).map(({ ackRow }) => ackRow))
  const [ttl, ...others] = new Set(Array.from(headers.values(), (each) => each.ttl))
  return others.length === 0 ? ttl : undefined
}
