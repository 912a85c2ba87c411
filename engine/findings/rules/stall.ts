import { firstPlace } from '../../binary-search.ts'
import { CHUNK_ROWS } from '../../columns/packet-table.ts'
import { addressKeyText } from '../../query/conversation-names.ts'
import { inPod, nodeEvents, podOf } from '../commands.ts'
import type { FindingContext } from '../context.ts'
import type { Draft, Rule } from '../rule.ts'
import {
  burstNs,
  chanceOf,
  LEAST_WAITING,
  type StandStill,
  standStillsIn,
  type Waiting,
  waitNs,
} from '../standstills.ts'
import { STILL_NS } from '../survey.ts'
import { countOf, listOf, median, most, msText, nsText, numberText, sentences, sumOf, whenText } from '../words.ts'

const THRESHOLDS = {
  still: {
    value: STILL_NS.shortest / 1e6,
    unit: 'ms without an answer',
    source: 'ours: less may be a scheduler’s turn',
  },
  waiting: { value: LEAST_WAITING, unit: 'connections that wait at once', source: 'ours' },
  chance: { value: 1e-6, unit: '', source: 'ours: that all the answers come together by chance' },
  usual: {
    value: 0.25,
    unit: 'of the stand-still',
    source: 'ours: a server that always takes as long is slow, and does not stand still',
  },
  period: {
    value: 100,
    unit: 'ms',
    source: 'Linux CFS bandwidth control: cpu.cfs_period_us, cpu.max; kubelet’s cpuCFSQuotaPeriod',
  },
  off: {
    value: 5,
    unit: 'ms off the period',
    source: 'Linux sched_cfs_bandwidth_slice_us; a first answer takes as long',
  },
  times: {
    value: 5,
    unit: 'times',
    source: 'ours: four of four pauses in one tenth of the period are one chance in 10,000',
  },
  gridChance: { value: 1e-4, unit: '', source: 'ours: that they go on at multiples of the period by chance' },
} as const

/** Of conversations, and of the packets of one, to learn how long answers take otherwise. */
const MOST_COMPARED = 20
const MOST_PACKETS = 1_000
/** Linux acknowledges 40 ms after data at the latest where a round trip is shorter (tcp_send_delayed_ack). */
const ACKNOWLEDGES_NS = 60e6

type Side = 'program' | 'host' | 'unknown'

interface Stalled {
  readonly stills: readonly StandStill[]
  readonly side: Side
  /** Nanoseconds that an answer takes otherwise; NaN of a host. */
  readonly usual: number
  readonly grid: Grid | undefined
}

interface Grid {
  readonly on: number
  readonly of: number
}

/** An address answers nobody for a while, in no connection, and then everybody at once: it stood still, and no single request was slow. */
export const stall: Rule = {
  kind: 'stall',
  title: 'It stood still, for all at once',
  severity: 'medium',
  thresholds: THRESHOLDS,
  source: 'https://www.kernel.org/doc/html/latest/scheduler/sched-bwc.html',
  artefacts: { 'capture-drops': 'off', 'clock-step': 'off', 'mid-stream-start': 'weaker', 'one-direction': 'off' },
  yieldsTo: [
    'refused',
    'tuple-reuse',
    'fragmentation-needed-ignored',
    'mtu-black-hole',
    'accept-queue',
    'half-open',
    'outage',
    'zero-window',
    'nagle',
  ],
  find(context) {
    const stills = standStillsIn(context)
    return Array.from(Map.groupBy(stills, ({ address }) => address)).flatMap(([address, some]) => {
      const stalled = stalledAt(context, some)
      return stalled ? [draft(context, addressKeyText(context.tables.conversations, address), stalled)] : []
    })
  },
}

