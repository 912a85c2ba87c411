import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { CapturingSection, ClustersSection } from '../../../common/contract.ts'
import type { ContextCaptureSettings } from '../../../common/model/context.ts'
import type { PointPlan, PointTarget } from '../../../common/model/live-capture.ts'
import { isOpen, keyOfPoint, onInterface } from './order.ts'
import type { Look } from './points.tsx'

/** More points than that are not looked into one by one. */
export const MOST_LOOKS = 8
const SETTLE_MS = 400

interface PointPlansParts {
  readonly clusters: Pick<ClustersSection, 'captureSettings'>
  readonly capturing: Pick<CapturingSection, 'plan' | 'look'>
  readonly context: string
  readonly points: readonly PointTarget[]
  readonly filter: string
}

/** What the cluster says of each point: how it would be captured, and what is there. By keyOfPoint. */
export function usePointPlans({ clusters, capturing, context, points, filter }: PointPlansParts) {
  const [settings, setSettings] = useState<ContextCaptureSettings>()
  const [plans, setPlans] = useState<ReadonlyMap<string, PointPlan>>(new Map())
  const [looks, setLooks] = useState<ReadonlyMap<string, Look>>(new Map())
  const [checkedFilter, setCheckedFilter] = useState<string>()

  useEffect(() => {
    let here = true
    clusters.captureSettings(context).then(
      (answer) => here && setSettings(answer),
      () => undefined,
    )
    return () => {
      here = false
    }
  }, [clusters, context])

  // Each point is asked about once, and all again when it would be made differently.
  const made = settings && JSON.stringify([context, settings])
  const asked = useRef({ made: '', keys: new Set<string>() })
  const keep = useCallback((found: readonly PointPlan[], keys: ReadonlySet<string>) => {
    if (asked.current.keys !== keys) return
    setPlans((before) => new Map([...before, ...found.map((plan) => [keyOfPoint(plan.target), plan] as const)]))
  }, [])
  useEffect(() => {
    if (made === undefined) return
    const { current } = asked
    if (current.made !== made) {
      asked.current = { made, keys: new Set() }
      setPlans(new Map())
    }
    const { keys } = asked.current
    const fresh = points.filter((target) => !keys.has(keyOfPoint(target))).map(ownInterface)
    if (fresh.length === 0) return
    for (const target of fresh) keys.add(keyOfPoint(target))
    capturing.plan(context, fresh).then(
      (found) => keep(found, keys),
      (error: unknown) => {
        const problem = error instanceof Error ? error.message : String(error)
        keep(
          fresh.map((target) => ({ target, problem })),
          keys,
        )
      },
    )
  }, [capturing, context, points, made, keep])

  const look = useCallback(
    (targets: readonly PointTarget[], text: string) => {
      const keys = targets.map(keyOfPoint)
      const now = asked.current.keys
      setLooks((before) => new Map([...before, ...keys.map((key) => [key, before.get(key) ?? 'looking'] as const)]))
      setCheckedFilter(undefined)
      const work = targets.map(async (target) => {
        let answer: Look
        try {
          answer = await capturing.look(context, target, text)
        } catch (error) {
          answer = { error: error instanceof Error ? error.message : String(error) }
        }
        setLooks((before) => new Map([...before, [keyOfPoint(target), answer]]))
      })
      void Promise.all(work).then(() => {
        setCheckedFilter(text)
        // What was made for the look is there now: less, or nothing, will be made for the capture.
        return capturing.plan(context, targets).then(
          (found) => keep(found, now),
          () => undefined,
        )
      })
    },
    [capturing, context, keep],
  )

  // Where a container of ours runs already, looking creates nothing: it is done without being asked.
  const there = points.filter((target) => {
    const plan = plans.get(keyOfPoint(target))
    return plan !== undefined && isOpen(plan) && plan.creates === undefined
  })
  const ready = useMemo(
    () => there.map(ownInterface),
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [there.map(keyOfPoint).join('|')],
  )
  useEffect(() => {
    if (ready.length === 0 || ready.length > MOST_LOOKS) return
    const timer = setTimeout(() => look(ready, filter), SETTLE_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [ready, filter, look])

  const filterProblem = [...looks.values()].flatMap((one) =>
    one !== 'looking' && 'filterProblem' in one && checkedFilter === filter ? (one.filterProblem ?? []) : [],
  )[0]
  return { settings, setSettings, plans, looks, look, checkedFilter, filterProblem }
}

/** The cluster is asked which interface a place has by itself, whatever was chosen. */
const ownInterface = (target: PointTarget) => onInterface(target, '')
