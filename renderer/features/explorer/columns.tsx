import type { NodeRow, PodRow, ServiceRow, WorkloadRow } from '../../../common/model/explorer.ts'
import { ageText } from '../../components/age.ts'
import type { Column } from '../../components/data-grid.tsx'
import { formatCount } from '../../components/format.ts'
import { labelsText } from './find-rows.ts'

// The columns of the explorer's lists, with kubectl's words.

interface Mark<Row> {
  readonly marked: (row: Row) => boolean
  readonly toggle: (row: Row) => void
}

/** Chosen for a capture. */
export function markColumn<Row extends { readonly name: string }>({ marked, toggle }: Mark<Row>): Column<Row> {
  return {
    key: 'mark',
    title: 'Chosen',
    head: <span className="aloud">Chosen</span>,
    about: 'Chosen for a capture',
    width: 30,
    cell: (row) => (
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Capture ${row.name}`}
        checked={marked(row)}
        // The list keeps the keys, with the cursor on this row: Enter and Space are about what was just ticked.
        onClick={(event) => event.currentTarget.closest<HTMLElement>('[role=grid]')?.focus()}
        onDoubleClick={(event) => event.stopPropagation()}
        onChange={() => toggle(row)}
      />
    ),
  }
}

const namespaceColumn = <Row extends { readonly namespace: string }>(shown: boolean): readonly Column<Row>[] =>
  shown ? [{ key: 'namespace', title: 'Namespace', width: 98, widest: 140, cell: ({ namespace }) => namespace }] : []

const ageColumn = <Row extends { readonly createdAt?: number }>(now: number): Column<Row> => ({
  key: 'age',
  title: 'Age',
  width: 44,
  numeric: true,
  cell: ({ createdAt }) => (createdAt === undefined ? '' : ageText(now - createdAt)),
})

export const podColumns = (now: number, allNamespaces: boolean): readonly Column<PodRow>[] => [
  ...namespaceColumn<PodRow>(allNamespaces),
  { key: 'name', title: 'Name', width: 184, widest: 420, cell: ({ name }) => name },
  {
    key: 'ready',
    title: 'Ready',
    about: 'Containers that are ready, of all',
    width: 52,
    numeric: true,
    cell: ({ readyContainers, containers }) => `${readyContainers}/${containers.length}`,
  },
  {
    key: 'status',
    title: 'Status',
    width: 76,
    widest: 120,
    cell: ({ status, running }) => (
      <span className={running && status === 'Running' ? '' : 'row-trouble'}>{status}</span>
    ),
  },
  {
    key: 'restarts',
    title: 'Restarts',
    width: 60,
    numeric: true,
    cell: ({ restarts }) => (restarts === 0 ? '' : formatCount(restarts)),
  },
  ageColumn<PodRow>(now),
  { key: 'address', title: 'Address', width: 110, mono: true, cell: ({ addresses }) => addresses.join(' ') },
  { key: 'node', title: 'Node', width: 72, widest: 140, cell: ({ node }) => node },
  {
    key: 'workload',
    title: 'Workload',
    width: 130,
    cell: ({ workload }) => (workload ? `${workload.kind} ${workload.name}` : ''),
  },
]

export const workloadColumns = (now: number, allNamespaces: boolean): readonly Column<WorkloadRow>[] => [
  ...namespaceColumn<WorkloadRow>(allNamespaces),
  { key: 'kind', title: 'Kind', width: 90, cell: ({ kind }) => kind },
  { key: 'name', title: 'Name', width: 210, widest: 420, cell: ({ name }) => name },
  {
    key: 'ready',
    title: 'Ready',
    width: 60,
    numeric: true,
    cell: ({ ready, desired }) => (
      <span className={ready < desired ? 'row-trouble' : ''}>{`${formatCount(ready)}/${formatCount(desired)}`}</span>
    ),
  },
  ageColumn<WorkloadRow>(now),
  { key: 'selector', title: 'Selector', width: 160, mono: true, cell: ({ selector }) => labelsText(selector) },
]

export const serviceColumns = (allNamespaces: boolean): readonly Column<ServiceRow>[] => [
  ...namespaceColumn<ServiceRow>(allNamespaces),
  { key: 'name', title: 'Name', width: 170, widest: 420, cell: ({ name }) => name },
  { key: 'type', title: 'Type', width: 90, cell: ({ type }) => type },
  { key: 'address', title: 'Address', width: 110, mono: true, cell: ({ addresses }) => addresses.join(' ') },
  {
    key: 'endpoints',
    title: 'Endpoints',
    about: 'Endpoints that are ready, of all',
    width: 76,
    numeric: true,
    cell: ({ readyEndpoints, allEndpoints }) => (
      <span className={readyEndpoints < allEndpoints || allEndpoints === 0 ? 'row-trouble' : ''}>
        {`${formatCount(readyEndpoints)}/${formatCount(allEndpoints)}`}
      </span>
    ),
  },
  { key: 'ports', title: 'Ports', width: 160, mono: true, cell: ({ ports }) => ports.join(', ') },
]

export const nodeColumns = (now: number): readonly Column<NodeRow>[] => [
  { key: 'name', title: 'Name', width: 154, widest: 320, cell: ({ name }) => name },
  {
    key: 'status',
    title: 'Status',
    width: 76,
    widest: 200,
    cell: ({ ready, troubles }) => (
      <span className={ready && troubles.length === 0 ? '' : 'row-trouble'}>
        {[ready ? 'Ready' : 'NotReady', ...(ready ? troubles : [])].join(', ')}
      </span>
    ),
  },
  ageColumn<NodeRow>(now),
  { key: 'address', title: 'Address', width: 110, mono: true, cell: ({ addresses }) => addresses.join(' ') },
  { key: 'kubelet', title: 'Kubelet', width: 72, widest: 150, cell: ({ kubelet }) => kubelet },
  { key: 'runtime', title: 'Runtime', width: 124, widest: 160, cell: ({ runtime }) => runtime },
  { key: 'system', title: 'System', width: 112, cell: ({ system }) => system },
]
