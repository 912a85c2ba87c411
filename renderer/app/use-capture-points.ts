import { useEffect, useState } from 'react'
import type { PodRow } from '../../common/model/explorer.ts'
import type { CaptureOrder, PointTarget } from '../../common/model/live-capture.ts'
import { keyOfPoint, type CaptureDraft } from '../features/capture-setup/index.tsx'
import { titleWithout, type CaptureDrafts } from './capture-drafts.ts'
import { podsOfSelector, type useRows } from '../features/explorer/index.tsx'

interface CapturePointsParts {
  /** Name of the context, of which the points are. */
  readonly context: string | undefined
  readonly drafts: CaptureDrafts
  /** Of this context. */
  readonly draft: CaptureDraft | undefined
  readonly pods: ReturnType<typeof useRows<'pods'>>
  /** Addresses whose pods are to be captured, once they are found. */
  readonly ends: readonly string[] | undefined
  readonly onEnds: (ends: undefined) => void
  readonly onChanged: () => void
}

/** Where the next capture is made: the points of its draft, and the ways to change them. */
export function useCapturePoints({ context, drafts, draft, pods, ends, onEnds, onChanged }: CapturePointsParts) {
  const points = draft?.targets ?? NO_POINTS
  /** Of `ends`, the addresses that no running pod has. */
  const [lost, setLost] = useState<readonly string[]>()

  useEffect(() => {
    if (!ends || !pods.synced) return
    onEnds(undefined)
    const found = [...pods.rows.values()].filter(
      (pod) => pod.running && pod.addresses.some((address) => ends.includes(address)),
    )
    const missing = ends.filter((address) => !found.some(({ addresses }) => addresses.includes(address)))
    setLost(missing.length > 0 ? missing : undefined)
    if (context !== undefined && found.length > 0)
      drafts.put({ context, targets: found.map(targetOfPod), title: found.map((pod) => pod.name).join(' and ') })
    onChanged()
    // What is found is set once; everything else here is of the moment.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [ends, pods.synced])

  /** The first ones give the capture its name. */
  function setPoints(targets: readonly PointTarget[], title: string, follow?: CaptureOrder['follow']): void {
    if (context === undefined) return
    const { follow: followed, ...before } = draft ?? {}
    const kept = draft?.targets.length ? draft.title : title
    const following = follow ?? followed
    drafts.put({
      ...before,
      context,
      targets,
      title: targets.length > 1 && kept !== title ? `${kept.replace(/ and more$/, '')} and more` : kept,
      ...(following ? { follow: following } : {}),
    })
  }

  function takeOff(left: readonly PointTarget[]): void {
    if (!draft) return
    const { follow, ...rest } = draft
    // Labels go with the last of the points that were chosen by them.
    const kept = follow && left.length > 0 ? { follow } : {}
    drafts.put({ ...rest, targets: left, title: titleWithout(draft, left), ...kept })
  }

  function fresh(targets: readonly PointTarget[]): readonly PointTarget[] {
    const have = new Set(points.map(keyOfPoint))
    return targets.filter((target) => !have.has(keyOfPoint(target)))
  }

  function addPoints(targets: readonly PointTarget[], title: string, follow?: CaptureOrder['follow']): void {
    setPoints([...points, ...fresh(targets)], title, follow)
    onChanged()
  }

  /** The same points again take them off. */
  function togglePoints(targets: readonly PointTarget[], title: string): void {
    if (fresh(targets).length > 0) return addPoints(targets, title)
    const own = new Set(targets.map(keyOfPoint))
    const others = points.filter((target) => !own.has(keyOfPoint(target)))
    takeOff(others)
    if (others.length > 0) onChanged()
  }

  /** Adds the running pods with these labels, names or addresses; returns how many there were that were not points yet. */
  function bySelector(text: string): number {
    const wanted = text.trim()
    const running = [...pods.rows.values()].filter((pod) => pod.running)
    // Both ends of a conversation: their addresses or names, one after the other.
    const words = new Set(wanted.split(/[\s,;⇄→]+/).map((word) => word.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')))
    const byAddress = running.filter((pod) => words.has(pod.name) || pod.addresses.some((one) => words.has(one)))
    const found = byAddress.length > 0 ? byAddress : podsOfSelector(running, wanted)
    const added = fresh(found.map(targetOfPod))
    const spaces = new Set(found.map((pod) => pod.namespace))
    const [only] = spaces.size === 1 && byAddress.length === 0 ? spaces : []
    const follow = only === undefined ? undefined : { namespace: only, labels: wanted }
    if (added.length > 0) setPoints([...points, ...added], wanted, follow)
    return added.length
  }

  return { points, lost, forgetLost: () => setLost(undefined), takeOff, togglePoints, addPoints, bySelector }
}

const NO_POINTS: readonly PointTarget[] = []

const targetOfPod = ({ namespace, name }: PodRow): PointTarget => ({ kind: 'pod', namespace, pod: name })
