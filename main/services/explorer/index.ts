import type { ExplorerSection, Subscription } from '../../../common/contract.ts'
import type { ExplorerKind, ExplorerRows, PodDetails, RowChanges } from '../../../common/model/explorer.ts'
import type { ApiConnection } from '../../kubernetes/api-connection.ts'
import { Informers, type InformerRequest } from '../../kubernetes/informer.ts'
import type {
  EndpointSlice,
  KubernetesEvent,
  KubernetesObject,
  Namespace,
  Node,
  Pod,
  Service,
  Workload,
} from '../../kubernetes/objects.ts'
import type { Contexts } from '../contexts.ts'
import { podDetails } from './pod-details.ts'
import { rowFeed, type FeedInput, type RowSource } from './row-feed.ts'
import { namespaceRow, nodeRow, podRow, SERVICE_OF, serviceRow, workloadRow } from './rows.ts'

const WORKLOADS = [
  ['Deployment', 'apps', 'deployments'],
  ['StatefulSet', 'apps', 'statefulsets'],
  ['DaemonSet', 'apps', 'daemonsets'],
  ['Job', 'batch', 'jobs'],
] as const

type Feed = { readonly [Kind in ExplorerKind]: () => ReadableStream<RowChanges<ExplorerRows[Kind]>> }

/** Clusters as they are while somebody looks: one watch for a kind and context, shared by all who do. */
export class ExplorerService implements ExplorerSection {
  readonly #contexts: Contexts
  /** By connection: when the kubeconfig changed there is a new one, and what is watched from then on goes through it. */
  readonly #informers = new WeakMap<ApiConnection, Informers>()

  constructor(contexts: Contexts) {
    this.#contexts = contexts
  }

  async watchRows<Kind extends ExplorerKind>(
    context: string,
    kind: Kind,
    namespace: string,
  ): Promise<Subscription<RowChanges<ExplorerRows[Kind]>>> {
    const { connection } = await this.#contexts.open(context)
    return this.#feed(connection, namespace)[kind]()
  }

  async watchPod(context: string, namespace: string, pod: string): Promise<Subscription<PodDetails>> {
    const { connection } = await this.#contexts.open(context)
    const pods = this.#input<Pod>(connection, '', 'pods', namespace, { fieldSelector: `metadata.name=${pod}` })
    const events = this.#input<KubernetesEvent>(connection, '', 'events', namespace, {
      fieldSelector: `involvedObject.name=${pod}`,
    })
    const make = () =>
      podDetails(
        pods.all().find(({ metadata }) => metadata.name === pod),
        events.all().filter(({ involvedObject }) => (involvedObject.kind ?? 'Pod') === 'Pod'),
      )
    // One row, made of both lists: told anew when one of them changed.
    const feed = rowFeed([pods.input, events.input], () => {
      const parts = [...pods.all(), ...events.all()]
      return new Map([['', { parts, make }]])
    })
    return feed.pipeThrough(
      new TransformStream<RowChanges<ReturnType<typeof make>>, PodDetails>(
        {
          transform: ({ synced, problems }, controller) => controller.enqueue({ ...make(), synced, problems }),
        },
        { highWaterMark: 1 },
        { highWaterMark: 0 },
      ),
    )
  }

  #feed(connection: ApiConnection, namespace: string): Feed {
    const each = <T extends KubernetesObject, Row>(source: Source<T>, row: (object: T) => Row) =>
      rowFeed([source.input], () => source.rows(row))
    return {
      namespaces: () => each(this.#input<Namespace>(connection, '', 'namespaces', ''), namespaceRow),
      nodes: () => each(this.#input<Node>(connection, '', 'nodes', ''), nodeRow),
      pods: () => each(this.#input<Pod>(connection, '', 'pods', namespace), podRow),
      workloads: () => {
        const sources = WORKLOADS.map(([kind, group, resource]) => ({
          kind,
          source: this.#input<Workload>(connection, group, resource, namespace),
        }))
        return rowFeed(
          sources.map(({ source }) => source.input),
          () =>
            new Map(
              sources.flatMap(({ kind, source }) =>
                [...source.rows((object) => workloadRow(kind, object))].map(
                  ([key, row]) => [`${kind} ${key}`, row] as const,
                ),
              ),
            ),
        )
      },
      services: () => {
        const services = this.#input<Service>(connection, '', 'services', namespace)
        const slices = this.#input<EndpointSlice>(connection, 'discovery.k8s.io', 'endpointslices', namespace)
        return rowFeed([services.input, slices.input], () => servicesWithEndpoints(services.objects(), slices.all()))
      },
    }
  }

  #input<T extends KubernetesObject>(
    connection: ApiConnection,
    group: string,
    resource: string,
    namespace: string,
    selectors: Omit<InformerRequest, 'path'> = {},
  ): Source<T> {
    const root = group === '' ? '/api/v1' : `/apis/${group}/v1`
    const scope = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`
    const informers = this.#informers.get(connection) ?? new Informers(connection)
    this.#informers.set(connection, informers)
    const informer = informers.get({ path: `${root}${scope}/${resource}`, ...selectors })
    const where = namespace !== '' ? ` in namespace ${namespace}` : ''
    const everywhere = resource === 'nodes' || resource === 'namespaces' ? '' : ' in all namespaces'
    return new Source<T>({ informer, what: `${resource}${where || everywhere}` })
  }
}

/** The objects of an informer as what its path lists. */
class Source<T extends KubernetesObject> {
  readonly input: FeedInput

  constructor(input: FeedInput) {
    this.input = input
  }

  objects(): ReadonlyMap<string, T> {
    // What a path lists is of one kind; the informer does not carry it in its type.
    // oxlint-disable-next-line typescript/consistent-type-assertions
    return this.input.informer.state.objects as ReadonlyMap<string, T>
  }

  all(): T[] {
    return [...this.objects().values()]
  }

  rows<Row>(row: (object: T) => Row): ReadonlyMap<string, RowSource<Row>> {
    const rows = new Map<string, RowSource<Row>>()
    for (const [key, object] of this.objects()) rows.set(key, { parts: [object], make: () => row(object) })
    return rows
  }
}

function servicesWithEndpoints(
  services: ReadonlyMap<string, Service>,
  slices: readonly EndpointSlice[],
): ReadonlyMap<string, RowSource<ExplorerRows['services']>> {
  const byService = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const key = `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[SERVICE_OF] ?? ''}`
    const known = byService.get(key)
    if (known) known.push(slice)
    else byService.set(key, [slice])
  }
  const rows = new Map<string, RowSource<ExplorerRows['services']>>()
  for (const [key, service] of services) {
    const own = byService.get(key) ?? []
    rows.set(key, { parts: [service, ...own], make: () => serviceRow(service, own) })
  }
  return rows
}
