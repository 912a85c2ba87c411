import { CHUNK_ROWS } from '../columns/packet-table.ts'
import { hasBetween } from '../hops/crossing.ts'
import { messageKey } from '../hops/datagrams.ts'
import { hopsOf } from '../hops/hops.ts'
import type { HopReport, Loss, SeenPacket } from '../hops/report.ts'
import type { FindingContext } from './context.ts'
import type { Survey } from './survey.ts'
import { countOf, listOf, printable } from './words.ts'

/** More packets are not joined for a sentence. */
const MOST_ROWS = 2_000_000

const known = new WeakMap<Survey, HopReport | undefined>()

/**
 * Between which capture points segments of the conversations died, the worst first: "between web and node-a, where 12 segments died". Undefined where one
 * point captured, or where nothing died between those that did.
 */
export function lostOnHops(context: FindingContext, conversations: readonly number[]): string | undefined {
  const report = reportOf(context)
  return (
    report && deathsOf(report, report.losses.filter(among(conversations)), ({ kind }) => kind === 'segment' && kind)
  )
}

/** The same of DNS: "between web and node-a, where 2 questions and 1 answer died". */
export function lookupsLostOnHops(context: FindingContext, conversations: readonly number[]): string | undefined {
  const report = reportOf(context)
  return report && deathsOf(report, report.losses.filter(among(conversations)), messageOf)
}

const messageOf = ({ dns }: Loss) => dns && (dns === 'query' ? 'question' : dns)

/** "node-b, to which 3 questions came and from which no answer did" */
export function unansweredOnHops(context: FindingContext, conversations: readonly number[]): string | undefined {
  const report = reportOf(context)
  const silent = report?.unanswered.filter(among(conversations)) ?? []
  if (!report || silent.length === 0) return undefined
  const counts = Array.from(Map.groupBy(silent, ({ point }) => point)).sort(([, a], [, b]) => b.length - a.length)
  return listOf(
    counts.map(([point, { length }]) => {
      const came = `to which ${countOf(length, 'question')} came and from which no answer did`
      return `${printable(report.points[point].name)}, ${came}`
    }),
  )
}

/** Between which capture points resets of the conversation were made, as the first of the two did not see them: "between web and node-a". */
export function resetMadeOnHop(context: FindingContext, conversation: number): string | undefined {
  const report = reportOf(context)
  if (!report) return undefined
  const hop = madeIn(report).get(conversation)
  return hop === undefined ? undefined : betweenText(report, hop)
}

/** Where packets of the conversations were rejected, by what ICMP errors say: "between web and node-a", "behind web". Undefined if not all in one place. */
export function rejectedOnHop(context: FindingContext, conversations: readonly number[]): string | undefined {
  const report = reportOf(context)
  const own = report?.rejections.filter(among(conversations)) ?? []
  if (!report) return undefined
  const places = new Set(
    own.map(({ hop, point }) =>
      hop === undefined ? `behind ${printable(report.points[point].name)}` : betweenText(report, hop),
    ),
  )
  const [place] = places
  return places.size === 1 ? place : undefined
}

/** By conversation: the hop on which the first reset of it was made. */
function madeIn(report: HopReport): ReadonlyMap<number, number> {
  let hops = madeHops.get(report)
  if (!hops) {
    hops = new Map(
      report.made.toReversed().flatMap(({ members, hop }) => members.map(({ conversation }) => [conversation, hop])),
    )
    madeHops.set(report, hops)
  }
  return hops
}

const madeHops = new WeakMap<HopReport, ReadonlyMap<number, number>>()

/** Whether the answer of DNS in that row died between two points, so that who asked never got it. */
export function answerDied(context: FindingContext, row: number): boolean {
  const report = reportOf(context)
  if (!report) return false
  let died = diedAnswers.get(report)
  if (!died) diedAnswers.set(report, (died = new DiedAnswers(report)))
  return died.has(context, row)
}

const diedAnswers = new WeakMap<HopReport, DiedAnswers>()

