import type { ApiConnection } from '../api-connection.ts'
import { Informer } from '../informer.ts'
import type { Pod } from '../objects.ts'

/** Pods of one namespace by their labels, those that come later included. */
export interface PodSelector {
  readonly namespace: string
  /** As for kubectl -l. */
  readonly labels: string
}

/** Calls `came` once for each pod that matches and runs, now and later, until the returned function is called. */
export function followPods(
  connection: ApiConnection,
  { namespace, labels }: PodSelector,
  came: (name: string) => void,
): () => void {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
  const informer = new Informer<Pod>(connection, { path, labelSelector: labels })
  // By uid: a stateful set's pod comes again under its old name.
  const known = new Set<string>()
  return informer.observe(({ objects }) => {
    for (const { metadata, status } of objects.values()) {
      const id = metadata.uid ?? metadata.name
      if (known.has(id) || status?.phase !== 'Running' || metadata.deletionTimestamp) continue
      known.add(id)
      came(metadata.name)
    }
  })
}
