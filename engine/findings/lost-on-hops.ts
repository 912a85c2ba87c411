import { hopsOf, type HopReport } from '../hops/hops.ts'
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
  if (!report) return undefined
  const wanted = new Set(conversations)
  const counts = new Map<number, number>()
  for (const { hop, conversation } of report.losses) {
    if (wanted.has(conversation)) counts.set(hop, (counts.get(hop) ?? 0) + 1)
  }
  if (counts.size === 0) return undefined
  const worst = Array.from(counts).toSorted(([, a], [, b]) => b - a)
  return listOf(
    worst.map(([index, count]) => {
      const { from, to } = report.hops[index]
      const names = [from, to].map((point) => printable(report.points[point].name))
      return `between ${names[0]} and ${names[1]}, where ${countOf(count, 'segment')} died`
    }),
  )
}

function reportOf({ tables, survey }: FindingContext): HopReport | undefined {
  if (!known.has(survey)) {
    const several = tables.interfaces.length > 1 && tables.packets.rows <= MOST_ROWS
    known.set(survey, several ? hopsOf([{ name: '', tables }]) : undefined)
  }
  return known.get(survey)
}