function stalledAt(context: FindingContext, all: readonly StandStill[]): Stalled | undefined {
  const hosts = apart(all.filter(({ hostStill }) => hostStill))
  if (isNoChance(hosts)) return { stills: hosts, side: 'host', usual: NaN, grid: undefined }
  if (all.length < THRESHOLDS.times.value && evidenceIn(all) < -Math.log(THRESHOLDS.chance.value)) return undefined
  const among = (stills: readonly StandStill[]): Stalled => {
    const usual = usualWait(context, stills)
    // NaN: nothing to compare with.
    const longer = stills.filter(({ from, to }) => usual <= THRESHOLDS.usual.value * (to - from))
    return { stills: longer, side: sideOf(longer), usual, grid: gridOf(longer) }
  }
  const periodic = among(all)
  if (periodic.grid) return periodic
  const stalled = among(all.filter(({ askedAgain }) => !askedAgain))
  return isNoChance(stalled.stills) ? stalled : undefined
}

/** Where ACKs alone and data tell of the same time, what more connections tell of. */
function apart(stills: readonly StandStill[]): readonly StandStill[] {
  const found: StandStill[] = []
  for (const each of stills.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1)
    if (!last || each.from >= last.to) found.push(each)
    else if (each.waiting.length > last.waiting.length) found[found.length - 1] = each
  }
  return found
}

/** Fisher's sum of the logarithms of all chances, of which each by itself may be small now and then; its tail by Chernoff's bound. */
function isNoChance(stills: readonly StandStill[]): boolean {
  const n = stills.length
  const sum = evidenceIn(stills)
  return sum > n && n - sum + n * Math.log(sum / n) <= Math.log(THRESHOLDS.chance.value)
}

const evidenceIn = (stills: readonly StandStill[]): number => -sumOf(stills.map((still) => Math.log(chanceOf(still))))

/** How long the same servers take otherwise to begin their answer: the median. */
function usualWait(context: FindingContext, stills: readonly StandStill[]): number {
  const ids = new Set<number>()
  for (const { waiting } of stills) {
    for (const { id } of waiting) {
      ids.add(id)
      // Connections may be as short as a request.
      for (const other of context.toServer(context.serverKey(id)).subarray(0, MOST_COMPARED)) ids.add(other)
      if (ids.size >= 2 * MOST_COMPARED) break
    }
  }
  return median(Array.from(ids).flatMap((id) => turnsOf(context, id, stills)))
}

/** From each question to the first data that came back, unless that ended a stand-still. */
function turnsOf(context: FindingContext, id: number, stills: readonly StandStill[]): readonly number[] {
  const ends = stills.map(({ to }) => to)
  const segments = context.segments(id)
  const turns: number[] = []
  let asked = NaN
  for (let i = 0; i < Math.min(segments.count, MOST_PACKETS); i++) {
    if (segments.length(i) === 0) continue
    const time = segments.time(i)
    if (segments.fromClient(i)) asked = Number.isNaN(asked) ? time : asked
    else if (!Number.isNaN(asked)) {
      if (!isEnd(ends, asked, time)) turns.push(time - asked)
      asked = NaN
    }
  }
  return turns
}

/** Whether one of the times (ascending) lies between two others. */
function isEnd(times: readonly number[], from: number, to: number): boolean {
  const place = firstPlace(0, times.length, (i) => times[i] > from)
  return place < times.length && times[place] <= to
}

/** Whether it went on at multiples of the period, more often than by chance. */
function gridOf(stills: readonly StandStill[]): Grid | undefined {
  const { period, off, times, gridChance } = THRESHOLDS
  if (stills.length < times.value) return undefined
  const distances = stills.slice(1).map(({ to }, i) => (to - stills[i].to) / 1e6)
  const isOn = (ms: number) => Math.abs(ms - period.value * Math.max(1, Math.round(ms / period.value))) <= off.value
  const on = distances.filter(isOn).length
  const chance = atLeast(on, distances.length, (2 * off.value) / period.value)
  return chance <= gridChance.value * 1.001 && on * 4 >= distances.length * 3 ? { on, of: distances.length } : undefined
}

