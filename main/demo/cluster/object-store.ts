import { randomUUID } from 'node:crypto'
import type { KubernetesObject, ObjectMeta, WatchEvent } from '../../kubernetes/objects.ts'
import { ApiFailure, notFound } from './failure.ts'
import type { Kind } from './kinds.ts'

type Listener = (event: WatchEvent<KubernetesObject>) => void

interface Change {
  readonly version: number
  readonly kind: Kind
  readonly event: WatchEvent<KubernetesObject>
}

/** What etcd is to a cluster: objects with one growing resourceVersion, and the recent changes, for watches. */
export class ObjectStore {
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #changes: Change[] = []
  readonly #listeners = new Set<(change: Change) => void>()
  #version = 1000
  /** Changes older than this are compacted: a watch from there is told 410 Gone. */
  #oldest = 1000

  get version(): number {
    return this.#version
  }

  get(kind: Kind, namespace: string, name: string): KubernetesObject {
    const found = this.find(kind, namespace, name)
    if (!found) throw notFound(kind.resource, name)
    return found
  }

  find(kind: Kind, namespace: string, name: string): KubernetesObject | undefined {
    return this.#objects.get(key(kind, namespace, name))
  }

  list(kind: Kind, namespace: string): KubernetesObject[] {
    const prefix = namespace === '' ? `${kind.group}/${kind.resource}/` : key(kind, namespace, '')
    const found: KubernetesObject[] = []
    for (const [name, object] of this.#objects) if (name.startsWith(prefix)) found.push(object)
    return found
  }

  create<T extends KubernetesObject>(kind: Kind, namespace: string, object: T): T {
    const name = object.metadata.name
    if (this.find(kind, namespace, name)) {
      throw new ApiFailure(409, 'AlreadyExists', `${kind.resource} "${name}" already exists`, {
        name,
        kind: kind.resource,
      })
    }
    const metadata: ObjectMeta = {
      ...object.metadata,
      ...(kind.namespaced ? { namespace } : {}),
      uid: object.metadata.uid ?? randomUUID(),
      creationTimestamp: object.metadata.creationTimestamp ?? new Date().toISOString().replace(/\.\d+Z/, 'Z'),
    }
    return this.#put('ADDED', kind, { ...object, ...typeMeta(kind), metadata })
  }

  /** Replaces it; with a resourceVersion in the new object, only if it is still that one. */
  replace<T extends KubernetesObject>(kind: Kind, object: T): T {
    const { namespace = '', name, resourceVersion } = object.metadata
    const current = this.get(kind, namespace, name)
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      const message =
        `Operation cannot be fulfilled on ${kind.resource} "${name}": ` +
        'the object has been modified; please apply your changes to the latest version and try again'
      throw new ApiFailure(409, 'Conflict', message, { name, kind: kind.resource })
    }
    return this.#put('MODIFIED', kind, { ...object, ...typeMeta(kind) })
  }

  remove(kind: Kind, namespace: string, name: string): void {
    const current = this.get(kind, namespace, name)
    this.#objects.delete(key(kind, namespace, name))
    this.#version++
    const metadata = { ...current.metadata, resourceVersion: String(this.#version) }
    this.#announce({ version: this.#version, kind, event: { type: 'DELETED', object: { ...current, metadata } } })
  }

  /** The changes after `since`, then each as it comes; 410 when they are no longer known. The returned function ends it. */
  watch(kind: Kind, namespace: string, since: number, listener: Listener): () => void {
    this.requireKnown(since)
    const matches = (change: Change) =>
      change.kind === kind && (namespace === '' || change.event.object.metadata.namespace === namespace)
    for (const change of this.#changes) if (change.version > since && matches(change)) listener(change.event)
    const hear = (change: Change) => {
      if (matches(change)) listener(change.event)
    }
    this.#listeners.add(hear)
    return () => this.#listeners.delete(hear)
  }

  /** Throws 410 when what was at that version is no longer known. */
  requireKnown(version: number): void {
    if (version < this.#oldest)
      throw new ApiFailure(410, 'Expired', `too old resource version: ${version} (${this.#oldest})`)
  }

  /** Forgets old changes, as etcd's compaction does. */
  compact(): void {
    this.#changes.length = 0
    this.#oldest = this.#version
  }

  #put<T extends KubernetesObject>(type: 'ADDED' | 'MODIFIED', kind: Kind, object: T): T {
    this.#version++
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } }
    this.#objects.set(key(kind, stored.metadata.namespace ?? '', stored.metadata.name), stored)
    this.#announce({ version: this.#version, kind, event: { type, object: stored } })
    return stored
  }

  #announce(change: Change): void {
    this.#changes.push(change)
    for (const listener of this.#listeners) listener(change)
  }
}

const key = (kind: Kind, namespace: string, name: string) => `${kind.group}/${kind.resource}/${namespace}/${name}`
const typeMeta = (kind: Kind) => ({
  apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
  kind: kind.kind,
})