/** Between points that see the same answer, once their clocks read the same. */
const SAME_ANSWER_NS = 1e9

class DiedAnswers {
  readonly #report: HopReport
  readonly #ahead: readonly number[]
  /** By conversation and id of the message: when they died, by the clock of the first point; ascending. */
  readonly #times: ReadonlyMap<number, readonly number[]>

  constructor(report: HopReport) {
    const { losses, hops } = report
    this.#report = report
    this.#ahead = aheadOf(report)
    const times = new Map<number, number[]>()
    for (const { dns, members, source, row, time, hop } of losses) {
      if (dns !== 'answer') continue
      for (const { conversation } of members) {
        const key = messageKey(source.tables, conversation, row)
        const own = times.get(key) ?? []
        times.set(key, own)
        own.push(time - this.#ahead[hops[hop].from])
      }
    }
    for (const own of times.values()) own.sort((a, b) => a - b)
    this.#times = times
  }

  has({ tables }: FindingContext, row: number): boolean {
    const chunk = tables.packets.chunk(row)
    const at = row % CHUNK_ROWS
    const times = this.#times.get(messageKey(tables, chunk.conversation[at], row))
    if (!times) return false
    const point = this.#report.points.findIndex((each) => each.interface === chunk.interface[at])
    const time = chunk.time[at] - (this.#ahead[point] ?? 0)
    return hasBetween(times, time - SAME_ANSWER_NS, 2 * SAME_ANSWER_NS)
  }
}

/** By point, by how many nanoseconds its clock is ahead of that of the first it is joined with by hops; 0 where they do not tell. */
function aheadOf({ points, hops }: HopReport): readonly number[] {
  const from = Map.groupBy(hops, (hop) => hop.from)
  const ahead: number[] = []
  for (const first of points.keys()) {
    if (ahead[first] !== undefined) continue
    ahead[first] = 0
    const reached = [first]
    for (const point of reached) {
      for (const { to, delay } of from.get(point) ?? []) {
        if (ahead[to] !== undefined) continue
        ahead[to] = ahead[point] + (delay?.oneWay?.aheadNs ?? 0)
        reached.push(to)
      }
    }
  }
  return ahead
}

/** Packets of the conversations, also where NAT made others of them. */
function among(conversations: readonly number[]) {
  const wanted = new Set(conversations)
  return ({ members }: SeenPacket) => members.some(({ conversation }) => wanted.has(conversation))
}

/** `nameOf`: what a packet that died is called; of others nothing is said. */
function deathsOf(
  report: HopReport,
  losses: readonly Loss[],
  nameOf: (loss: Loss) => string | false | undefined,
): string | undefined {
  const counts = new Map<number, Map<string, number>>()
  for (const loss of losses) {
    const name = nameOf(loss)
    if (!name) continue
    const onHop = counts.get(loss.hop) ?? new Map<string, number>()
    counts.set(loss.hop, onHop.set(name, (onHop.get(name) ?? 0) + 1))
  }
  if (counts.size === 0) return undefined
  const total = (onHop: ReadonlyMap<string, number>) =>
    Array.from(onHop.values()).reduce((sum, count) => sum + count, 0)
  const worst = Array.from(counts).toSorted(([, a], [, b]) => total(b) - total(a))
  return listOf(
    worst.map(([index, onHop]) => {
      const died = Array.from(onHop, ([name, count]) => countOf(count, name))
      return `${betweenText(report, index)}, where ${listOf(died)} died`
    }),
  )
}

function betweenText({ hops, points }: HopReport, hop: number): string {
  const names = [hops[hop].from, hops[hop].to].map((point) => printable(points[point].name))
  return `between ${names[0]} and ${names[1]}`
}

function reportOf({ tables, survey }: FindingContext): HopReport | undefined {
  if (!known.has(survey)) {
    const several = tables.interfaces.length > 1 && tables.packets.rows <= MOST_ROWS
    known.set(survey, several ? hopsOf([{ name: '', tables }]) : undefined)
  }
  return known.get(survey)
}
