import type { PodRow } from '../../../common/model/explorer.ts'
import type { CaptureOrder, PointTarget } from '../../../common/model/live-capture.ts'
import { labelsText, podsOfService, podsOfWorkload, type AnyRow } from './find-rows.ts'

/** The same for the same place. */
export const keyOfTarget = (target: PointTarget) =>
  target.kind === 'pod' ? `pod ${target.namespace}/${target.pod}` : `node ${target.node}`

/** Where a row can be captured: a pod itself, the running pods of a workload, those behind a service, a node. */
export function targetsOf(row: AnyRow, pods: Iterable<PodRow>): readonly PointTarget[] {
  const asTargets = (rows: readonly PodRow[]) =>
    rows.map(({ namespace, name }) => ({ kind: 'pod' as const, namespace, pod: name }))
  if ('containers' in row) return asTargets([row])
  if ('desired' in row) return asTargets(podsOfWorkload(pods, row).filter(({ running }) => running))
  if ('endpoints' in row) return asTargets(podsOfService(pods, row).filter(({ running }) => running))
  return [{ kind: 'node', node: row.name }]
}

/** The labels that choose a row's pods, now and later. */
export function selectorOf(row: AnyRow): CaptureOrder['follow'] {
  if (!('selector' in row)) return undefined
  const labels = labelsText(row.selector)
  return labels === '' ? undefined : { namespace: row.namespace, labels }
}

/** As kubectl names it: namespace/name, or the name of what is in none. */
export const titleOf = (row: AnyRow) => ('namespace' in row ? `${row.namespace}/${row.name}` : row.name)
