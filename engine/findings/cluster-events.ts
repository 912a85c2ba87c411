import type { CaptureInterface } from '../../common/model/capture.ts'
import type { Finding } from '../../common/model/finding.ts'
import type { FindingContext } from './context.ts'
import { nsText, printable } from './words.ts'

/** What the cluster did to a captured pod or its node, as whoever captured wrote it beside the interface's counts. */
export interface ClusterEvent {
  /** Nanoseconds since the capture's epoch. */
  readonly time: number
  readonly text: string
}

/** So begin remarks of ours (main/kubernetes/capture/capture-point.ts); those of other programs are about other things. */
const OURS = 'Hopscope: '
/** So long an event explains what is found after it. Ours: a pod has 30 s to end by default, and clients take some to notice. */
const BEFORE_NS = 60e9
/** And so long it may come after the first sign of it: status is reported late. */
const AFTER_NS = 10e9

/** In the order of time. */
export function clusterEvents({ remarks = [] }: Pick<CaptureInterface, 'remarks'>): ClusterEvent[] {
  return remarks
    .filter(({ text }) => text.startsWith(OURS))
    .map(({ time, text }) => ({ time, text: printable(text.slice(OURS.length)) }))
    .toSorted((a, b) => a.time - b.time)
}

/** "web-1.shop", as the capture names the pod's addresses; undefined for interfaces that are no pod's. */
export function podName({ description = '' }: Pick<CaptureInterface, 'description'>): string | undefined {
  const [, pod, namespace] = /\bpod=(\S+) namespace=(\S+)/.exec(description) ?? []
  return pod === undefined ? undefined : `${pod}.${namespace}`
}

/** The finding with what the cluster did to one of its ends around that time: likelier the cause than anything packets can tell. */
export function withClusterEvents(finding: Finding, context: FindingContext): Finding {
  const { interfaces, names } = context.tables
  const about = interfaces.filter((one) => one.remarks !== undefined)
  if (about.length === 0 || finding.conversations.length === 0) return finding
  const ends = finding.conversations.flatMap((id) => [context.client(id).address, context.server(id).address])
  const known = new Set(ends.flatMap((address) => [...(names.get(address) ?? [])]))
  const told = about
    .filter((one) => known.has(podName(one) ?? ''))
    .flatMap(clusterEvents)
    .filter(({ time }) => time > finding.since - BEFORE_NS && time < finding.until + AFTER_NS)
    .map(({ time, text }) => `at ${nsText(Math.max(0, time))} of the capture: ${text}`)
  if (told.length === 0) return finding
  return {
    ...finding,
    blamed: `${finding.blamed}. The cluster meanwhile, ${[...new Set(told)].slice(0, 3).join(' And ')}`,
  }
}
