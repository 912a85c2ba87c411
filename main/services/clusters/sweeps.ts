import type { Subscription } from '../../../common/contract.ts'
import type { LeftoverRow, SweepReport } from '../../../common/model/live-capture.ts'
import type { ApiConnection } from '../../kubernetes/api-connection.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { DEFAULT_SETTINGS } from '../../kubernetes/capture/capture-container.ts'
import { removePlace } from '../../kubernetes/capture/capture-place.ts'
import type { Ledger, LedgerEntry } from '../../kubernetes/capture/ledger.ts'
import { podPath } from '../../kubernetes/pod-requests.ts'
import { findLedgered, findLeftovers, removeLeftovers, type Leftover } from '../../kubernetes/capture/sweep.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import { Watched } from '../../streams.ts'
import type { Contexts } from '../contexts.ts'

/** What Hopscope made in clusters and is still there: found by ledger and label, shown, removed. */
export class Sweeps {
  readonly #contexts: Contexts
  readonly #ledger: Ledger
  /** Whether what the ledger has under this name is used by a capture, a terminal or checks of this host at this moment. */
  readonly #inUse: (capture: string | undefined) => boolean
  readonly #reports = new Watched<readonly SweepReport[]>([])
  #tidying: Promise<void> | undefined
  /** Ids of ledger entries whose pods this user may not read or delete: not to be asked for every minute. */
  readonly #forbidden = new Set<string>()

  constructor(contexts: Contexts, ledger: Ledger, inUse: (capture: string | undefined) => boolean) {
    this.#contexts = contexts
    this.#ledger = ledger
    this.#inUse = inUse
  }

  watch(): Subscription<readonly SweepReport[]> {
    return this.#reports.watch()
  }

