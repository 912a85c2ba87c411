import type { ReactNode } from 'react'
import type {
  ContainerRow,
  EventRow,
  NodeRow,
  PodDetails,
  PodRow,
  ServiceRow,
  WorkloadRow,
} from '../../../common/model/explorer.ts'
import { ageText, useNow } from '../../components/age.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { useWatched, type HostWatch } from '../../components/use-watched.ts'
import { labelsText } from './find-rows.ts'

// What is known of the one row that is selected.

interface PodViewProps {
  readonly host: HostWatch
  readonly context: string
  readonly namespace: string
  readonly name: string
}

export function PodView({ host, context, namespace, name }: PodViewProps): ReactNode {
  const { value, error } = useWatched(host, JSON.stringify([context, namespace, name]), (contract) =>
    contract.explorer.watchPod(context, namespace, name),
  )
  const now = useNow(5000)
  if (error !== undefined)
    return (
      <EmptyState tone="bad" title={`Pod ${name} can't be read`}>
        {error}
      </EmptyState>
    )
  if (!value || (!value.synced && !value.pod)) return <p className="quiet">Reading pod {name}…</p>
  if (!value.pod)
    return <EmptyState title={`Pod ${name} is gone`}>It was deleted, or never was in {namespace}.</EmptyState>
  return (
    <>
      <Facts rows={podFacts(value, value.pod)} />
      <h3>Containers</h3>
      <ul className="details-list">
        {value.containers.map((container) => (
          <Container key={`${container.role} ${container.name}`} container={container} now={now} />
        ))}
      </ul>
      <h3>Conditions</h3>
      <ul className="details-list">
        {value.conditions.map(({ type, status, reason, message, since }) => (
          <li key={type} className={status === 'True' ? '' : 'row-trouble'}>
            <span>
              {type}: {status}
              {since !== undefined && <span className="details-age"> for {ageText(now - since)}</span>}
            </span>
            {(reason ?? message) !== undefined && (
              <span className="details-about">{[reason, message].filter(Boolean).join(': ')}</span>
            )}
          </li>
        ))}
      </ul>
      <h3>Events</h3>
      <Events
        events={value.events}
        now={now}
        problem={value.problems.find(({ what }) => what.startsWith('events'))?.message}
      />
    </>
  )
}

function podFacts({ hostAddress, qosClass, serviceAccount }: PodDetails, pod: PodRow): readonly Fact[] {
  return [
    ['Status', pod.status],
    ['Addresses', pod.addresses.join(' ')],
    ['Node', [pod.node, hostAddress && `(${hostAddress})`].filter(Boolean).join(' ')],
    ['Network', pod.hostNetwork ? "the node's own" : ''],
    ['Workload', pod.workload ? `${pod.workload.kind} ${pod.workload.name}` : ''],
    ['Labels', labelsText(pod.labels)],
    ['Service account', serviceAccount ?? ''],
    ['Quality of service', qosClass ?? ''],
  ]
}

function Container({ container, now }: { readonly container: ContainerRow; readonly now: number }): ReactNode {
  const { name, role, image, state, since, ready, running, restarts, lastEnd, ports } = container
  const wrong = role === 'container' && !(running && ready)
  return (
    <li>
      <span>
        <b>{name}</b>
        {role !== 'container' && <span className="details-age"> {role}</span>}
      </span>
      <span className={wrong ? 'row-trouble' : ''}>
        {state}
        {since !== undefined && `, ${ageText(now - since)}`}
        {role === 'container' && running && !ready && ', not ready'}
        {restarts > 0 && `, ${restarts} restarts`}
      </span>
      {lastEnd !== undefined && <span className="details-about">ended before: {lastEnd}</span>}
      <span className="details-about mono">{[image, ...ports].join('  ')}</span>
    </li>
  )
}

