import { SLACK_NS } from './clocks.ts'
import { quantile } from './crossing.ts'
import type { Hop, HopDelay } from './report.ts'
import { hopKey } from './steps.ts'

export function delayOf(
  { from, to }: Pick<Hop, 'from' | 'to'>,
  measured: ReadonlyMap<number, readonly number[]>,
): HopDelay | undefined {
  const there = measured.get(hopKey(from, to)) ?? []
  if (there.length === 0) return undefined
  const [least] = there
  const back = measured.get(hopKey(to, from))?.[0]
  // Less than no time there and back: a clock was set meanwhile. By a little less clocks that were set right may differ.
  const both = back === undefined || least + back < -SLACK_NS ? undefined : least + back
  return {
    count: there.length,
    aboveLeast: {
      p50: quantile(there, 0.5) - least,
      p99: quantile(there, 0.99) - least,
      max: there[there.length - 1] - least,
    },
    oneWay:
      both === undefined
        ? undefined
        : { leastNs: Math.max(0, both / 2), errorNs: Math.abs(both / 2), aheadNs: least - both / 2 },
  }
}