  /**
   * At the start of the host: looks for what the ledger names. Pods that have ended hold nothing any more and are removed, as are those of
   * shells and checks whose host is gone; what else still runs may hold the packets of an interrupted capture, and is the person's to decide.
   */
  async atStart(): Promise<void> {
    const contexts = new Set((await this.#ledger.open()).map(({ context }) => context))
    await Promise.all([...contexts].map((context) => this.#run(context, 'ledger', holdsNothing)))
  }

  /**
   * Now and then: pods of this host's captures that ended otherwise than they should end by themselves after a while, and are then removed.
   * A cluster that can't be asked is asked the next time. One round at a time: who asks for another meanwhile waits for that one.
   */
  tidy(now = Date.now()): Promise<void> {
    this.#tidying ??= this.#tidy(now).finally(() => (this.#tidying = undefined))
    return this.#tidying
  }

  async #tidy(now: number): Promise<void> {
    const old = now - DEFAULT_SETTINGS.keepSeconds * 1000
    const left = (await this.#ledger.open()).filter(
      ({ id, kind, pid, at, capture }) =>
        kind === 'pod' && pid === process.pid && at < old && !this.#inUse(capture) && !this.#forbidden.has(id),
    )
    const contexts = new Set(left.map(({ context }) => context))
    await Promise.allSettled(
      [...contexts].map(async (context) => {
        const { connection } = await this.#contexts.open(context)
        // The name may stand for another cluster by now, which knows nothing of these pods.
        const pods = left.filter((one) => one.context === context && one.server === connection.cluster.server)
        await Promise.all(pods.map((entry) => this.#removeEnded(context, connection, entry)))
      }),
    )
  }

  /** Removes the pod if it has ended, and forgets one that somebody else deleted. */
  async #removeEnded(context: string, connection: ApiConnection, entry: LedgerEntry): Promise<void> {
    try {
      if (!(await hasEnded(connection, entry))) return
      await removePlace(connection, { ...entry, entry }, this.#ledger)
      this.#tellTidied(context, entry, { removed: [nameOf(entry)] })
    } catch (error) {
      if (!(error instanceof ApiError)) return
      if (error.httpStatus === 404) {
        await this.#ledger.gone(entry)
        this.#tellTidied(context, entry, {})
      } else if (error.httpStatus === 403) {
        this.#forbidden.add(entry.id)
        this.#tellTidied(context, entry, { kept: [`${nameOf(entry)}: ${error.message}`] })
      }
    }
  }

  /** In the report of the last look, which stays what it is otherwise; without one there is nobody to tell. */
  #tellTidied(
    context: string,
    entry: LedgerEntry,
    { removed = [], kept = [] }: Partial<Pick<SweepReport, 'removed' | 'kept'>>,
  ): void {
    const report = this.#of(context)
    if (!report) return
    const leftovers = report.leftovers.filter(({ key }) => kept.length > 0 || key !== keyOf(entry))
    this.#tell({ ...report, leftovers, removed: [...report.removed, ...removed], kept: [...report.kept, ...kept] })
  }

  /** Only looks. */
  find(context: string): Promise<SweepReport> {
    return this.#run(context, 'cluster', undefined)
  }

  /** Removes what is ours and not in use. */
  remove(context: string): Promise<SweepReport> {
    return this.#run(context, 'cluster', () => Promise.resolve(true))
  }

  async #run(
    context: string,
    lookedIn: SweepReport['lookedIn'],
    removes: ((connection: ApiConnection, leftover: Leftover) => Promise<boolean>) | undefined,
  ): Promise<SweepReport> {
    const report: SweepReport = {
      context,
      lookedIn,
      at: Date.now(),
      leftovers: this.#of(context)?.leftovers ?? [],
      removed: [],
      kept: [],
      notes: [],
      state: removes ? 'removing' : 'asking',
    }
    this.#tell(report)
    try {
      const { connection } = await this.#contexts.open(context)
      const look = async () => {
        const found = await (lookedIn === 'ledger'
          ? findLedgered(connection, this.#ledger)
          : findLeftovers(connection, context, this.#ledger))
        const inUse = ({ inUse: elsewhere, entry }: Leftover) => elsewhere || this.#inUse(entry?.capture)
        return { ...found, leftovers: found.leftovers.map((one) => ({ ...one, inUse: inUse(one) })) }
      }
      let { leftovers, notes } = await look()
      let removed: readonly string[] = []
      let kept: readonly string[] = []
      if (removes) {
        const chosen = await Promise.all(leftovers.map((one) => removes(connection, one).catch(() => false)))
        const outcome = await removeLeftovers(
          connection,
          leftovers.filter((_, index) => chosen[index]),
          this.#ledger,
        )
        removed = outcome.removed.map(nameOf)
        kept = outcome.kept.map(({ leftover, why }) => `${nameOf(leftover)}: ${why}`)
        ;({ leftovers, notes } = await look())
      }
      return this.#tell({ ...report, state: 'done', leftovers: leftovers.map(rowOf), removed, kept, notes })
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      return this.#tell({ ...report, state: 'failed', problem })
    }
  }

  #of(context: string): SweepReport | undefined {
    return this.#reports.value.find((one) => one.context === context)
  }

  #tell(report: SweepReport): SweepReport {
    const others = this.#reports.value.filter(({ context }) => context !== report.context)
    this.#reports.set([...others, report].toSorted((a, b) => a.context.localeCompare(b.context)))
    return report
  }
}

async function holdsNothing(connection: ApiConnection, leftover: Leftover): Promise<boolean> {
  const { kind, entry } = leftover
  if (entry && !leftover.inUse && isOfShell(entry)) return true
  return kind === 'pod' && entry !== undefined && hasEnded(connection, entry)
}

async function hasEnded(connection: ApiConnection, { namespace, pod, container }: LedgerEntry): Promise<boolean> {
  const { status }: Pod = await connection.get(podPath(namespace, pod))
  // A sidecar that admission has put beside ours would keep the pod for ever.
  const own = status?.containerStatuses?.find(({ name }) => name === container)
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || own?.state?.terminated !== undefined
}

/** Made for a terminal or for checks, which keep nothing there. */
const isOfShell = ({ capture }: LedgerEntry) => /^(terminal|checks)-/.test(capture)

function rowOf(leftover: Leftover): LeftoverRow {
  const { kind, namespace, pod, container, createdBy, createdAt, inUse, ours } = leftover
  return {
    key: keyOf(leftover),
    kind,
    namespace,
    pod,
    container,
    inUse,
    ours,
    ...(createdBy ? { createdBy } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
  }
}

type Named = Pick<Leftover, 'kind' | 'namespace' | 'pod' | 'container'>

const keyOf = ({ namespace, pod, container }: Named) => `${namespace}/${pod}/${container}`

const nameOf = ({ kind, namespace, pod, container }: Named) =>
  kind === 'pod' ? `pod ${namespace}/${pod}` : `container ${container} in pod ${namespace}/${pod}`
