import { messageId, messageKey } from './datagrams.ts'
import { TO_B } from './legs.ts'
import type { Path } from './paths.ts'
import type { CapturePoint } from './points.ts'
import type { HopReport, Rejection, SeenPacket, Unanswered } from './report.ts'
import { packetAt } from './steps.ts'

/** What the queries and answers of DNS ask, "A db.shop", by packet; undefined where it was not read. */
export function asksOf(packets: readonly SeenPacket[]): ReadonlyMap<SeenPacket, string> {
  const asks = new Map<SeenPacket, string>()
  for (const [{ tables }, own] of Map.groupBy(packets, ({ source }) => source)) {
    const wanted = Map.groupBy(own, (packet) => messageKey(tables, packet.conversation, packet.row))
    const { exchanges } = tables
    if (!exchanges || wanted.size === 0) continue
    const conversations = new Set(own.map(({ conversation }) => conversation))
    for (let id = 0; id < exchanges.count; id++) {
      const conversation = exchanges.conversation[id]
      if (!conversations.has(conversation)) continue
      const found = wanted.get(messageKey(tables, conversation, exchanges.requestRow[id])) ?? []
      for (const packet of found) asks.set(packet, exchanges.ask(id))
    }
  }
  return asks
}

/** An answer may come that late. */
const PATIENCE_NS = 2e9

/** DNS queries, and those among them that arrived at the last point, or beyond, and were not answered from there. */
export function lookupsOf(
  paths: readonly Path[],
  points: readonly CapturePoint[],
  rejections: readonly Rejection[],
): Pick<HopReport, 'queries' | 'unanswered'> {
  const unanswered: Unanswered[] = []
  const rejected = Map.groupBy(rejections, ({ source }) => source)
  let queries = 0
  for (const path of paths) {
    const { asks, order, runs, arrived, unread } = path
    if (asks === undefined || order.length < 2) continue
    const way = asks === TO_B ? order : order.toReversed()
    queries += runs[asks][way[0]]?.count ?? 0
    const point = way[way.length - 1]
    const run = runs[asks][point]
    if (!run) continue
    const answers = new Set(
      points.flatMap(({ source: { tables } }, at) =>
        (runs[1 - asks][at]?.row ?? []).map((row) => messageId(tables, row)),
      ),
    )
    const isRead = points.every((_, at) => unread[1 - asks][at] === undefined)
    const isRejected = (row: number) => rejected.get(points[point].source)?.some((each) => each.row === row) === true
    for (const [place, row] of run.row.entries()) {
      const isLate = run.time[place] + PATIENCE_NS > points[point].until
      const isAnswered = arrived(asks, run.to[place]) || answers.has(messageId(points[point].source.tables, row))
      if (isRead && !isLate && !isAnswered && !isRejected(row))
        unanswered.push({ ...packetAt(path, points[point], row), point })
    }
  }
  return { queries, unanswered: unanswered.sort((a, b) => a.time - b.time) }
}
