import { randomBytes } from 'node:crypto'
import type { ChecksSection } from '../../common/contract.ts'
import type { Check, CheckResult, CheckTarget } from '../../common/model/check.ts'
import type { ApiConnection } from '../kubernetes/api-connection.ts'
import { CONTAINER_PREFIX } from '../kubernetes/capture/capture-container.ts'
import { runCheck, type CheckPlace } from '../kubernetes/checks.ts'
import type { Pod } from '../kubernetes/objects.ts'
import { requireAllowed, shellPermissions } from '../kubernetes/shell-place.ts'
import { makeShellPlace, type MadeTarget, type ShellPlaceParts } from './shell-places.ts'

export interface ChecksParts extends ShellPlaceParts {
  /** For the log: what could not be removed is in the ledger. */
  readonly report: (where: string, error: unknown) => void
}

/** A few commands that only read, run in pods and on nodes: each an exec of its own, never typed into anybody's shell. */
export class ChecksService implements ChecksSection {
  readonly #parts: ChecksParts
  readonly #running = new Set<string>()

  constructor(parts: ChecksParts) {
    this.#parts = parts
  }

  /** Whether what the ledger has under this name is in use by checks. */
  has(id: string | undefined): boolean {
    return id !== undefined && this.#running.has(id)
  }

  async run(target: CheckTarget, checks: readonly Check[]): Promise<readonly CheckResult[]> {
    return target.kind === 'container' ? this.#inContainer(target, checks) : this.#inMade(target, checks)
  }

  async #inContainer(
    target: CheckTarget & { readonly kind: 'container' },
    checks: readonly Check[],
  ): Promise<readonly CheckResult[]> {
    const { namespace, pod, container } = target
    const { connection } = await this.#parts.contexts.open(target.context)
    await requireAllowed(connection, shellPermissions('container', namespace))
    const place = { namespace, pod, container, where: `container ${container} of pod ${pod}` }
    const results = await runAll(connection, place, checks)
    const missing = results.filter((one) => one.missing).map(({ check }) => check)
    if (missing.length === 0) return results
    // A container of ours that happens to run in the pod (for a capture, for a shell) has what the image lacks.
    const ours = await runningOfOurs(connection, namespace, pod)
    if (ours === undefined) return results
    const where = `container ${ours} of pod ${pod}`
    const found = await runAll(connection, { namespace, pod, container: ours, where }, missing)
    return results.map((one) => found.find(({ check, missing: still }) => check === one.check && !still) ?? one)
  }

  async #inMade(target: MadeTarget, checks: readonly Check[]): Promise<readonly CheckResult[]> {
    const id = `checks-${randomBytes(6).toString('hex')}`
    this.#running.add(id)
    try {
      const { connection, place } = await makeShellPlace(this.#parts, id, target, () => undefined)
      try {
        const { namespace, pod, container } = place
        const where = target.kind === 'node' ? `pod on node ${target.node}` : `container ${container} of pod ${pod}`
        return await runAll(connection, { namespace, pod, container, where }, checks)
      } finally {
        await place.close().catch((error: unknown) => this.#parts.report('checks.remove', error))
      }
    } finally {
      this.#running.delete(id)
    }
  }
}

/** One after the other, in the order in which they were asked for. */
async function runAll(connection: ApiConnection, place: CheckPlace, checks: readonly Check[]): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of new Set(checks)) results.push(await runCheck(connection, place, check))
  return results
}

async function runningOfOurs(connection: ApiConnection, namespace: string, pod: string): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`
  // Who may exec may still not be allowed to get the pod: then there is none to be known of.
  const found = await connection.get<Pod>(path).catch(() => undefined)
  return found?.status?.ephemeralContainerStatuses?.find(
    ({ name, state }) => name.startsWith(CONTAINER_PREFIX) && state?.running,
  )?.name
}
