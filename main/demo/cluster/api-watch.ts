import type { IncomingMessage, ServerResponse } from 'node:http'
import { selected } from './api-requests.ts'
import { ApiFailure } from './failure.ts'
import type { Kind } from './kinds.ts'
import type { ObjectStore } from './object-store.ts'

interface Watched {
  readonly kind: Kind
  readonly namespace: string
  readonly query: URLSearchParams
}

/** Events of a kind of object, a line each, until the client leaves or its time is up. */
export function answerWatch(
  store: ObjectStore,
  { kind, namespace, query }: Watched,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const say = (event: object) => void response.write(`${JSON.stringify(event)}\n`)
  const known = new Set<string>()
  const asked = query.get('resourceVersion')
  let since = Number(asked ?? 0)
  response.writeHead(200, { 'content-type': 'application/json' })
  // A list as a watch: https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
  const streamsList = query.get('sendInitialEvents') === 'true'
  if (!since || streamsList) {
    since = store.version
    for (const object of store.list(kind, namespace)) if (selected(object, query)) say({ type: 'ADDED', object })
  }
  // Without a selector every object is one the client may know; with one, an object that stops matching is reported as deleted.
  const hasSelector = query.has('labelSelector') || query.has('fieldSelector')
  let end: () => void
  try {
    end = store.watch(kind, namespace, since, ({ type, object }) => {
      const id = `${object.metadata.namespace}/${object.metadata.name}`
      if (!hasSelector) return say({ type, object })
      const matches = selected(object, query)
      if (matches) {
        say({ type: type === 'MODIFIED' && !known.has(id) ? 'ADDED' : type, object })
        known.add(id)
      } else if (type !== 'ADDED') {
        say({ type: 'DELETED', object })
        known.delete(id)
      }
    })
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    say({ type: 'ERROR', object: error.status })
    response.end()
    return
  }
  const bookmark = (more: object = {}) => {
    const metadata = { resourceVersion: String(store.version), creationTimestamp: null, ...more }
    say({ type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: 'v1', metadata } })
  }
  if (streamsList) bookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } })
  const bookmarks = setInterval(() => {
    if (query.get('allowWatchBookmarks') === 'true') bookmark()
  }, 1000)
  const seconds = Number(query.get('timeoutSeconds') ?? 0)
  const timeout = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined
  response.once('close', () => {
    end()
    clearInterval(bookmarks)
    clearTimeout(timeout)
  })
  request.socket.setNoDelay(true)
  response.flushHeaders()
}