/** How likely at least `hits` of `n` are, each by the chance `p`. */
function atLeast(hits: number, n: number, p: number): number {
  let one = (1 - p) ** n
  let sum = 0
  for (let k = 0; k <= n; k++) {
    if (k >= hits) sum += one
    one *= ((n - k) / (k + 1)) * (p / (1 - p))
  }
  return sum
}

function sideOf(stills: readonly StandStill[]): Side {
  const spoke = stills.filter(
    (still) => still.kernelSpoke || still.waiting.some(({ acknowledged }) => acknowledged >= 0),
  ).length
  const silent = stills.filter(
    (still) =>
      !still.kernelSpoke && still.waiting.filter((each) => isUnacknowledged(still, each)).length >= LEAST_WAITING,
  ).length
  if (spoke > silent) return 'program'
  return silent > spoke ? 'host' : 'unknown'
}

const isUnacknowledged = (still: StandStill, each: Waiting): boolean =>
  each.acknowledged < 0 && waitNs(still, each) >= ACKNOWLEDGES_NS

function draft(context: FindingContext, address: string, { stills, side, usual, grid }: Stalled): Draft {
  const name = context.named(address)
  const all = stills.flatMap(({ waiting }) => waiting)
  const ids = Array.from(new Set(all.map(({ id }) => id)))
  const lasted = stills.map(({ from, to }) => to - from)
  const cost = sumOf(stills.flatMap((still) => still.waiting.map((each) => waitNs(still, each))))
  const since = stills[0].from
  const until = stills[stills.length - 1].to
  const times = stills.length === 1 ? 'once' : `${numberText(stills.length)} times`
  const length =
    stills.length === 1
      ? nsText(lasted[0])
      : `${nsText(median(lasted))} at the median and ${nsText(most(lasted))} at most`
  const clients = Array.from(new Set(ids.map((id) => otherEnd(context, id, address))))
  const upstream = upstreamOf(context, stills)
  return {
    subject: address,
    title: titleOf(context.shortEnd({ address }), side, grid, upstream, lasted),
    severity: cost >= 10e9 ? 'high' : cost >= 1e9 ? 'medium' : 'low',
    conversations: ids,
    ...(clients.length === 1 && side === 'program' && { client: { address: clients[0] } }),
    ...(side === 'program' && { server: { address } }),
    since,
    until,
    costMs: cost / 1e6,
    count: stills.length,
    sentence: sentences(
      `${name} sent ${side === 'host' ? 'nothing' : 'no answer'} in any of its connections, ${times} for ${length}, ${whenText(since, until)}, while ${leastWaiting(stills)} of them waited; then it went on in all of them within ${nsText(most(stills.map(burstNs)))}.`,
      `${countOf(ids.length, 'connection')} of ${listOf(clients.map((each) => context.named(each)))} waited ${msText(cost / 1e6)} in all.`,
      Number.isNaN(usual) ? '' : `Otherwise an answer takes ${nsText(usual)} at the median.`,
    ),
    why: sentences(whyOf(side), grid ? gridText(grid) : ''),
    confidence: grid ? 0.85 : side === 'unknown' ? 0.65 : 0.75,
    blamed:
      upstream === undefined
        ? blamedOf(name, side, grid)
        : `what ${name} waits for itself: answers of ${context.named(upstream)} reached it right before it went on`,
    evidence: evidenceOf(stills),
    ruledOut: [
      'A slow request: they were all answered together, and nobody in between.',
      'Loss: nothing had to be sent again for what waited.',
      'A closed window: nobody had one.',
    ],
    settle:
      side === 'host'
        ? 'A capture on the node of that address at the same time: whether the packets arrive there, and when.'
        : 'cpu.stat of the container, the log of its garbage collector, and the waits of its own requests at these times.',
    confirm: [
      podOf(address),
      ...(side === 'host' ? [nodeEvents] : []),
      inPod(
        'cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.stat',
        'in that pod, twice: the limit, and whether nr_throttled and throttled_usec grow',
      ),
    ],
  }
}

