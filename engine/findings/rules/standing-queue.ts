import { inPod, interfaceDrops } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import { type Case, worst } from '../groups.ts'
import { inFlight, oneAfterTheOther, roundTrip, type Sample, samplesOf } from '../round-trip-samples.ts'
import type { Draft, Rule } from '../rule.ts'
import { countOf, least, median, most, nsText, sentences, sumOf, whenText } from '../words.ts'

const THRESHOLDS = {
  raised: {
    value: 50,
    unit: 'ms above the shortest round trip',
    source: 'ours: ten times what CoDel allows (RFC 8289 section 4.2)',
  },
  times: { value: 2, unit: 'shortest round trips', source: 'ours: one waits in the queue, one is the way' },
  lasts: {
    value: 500,
    unit: 'ms',
    source: 'ours: five of CoDel’s intervals (RFC 8289 section 4.3); a burst drains sooner',
  },
  samples: { value: 20, unit: 'round trips in a row', source: 'ours' },
  quick: {
    value: 5,
    unit: 'round trips without a queue',
    source: 'ours: to see that it comes and goes with what is in flight',
  },
  flight: { value: 2, unit: 'times the bytes in flight of quick ones', source: 'ours' },
  alike: { value: 0.8, unit: '', source: 'ours: correlation of round trip and bytes in flight' },
  spread: {
    value: 0.5,
    unit: 'of the rate',
    source: 'ours: between the quartiles of bytes in flight by round trip, which is the rate of the queue',
  },
} as const

interface Queue extends Case {
  /** The client sends into it. */
  readonly byClient: boolean
  readonly shortest: number
  readonly slow: readonly Sample[]
  readonly quick: readonly Sample[]
  /** Bytes a second. */
  readonly rate: number
}

/** Round trips grow with what their own sender has in flight: it waits in a queue that is never empty (bufferbloat). */
export const standingQueue: Rule = {
  kind: 'standing-queue',
  title: 'Packets wait in a queue that does not empty',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://datatracker.ietf.org/doc/html/rfc8289#section-1',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'captured-twice': 'weaker', 'one-direction': 'off' },
  yieldsTo: ['outage', 'half-open', 'mtu-black-hole', 'zero-window'],
  find(context) {
    const found: Queue[] = []
    for (const direction of context.tables.roundTrips.slowDirections(THRESHOLDS.samples.value)) {
      const id = direction >>> 1
      const queue = context.isOpen(id) ? queueOf(context, id, direction & 1) : undefined
      if (queue) found.push(queue)
    }
    return Array.from(Map.groupBy(found, (queue) => wayOf(context, queue).join(' ')).values(), (queues) =>
      draft(context, queues),
    )
  },
}

/** From whom to whom. */
function wayOf(context: FindingContext, { id, byClient }: Queue): readonly [string, string] {
  const ends = [context.client(id).address, context.server(id).address] as const
  return byClient ? ends : [ends[1], ends[0]]
}

/** `acker`: the direction of the ACKs, 1 = of end B. */
function queueOf(context: FindingContext, id: number, acker: number): Queue | undefined {
  const shortest = context.tables.roundTrips.shortest(id, acker)
  if (shortest === undefined) return undefined
  const { raised, times, samples, quick: leastQuick, flight, alike, spread } = THRESHOLDS
  const all = samplesOf(context, id, acker)
  const above = Math.max(raised.value * 1e6, (times.value - 1) * shortest)
  const raisedLong = longestRuns(all, shortest + above)
  if (raisedLong.length < samples.value) return undefined
  const quick = all.filter((each) => roundTrip(each) <= shortest + above / 3)
  if (quick.length < leastQuick.value) return undefined
  if (median(raisedLong.map(inFlight)) < flight.value * median(quick.map(inFlight))) return undefined
  const rates = raisedLong.map(rateOf).toSorted((a, b) => a - b)
  const rate = rates[rates.length >> 1]
  if (rates[(rates.length * 3) >> 2] - rates[rates.length >> 2] > spread.value * rate) return undefined
  // What stood still on the way besides took longer for that.
  const isQueued = (each: Sample) => rateOf(each) >= rate * spread.value
  if (correlation(all.filter((each) => roundTrip(each) < shortest + above || isQueued(each))) < alike.value)
    return undefined
  const slow = raisedLong.filter(isQueued)
  const taken = oneAfterTheOther(slow)
  return {
    id,
    since: slow[0].sent,
    until: slow[slow.length - 1].acked,
    costNs: sumOf(taken.map((each) => roundTrip(each) - shortest)),
    byClient: (acker === 1) !== context.clientIsB(id),
    shortest,
    slow,
    quick,
    rate,
  }
}