function Events({
  events,
  now,
  problem,
}: {
  readonly events: readonly EventRow[]
  readonly now: number
  readonly problem: string | undefined
}): ReactNode {
  if (problem !== undefined) return <p className="quiet">{problem}</p>
  if (events.length === 0) return <p className="quiet">None that the cluster still keeps (an hour, as a rule).</p>
  return (
    <ul className="details-list">
      {events.map((event) => (
        <li key={event.key} className={event.warning ? 'row-trouble' : ''}>
          <span>
            {event.reason}
            <span className="details-age">
              {event.at !== undefined && ` ${ageText(now - event.at)} ago`}
              {event.count > 1 && `, ${event.count} times`}
            </span>
          </span>
          <span className="details-about">{event.message}</span>
        </li>
      ))}
    </ul>
  )
}

interface PodsProps {
  readonly pods: readonly PodRow[]
  readonly onPod: (pod: PodRow) => void
}

function Pods({ pods, onPod }: PodsProps): ReactNode {
  if (pods.length === 0) return <p className="quiet">None.</p>
  return (
    <ul className="details-list">
      {pods.map((pod) => (
        <li key={pod.key}>
          <button type="button" className="link" onClick={() => onPod(pod)}>
            {pod.name}
          </button>
          <span className={`details-about ${pod.running ? '' : 'row-trouble'}`}>
            {[pod.status, pod.node, pod.addresses.join(' ')].filter(Boolean).join(', ')}
          </span>
        </li>
      ))}
    </ul>
  )
}

export function WorkloadView({ row, pods, onPod }: PodsProps & { readonly row: WorkloadRow }): ReactNode {
  return (
    <>
      <Facts
        rows={[
          ['Kind', row.kind],
          ['Ready', `${row.ready} of ${row.desired}`],
          ['Selector', labelsText(row.selector)],
        ]}
      />
      <h3>Pods</h3>
      <Pods pods={pods} onPod={onPod} />
    </>
  )
}

export function ServiceView({ row, pods, onPod }: PodsProps & { readonly row: ServiceRow }): ReactNode {
  const named = new Set(pods.map(({ name }) => name))
  const others = row.endpoints.filter(({ pod }) => pod === undefined || !named.has(pod))
  return (
    <>
      <Facts
        rows={[
          ['Type', row.type],
          ['Addresses', row.addresses.join(' ')],
          ['Ports', row.ports.join(', ')],
          ['Selector', labelsText(row.selector)],
          ['Endpoints', `${row.readyEndpoints} ready of ${row.allEndpoints}`],
        ]}
      />
      {row.allEndpoints === 0 && (
        <p className="row-trouble">
          No endpoint: nothing answers at its address. Its selector may match no pod, or none that is ready.
        </p>
      )}
      <h3>Pods behind it</h3>
      <Pods pods={pods} onPod={onPod} />
      {others.length > 0 && (
        <>
          <h3>Other endpoints</h3>
          <ul className="details-list">
            {others.map(({ address, ready, pod, node }) => (
              <li key={`${address} ${pod ?? ''}`} className={ready ? '' : 'row-trouble'}>
                {[address, pod, node, ready ? 'ready' : 'not ready'].filter(Boolean).join(', ')}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

export function NodeView({ row, pods, onPod }: PodsProps & { readonly row: NodeRow }): ReactNode {
  return (
    <>
      <Facts
        rows={[
          ['Status', [row.ready ? 'Ready' : 'NotReady', ...row.troubles].join(', ')],
          ['Addresses', row.addresses.join(' ')],
          ['Kubelet', row.kubelet],
          ['Runtime', row.runtime],
          ['System', row.system],
        ]}
      />
      <h3>Pods on it, of those that are listed</h3>
      <Pods pods={pods} onPod={onPod} />
    </>
  )
}

type Fact = readonly [string, string]

function Facts({ rows }: { readonly rows: readonly Fact[] }): ReactNode {
  return (
    <dl className="details-facts">
      {rows
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