function titleOf(
  name: string,
  side: Side,
  grid: Grid | undefined,
  upstream: string | undefined,
  lasted: readonly number[],
): string {
  if (grid && upstream === undefined) return `${name} stops again and again: CPU throttling suspected`
  const often = lasted.length === 1 ? `for ${nsText(lasted[0])}` : `${numberText(lasted.length)} times`
  return side === 'host' ? `Nothing came from ${name} ${often}` : `${name} stood still ${often}`
}

const leastWaiting = (stills: readonly StandStill[]): string => {
  const counts = stills.map(({ waiting }) => waiting.length)
  const [fewest, highest] = [Math.min(...counts), Math.max(...counts)]
  return fewest === highest ? String(fewest) : `${fewest} to ${highest}`
}

function whyOf(side: Side): string {
  const together =
    'What belongs to different connections came together after it, and nothing before: that has one cause.'
  if (side === 'program')
    return `${together} Its kernel acknowledged meanwhile, so packets arrived: its program did not run, or waited.`
  if (side === 'host') return `${together} Its kernel acknowledged nothing either, which needs no program.`
  return together
}

const gridText = ({ on, of }: Grid): string =>
  `${on} of ${of} times it went on at a multiple of ${THRESHOLDS.period.value} ms after the time before (± ${THRESHOLDS.off.value} ms), which by chance one in ten would: the period in which Linux gives a container with a CPU limit its share (cpu.max, cpu.cfs_period_us).`

function blamedOf(name: string, side: Side, grid: Grid | undefined): string {
  if (grid)
    return `the CPU limit of ${name}, most likely: a container that has used its share is stopped until the next period begins. Else a program that itself works by a timer of ${THRESHOLDS.period.value} ms. Not the network`
  if (side === 'program')
    return `the program at ${name}, or what it waits for itself: it was stopped or blocked (garbage collection, a lock, a CPU limit); not the network up to it`
  if (side === 'host')
    return `the node of ${name}, or the way from this capture point to it and back: which, cannot be told from here`
  return `${name}, its node or the way to it: there was nothing that its kernel had to acknowledge at once, so which cannot be told from here`
}

/** Whose answers it got right before it went on, most of the times. */
function upstreamOf(context: FindingContext, stills: readonly StandStill[]): string | undefined {
  const { packets, conversations } = context.tables
  const brought = stills.filter(({ broughtBy }) => broughtBy >= 0)
  if (brought.length * 2 <= stills.length) return undefined
  const senders = brought.map(({ broughtBy: row }) => {
    const chunk = packets.chunk(row)
    const id = chunk.conversation[row % CHUNK_ROWS]
    return conversations.addressText(id, !context.clientIsB(id))
  })
  const [[address, { length }]] = Array.from(Map.groupBy(senders, (each) => each)).toSorted(
    (a, b) => b[1].length - a[1].length,
  )
  return length * 2 > stills.length ? address : undefined
}

function otherEnd(context: FindingContext, id: number, address: string): string {
  const client = context.client(id).address
  return client === address ? context.server(id).address : client
}

function evidenceOf(stills: readonly StandStill[]): Draft['evidence'] {
  const longest = stills.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, 3)
  return longest.flatMap((still) => {
    const waiting = still.waiting.toSorted((a, b) => waitNs(still, b) - waitNs(still, a))
    return [waiting[0], waiting[waiting.length >> 1], waiting[waiting.length - 1]].flatMap(
      ({ segments, asked, acknowledged, answered }) => [
        { row: segments.row(asked), role: 'what waited' },
        ...(acknowledged < 0 ? [] : [{ row: segments.row(acknowledged), role: 'its kernel has it' }]),
        { row: segments.row(answered), role: 'the answer, with the others' },
      ],
    )
  })
}