/** Bytes a second. */
const rateOf = (sample: Sample): number => (sample.flight / roundTrip(sample)) * 1e9

/** Those longer than `limit` that follow each other for as long as a queue stands. */
function longestRuns(all: readonly Sample[], limit: number): readonly Sample[] {
  const found: Sample[] = []
  let run: Sample[] = []
  const end = () => {
    const lasted = run.length === 0 ? 0 : run[run.length - 1].acked - run[0].sent
    if (run.length >= THRESHOLDS.samples.value && lasted >= THRESHOLDS.lasts.value * 1e6) {
      for (const each of run) found.push(each)
    }
    run = []
  }
  for (const each of all) {
    if (roundTrip(each) >= limit) run.push(each)
    else end()
  }
  end()
  return found
}

/** Pearson's: 1 where both rise and fall together. */
function correlation(samples: readonly Sample[]): number {
  const [a, b] = [samples.map(roundTrip), samples.map(inFlight)]
  const [middleA, middleB] = [sumOf(a) / a.length, sumOf(b) / b.length]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] - middleA, b[i] - middleB]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb)
}

function draft(context: FindingContext, queues: readonly Queue[]): Draft {
  const [sender, receiver] = wayOf(context, queues[0])
  const ids = Array.from(new Set(queues.map(({ id }) => id)))
  const slow = queues.flatMap((each) => each.slow)
  const since = least(queues.map((each) => each.since))
  const until = most(queues.map((each) => each.until))
  const shortest = least(queues.map((each) => each.shortest))
  const [from, to] = [context.named(sender), context.named(receiver)]
  const flights = [median(queues.flatMap(({ quick }) => quick.map(inFlight))), median(slow.map(inFlight))]
  const rate = rateText(median(queues.map((each) => each.rate)))
  return {
    subject: `${sender} ${receiver}`,
    title: `Packets to ${context.shortEnd({ address: receiver })} wait in a queue: ${nsText(median(slow.map(roundTrip)))} instead of ${nsText(shortest)}`,
    conversations: ids,
    client: { address: sender },
    server: { address: receiver },
    since,
    until,
    costMs: sumOf(queues.map(({ costNs }) => costNs)) / 1e6,
    count: ids.length,
    sentence: sentences(
      `What ${from} sent to ${to} in ${countOf(ids.length, 'connection')} was acknowledged after ${nsText(median(slow.map(roundTrip)))} at the median and ${nsText(most(slow.map(roundTrip)))} at most ${whenText(since, until)}; the way itself takes ${nsText(shortest)}.`,
      `Whoever uses that way meanwhile waits with it. The queue let through about ${rate} of it.`,
    ),
    why: `The round trip rose and fell with what the sender itself had in flight: ${countOf(flights[0], 'byte')} at the median of quick round trips, ${countOf(flights[1], 'byte')} of slow ones. Divided by the round trip it stayed the same rate, however much it was: that is a bottleneck with a queue in front of it.`,
    confidence: 0.85,
    blamed: `the narrowest part of the way between this capture point and ${to}, whose buffer is larger than the sender’s need; and ${from}, whose congestion control fills it until something is lost`,
    evidence: worst(queues, 3).flatMap(({ quick, slow: some }) => {
      const longest = some.reduce((a, b) => (roundTrip(b) > roundTrip(a) ? b : a))
      return [
        { row: quick[0].sentRow, role: `with ${countOf(quick[0].flight, 'byte')} in flight` },
        { row: quick[0].ackRow, role: `acknowledged after ${nsText(roundTrip(quick[0]))}` },
        { row: longest.sentRow, role: `with ${countOf(longest.flight, 'byte')} in flight` },
        { row: longest.ackRow, role: `acknowledged after ${nsText(roundTrip(longest))}` },
      ]
    }),
    ruledOut: [
      'A receiver that waits: counted are ACKs that its kernel sent at once.',
      'A longer way: with little in flight the round trip stayed short.',
    ],
    settle: 'A capture behind the narrowest part at the same time, and the queue lengths of the interfaces on the way.',
    confirm: [
      inPod(
        'tc -s qdisc show',
        'on both nodes and in both pods: the backlog and what shapes; fq_codel or cake keep queues short',
      ),
      inPod('ss -tin', 'in the sending pod: cwnd, rtt, minrtt and pacing of the connection; bbr fills queues less'),
      interfaceDrops,
    ],
  }
}

/** "600 kbit/s", "4.1 Mbit/s" */
function rateText(bytesASecond: number): string {
  const bits = bytesASecond * 8
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(1)} Gbit/s`
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${(bits / 1e3).toFixed(0)} kbit/s`
}
