import { evenClocks, haveMoved } from './clocks.ts'
import { connectionsOf } from './connections.ts'
import { crossing, delays, quantile, type Reach, strangers } from './crossing.ts'
import { Ledger } from './ledger.ts'
import { lookupsOf } from './lookups.ts'
import { isRenumbered, limitsOf } from './limits.ts'
import { arrange, captures, extend } from './order.ts'
import { TO_A, TO_B } from './legs.ts'
import { type Path, pathOf } from './paths.ts'
import { type CapturePoint, pointsOf, type PointSource } from './points.ts'
import type { HopReport } from './report.ts'
import { Rejected } from './rejections.ts'
import { madeOn } from './resets.ts'
import { NOTHING } from './runs.ts'
import { endsOf, resetSteps, steps } from './steps.ts'

/** Joins what the points saw, through NAT and tunnels, and charges each lost packet to the hop on which it died. */
export function hopsOf(sources: readonly PointSource[]): HopReport {
  const seen = pointsOf(sources)
  const numbers = new Map(sources.map((source) => [source, new Map<number, number>()]))
  seen.forEach((point, i) => numbers.get(point.source)?.set(point.interface, i))
  const paths = connectionsOf(sources).map((members) => pathOf(members, seen, numbers))
  arrange(paths)
  extend(paths)

  const asRead = measuredOn(paths)
  const clocks = haveMoved(asRead) ? evenClocks(paths, seen, asRead) : undefined
  const points = clocks?.points ?? seen
  const measured = clocks ? measuredOn(paths) : asRead
  const ledger = new Ledger(points)
  const capturesIt = captures(paths)
  for (const path of paths) {
    const rejected = path.runs.map((runs) => new Rejected(runs, points))
    for (const step of steps(path)) {
      const { key, near, far, beyond, direction } = step
      const reach = reachOf(points[endsOf(key).to], measured.get(key))
      const { from, to } = endsOf(key)
      if (!reach || (far === NOTHING && !capturesIt(path, to)) || isRenumbered(path, direction, from, to)) continue
      const came = path.unread[direction][to] ?? []
      const unread = clocks?.even(to, came) ?? came
      const own = path.kind === 'segment' ? unread : ascending([...unread, ...strangers(near, far)])
      const crossed = crossing(near, far, beyond, (end) => path.arrived(direction, end), { ...reach, unread: own })
      ledger.add(path, path.kind, step, crossed, rejected[direction])
    }
    for (const direction of [TO_B, TO_A]) ledger.addBehind(path, direction, rejected[direction])
    for (const step of resetSteps(path)) {
      const { from, to } = endsOf(step.key)
      const reach = reachOf(points[to], measured.get(step.key))
      if (!reach || isRenumbered(path, step.direction, from, to)) continue
      if (capturesIt(path, to))
        ledger.add(path, 'reset', step, crossing(step.near, step.far, step.beyond, never, reach))
      if (capturesIt(path, from))
        for (const place of madeOn(step, points[from], reach)) ledger.addMade(path, step, place)
    }
  }
  const connections = paths.filter(({ order }) => order.length > 1).length
  const charged = ledger.report(measured)
  return {
    points: seen,
    ...charged,
    moved: clocks?.moved ?? [],
    limits: limitsOf(paths, points, measured),
    ...lookupsOf(paths, points, charged.rejections),
    connections,
    alone: paths.length - connections,
  }
}

/** By hop, how long it took, as the clocks read; in ascending order. */
function measuredOn(paths: readonly Path[]): ReadonlyMap<number, readonly number[]> {
  const measured = new Map<number, number[]>()
  for (const path of paths) {
    for (const { key, near, far } of steps(path)) {
      const found = measured.get(key)
      const samples = delays(near, far)
      if (found) for (const each of samples) found.push(each)
      else measured.set(key, samples)
    }
  }
  for (const samples of measured.values()) samples.sort((a, b) => a - b)
  return measured
}

const never = () => false

function reachOf({ from, until }: CapturePoint, samples: readonly number[] | undefined): Reach | undefined {
  if (samples === undefined || samples.length === 0) return undefined
  return { from, until, least: samples[0], late: quantile(samples, 0.99) - samples[0], unread: [] }
}

const ascending = (numbers: number[]): number[] => numbers.sort((a, b) => a - b)
