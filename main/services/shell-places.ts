import type { CheckTarget } from '../../common/model/check.ts'
import type { ApiConnection } from '../kubernetes/api-connection.ts'
import type { Ledger } from '../kubernetes/capture/ledger.ts'
import { UNNAMED_USER, whoami } from '../kubernetes/cluster-access.ts'
import {
  debugContainerPlace,
  nodePlace,
  requireAllowed,
  shellPermissions,
  type ShellPlace,
} from '../kubernetes/shell-place.ts'
import type { ContextBook } from './clusters/context-book.ts'
import type { Contexts } from './contexts.ts'

export interface ShellPlaceParts {
  readonly contexts: Contexts
  readonly book: ContextBook
  readonly ledger: Ledger
}

export type MadeTarget = CheckTarget & { readonly kind: 'debug-container' | 'node' }

/** A container that is made for a shell or for checks, with the settings of its context, once what that takes is allowed. */
export async function makeShellPlace(
  { contexts, book, ledger }: ShellPlaceParts,
  /** In the ledger: whose it is. */
  id: string,
  target: MadeTarget,
  note: (text: string) => void,
  signal?: AbortSignal,
): Promise<{ readonly connection: ApiConnection; readonly place: ShellPlace }> {
  const { connection, context } = await contexts.open(target.context)
  const chosen = book.captureSettings(target.context)
  const debugNamespace = chosen.debugNamespace ?? context.namespace
  const settings = { image: chosen.image, imagePullSecrets: chosen.imagePullSecrets, debugNamespace }
  const namespace = target.kind === 'node' ? debugNamespace : target.namespace
  await requireAllowed(connection, shellPermissions(target.kind, namespace))
  const { username } = await whoami(connection)
  const by = { user: username || UNNAMED_USER, capture: id, createdAt: new Date() }
  const request = { connection, context: target.context, settings, by, ledger, ...(signal ? { signal } : {}) }
  note(
    target.kind === 'node'
      ? `Making a pod on node ${target.node} with ${settings.image}.`
      : `Adding a debug container to ${target.pod} with ${settings.image}.`,
  )
  const place =
    target.kind === 'node'
      ? await nodePlace(request, target.node)
      : await debugContainerPlace(request, target.namespace, target.pod, target.container)
  note(place.made)
  if (place.caveat !== undefined) note(place.caveat)
  return { connection, place }
}
