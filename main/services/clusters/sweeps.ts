import type { Subscription } from '../../../common/contract.ts'
import type { LeftoverRow, SweepReport } from '../../../common/model/live-capture.ts'
import type { ApiConnection } from '../../kubernetes/api-connection.ts'
import type { Ledger, LedgerEntry } from '../../kubernetes/capture/ledger.ts'
import { podPath } from '../../kubernetes/pod-requests.ts'
import { findLeftovers, removeLeftovers, type Leftover } from '../../kubernetes/capture/sweep.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import { Watched } from '../../streams.ts'
import type { Contexts } from '../contexts.ts'

/** What Hopscope made in clusters and is still there: found by ledger and label, shown, removed. */
export class Sweeps {
  readonly #contexts: Contexts
  readonly #ledger: Ledger
  /** Containers that captures of this host use at this moment. */
  readonly #inUse: (leftover: Leftover) => boolean
  readonly #reports = new Watched<readonly SweepReport[]>([])

  constructor(contexts: Contexts, ledger: Ledger, inUse: (leftover: Leftover) => boolean) {
    this.#contexts = contexts
    this.#ledger = ledger
    this.#inUse = inUse
  }

  watch(): Subscription<readonly SweepReport[]> {
    return this.#reports.watch()
  }

  /**
   * At the start of the host: looks in each context where the ledger names something. Pods that have ended hold nothing any more and are
   * removed, as are those of shells and checks whose host is gone; what else still runs may hold the packets of an interrupted capture, and
   * is the person's to decide.
   */
  async atStart(): Promise<void> {
    const contexts = new Set((await this.#ledger.open()).map(({ context }) => context))
    await Promise.all([...contexts].map((context) => this.#run(context, holdsNothing)))
  }

  /** Only looks. */
  find(context: string): Promise<SweepReport> {
    return this.#run(context, undefined)
  }

  /** Removes what is ours and not in use. */
  remove(context: string): Promise<SweepReport> {
    return this.#run(context, () => Promise.resolve(true))
  }

  async #run(
    context: string,
    removes: ((connection: ApiConnection, leftover: Leftover) => Promise<boolean>) | undefined,
  ): Promise<SweepReport> {
    const report: SweepReport = {
      context,
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
        const found = await findLeftovers(connection, context, this.#ledger)
        return { ...found, leftovers: found.leftovers.map((one) => ({ ...one, inUse: one.inUse || this.#inUse(one) })) }
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
  const { kind, namespace, pod, entry } = leftover
  if (entry && !leftover.inUse && isOfShell(entry)) return true
  if (kind !== 'pod' || !entry) return false
  const { status }: Pod = await connection.get(podPath(namespace, pod))
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Made for a terminal or for checks, which keep nothing there. */
const isOfShell = ({ capture }: LedgerEntry) => /^(terminal|checks)-/.test(capture)

function rowOf({ kind, namespace, pod, container, createdBy, createdAt, inUse, ours }: Leftover): LeftoverRow {
  return {
    key: `${namespace}/${pod}/${container}`,
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

const nameOf = ({ kind, namespace, pod, container }: Leftover) =>
  kind === 'pod' ? `pod ${namespace}/${pod}` : `container ${container} in pod ${namespace}/${pod}`
