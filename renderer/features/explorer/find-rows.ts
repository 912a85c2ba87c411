import type { ExplorerRows, Labels, PodRow, ServiceRow, WorkloadRow } from '../../../common/model/explorer.ts'
import { once } from '../../components/once.ts'

export type AnyRow = ExplorerRows['pods' | 'workloads' | 'services' | 'nodes']

export const labelsText = (labels: Labels) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')

/** All that one may search a row by: names, addresses, labels, states. */
function wordsOf(row: AnyRow): string {
  const words: unknown[] = []
  for (const value of Object.values(row)) {
    if (typeof value === 'string') words.push(value)
    else if (Array.isArray(value)) words.push(...value.map((one) => (typeof one === 'string' ? one : '')))
  }
  if ('labels' in row) words.push(labelsText(row.labels), row.workload?.name ?? '')
  if ('selector' in row) words.push(labelsText(row.selector))
  if ('endpoints' in row) words.push(...row.endpoints.map(({ address, pod }) => `${address} ${pod ?? ''}`))
  return words.join(' ').toLowerCase()
}

/** The rows that have every word of the search somewhere, in the order of namespace and name. */
export function findRows<Row extends AnyRow>(rows: Iterable<Row>, search: string): readonly Row[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = [...rows].filter((row) => {
    if (wanted.length === 0) return true
    const words = wordsOf(row)
    return wanted.every((word) => words.includes(word))
  })
  return found.sort(byName)
}

export interface RowSort {
  /** A column's key. */
  readonly key: string
  readonly descending: boolean
}

/** By a column; rows that have nothing there come last, equal ones stay in the order of their names. */
export function sortRows<Row extends AnyRow>(rows: readonly Row[], { key, descending }: RowSort): readonly Row[] {
  const sign = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [x, y] = [sortValue(a, key), sortValue(b, key)]
    if (x === undefined || y === undefined) return (x === undefined ? 1 : 0) - (y === undefined ? 1 : 0)
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y)
    return sign * collator().compare(String(x), String(y))
  })
}

function sortValue(row: AnyRow, key: string): string | number | undefined {
  // Age is the other way round than the time of creation.
  if (key === 'age') {
    const at = 'createdAt' in row ? row.createdAt : undefined
    return typeof at === 'number' ? -at : undefined
  }
  if (key === 'ready' && 'readyContainers' in row) return row.readyContainers / Math.max(1, row.containers.length)
  if (key === 'ready' && 'desired' in row) return row.ready / Math.max(1, row.desired)
  if (key === 'endpoints' && 'endpoints' in row) return row.readyEndpoints
  if (key === 'workload' && 'workload' in row) return row.workload?.name
  if (key === 'address' && 'addresses' in row) return row.addresses[0]
  const value: unknown = Reflect.get(row, key)
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}

const collator = once(() => new Intl.Collator('en', { numeric: true }))

function byName(a: AnyRow, b: AnyRow): number {
  const space = (row: AnyRow) => ('namespace' in row ? row.namespace : '')
  return collator().compare(space(a), space(b)) || collator().compare(a.name, b.name)
}

/** The pods that a workload makes: those that name it as their owner. */
export const podsOfWorkload = (pods: Iterable<PodRow>, { kind, namespace, name }: WorkloadRow): readonly PodRow[] =>
  [...pods]
    .filter((pod) => pod.namespace === namespace && pod.workload?.kind === kind && pod.workload.name === name)
    .sort(byName)

export const podsOfService = (pods: Iterable<PodRow>, { namespace, endpoints }: ServiceRow): readonly PodRow[] => {
  const names = new Set(endpoints.map(({ pod }) => pod))
  return [...pods].filter((pod) => pod.namespace === namespace && names.has(pod.name)).sort(byName)
}

/** Pods whose labels are those of a selector, written as for kubectl -l: app=web,tier!=front,canary */
export function podsOfSelector(pods: Iterable<PodRow>, selector: string): readonly PodRow[] {
  const terms = selector
    .split(',')
    .map((term) => term.trim())
    .filter(Boolean)
  const tests = terms.map((term) => {
    const [, key = '', operator, value = ''] = /^([^=!\s]+)\s*(?:(!=|==|=)\s*(.*))?$/.exec(term) ?? []
    return ({ labels }: PodRow) =>
      operator === undefined ? key in labels : operator === '!=' ? labels[key] !== value : labels[key] === value
  })
  return [...pods].filter((pod) => tests.length > 0 && tests.every((test) => test(pod))).sort(byName)
}
