import type { ConditionRow, ContainerRow, EventRow, PodDetails } from '../../../common/model/explorer.ts'
import { keyOf } from '../../kubernetes/informer.ts'
import type { Container, ContainerState, ContainerStatus, KubernetesEvent, Pod } from '../../kubernetes/objects.ts'
import { podRow, timeOf } from './rows.ts'

const MOST_EVENTS = 100

export function podDetails(
  pod: Pod | undefined,
  events: readonly KubernetesEvent[],
): Omit<PodDetails, 'synced' | 'problems'> {
  const status = pod?.status
  return {
    containers: pod ? containersOf(pod) : [],
    conditions: (status?.conditions ?? []).map(conditionRow),
    events: events
      .map(eventRow)
      .toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0))
      .slice(0, MOST_EVENTS),
    ...(pod ? { pod: podRow(pod) } : {}),
    ...(status?.hostIP ? { hostAddress: status.hostIP } : {}),
    ...(status?.qosClass ? { qosClass: status.qosClass } : {}),
    ...(pod?.spec.serviceAccountName ? { serviceAccount: pod.spec.serviceAccountName } : {}),
  }
}

function containersOf({ spec, status }: Pod): ContainerRow[] {
  const rows = (
    role: ContainerRow['role'],
    containers: readonly Container[] = [],
    statuses: readonly ContainerStatus[] = [],
  ) =>
    containers.map((container) =>
      containerRow(
        role,
        container,
        statuses.find(({ name }) => name === container.name),
      ),
    )
  return [
    ...rows('container', spec.containers, status?.containerStatuses),
    ...rows('init', spec.initContainers, status?.initContainerStatuses),
    ...rows('ephemeral', spec.ephemeralContainers, status?.ephemeralContainerStatuses),
  ]
}

function containerRow(
  role: ContainerRow['role'],
  { name, image, ports = [] }: Container,
  status: ContainerStatus | undefined,
): ContainerRow {
  const state = status?.state
  const since = timeOf(state?.running?.startedAt ?? state?.terminated?.finishedAt)
  const last = status?.lastState?.terminated
  return {
    name,
    role,
    image,
    state: stateText(state),
    running: state?.running !== undefined,
    ready: status?.ready === true,
    restarts: status?.restartCount ?? 0,
    ports: ports.map((port) => `${port.name ? `${port.name} ` : ''}${port.containerPort}/${port.protocol ?? 'TCP'}`),
    ...(since === undefined ? {} : { since }),
    ...(last ? { lastEnd: endText(last) } : {}),
  }
}

function stateText(state: ContainerState | undefined): string {
  if (state?.running) return 'running'
  if (state?.terminated) return `ended: ${endText(state.terminated)}`
  const { reason, message } = state?.waiting ?? {}
  return ['waiting', [reason, message].filter(Boolean).join(', ')].filter(Boolean).join(': ')
}

function endText({ reason, exitCode, signal, message }: NonNullable<ContainerState['terminated']>): string {
  const how = signal ? `signal ${signal}` : `exit code ${exitCode}`
  return [reason, how, message].filter(Boolean).join(', ')
}

function conditionRow({
  type,
  status,
  reason,
  message,
  lastTransitionTime,
}: {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}): ConditionRow {
  const since = timeOf(lastTransitionTime)
  return {
    type,
    status,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(since === undefined ? {} : { since }),
  }
}

function eventRow(event: KubernetesEvent): EventRow {
  const at = timeOf(event.lastTimestamp ?? event.metadata.creationTimestamp)
  return {
    key: keyOf(event),
    warning: event.type === 'Warning',
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: event.count ?? 1,
    ...(at === undefined ? {} : { at }),
  }
}
