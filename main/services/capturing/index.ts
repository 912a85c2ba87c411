import type {
  CaptureOrder,
  CaptureSource,
  CapturingSection,
  JoinOrder,
  Subscription,
} from '../../../common/contract.ts'
import { HostError } from '../../../common/host-error.ts'
import type { JoinedFacts, JoinedPlace } from '../../../common/model/joined-capture.ts'
import type {
  LibraryCapture,
  LiveCapture,
  PointLook,
  PointPlan,
  PointTarget,
} from '../../../common/model/live-capture.ts'
import type { RecentCaptures } from '../../captures/recent-captures.ts'
import { makePlace, removePlace } from '../../kubernetes/capture/capture-place.ts'
import type { Ledger } from '../../kubernetes/capture/ledger.ts'
import { preflight } from '../../kubernetes/capture/preflight.ts'
import { checkFilter, chooseInterface, listInterfaces } from '../../kubernetes/capture/tcpdump.ts'
import type { ContextBook } from '../clusters/context-book.ts'
import type { Contexts } from '../contexts.ts'
import type { CaptureStore } from './capture-store.ts'
import type { JoinedCaptures } from './joined-captures.ts'
import type { LiveCaptures } from './live-captures.ts'
import { asTarget, containerSettings, debugNamespaceFor, planPoints } from './plan.ts'

export class CapturingService implements CapturingSection {
  readonly #contexts: Contexts
  readonly #book: ContextBook
  readonly #ledger: Ledger
  readonly #store: CaptureStore
  readonly #live: LiveCaptures
  readonly #recent: RecentCaptures
  readonly #joined: JoinedCaptures

  constructor(
    contexts: Contexts,
    book: ContextBook,
    ledger: Ledger,
    store: CaptureStore,
    live: LiveCaptures,
    recent: RecentCaptures,
    joined: JoinedCaptures,
  ) {
    this.#contexts = contexts
    this.#book = book
    this.#ledger = ledger
    this.#store = store
    this.#live = live
    this.#recent = recent
    this.#joined = joined
  }

  async plan(context: string, targets: readonly PointTarget[]): Promise<readonly PointPlan[]> {
    const { connection, settings, debugNamespace } = await this.#open(context, targets)
    return planPoints(connection, targets, settings, debugNamespace)
  }

  async look(context: string, point: PointTarget, filter: string): Promise<PointLook> {
    const { connection, settings, debugNamespace } = await this.#open(context, [point])
    const target = asTarget(point)
    const result = await preflight(connection, target, settings, debugNamespace)
    const by = { user: result.preflight.user, capture: 'look', createdAt: new Date() }
    const request = { connection, context, target, result, settings, debugNamespace, by, ledger: this.#ledger }
    const place = await makePlace(request)
    try {
      const interfaces = await listInterfaces(connection, place)
      const chosen = point.interface ?? (await chooseInterface(connection, place, interfaces))
      const facts = { interfaces, ...(chosen ? { chosen } : {}) }
      if (filter.trim() === '' || !chosen) return facts
      try {
        await checkFilter(connection, place, { interface: chosen, snapLength: 0, filter })
        return facts
      } catch (error) {
        if (error instanceof HostError && error.code === 'invalid-argument') {
          return { ...facts, filterProblem: error.message }
        }
        throw error
      }
    } finally {
      // A container in the pod waits for the capture; a pod on the node would not be found again.
      if (place.entry?.kind === 'pod') await removePlace(connection, place, this.#ledger).catch(() => undefined)
    }
  }

  start(order: CaptureOrder): Promise<string> {
    return this.#live.start(order)
  }

  stop(id: string): Promise<void> {
    return this.#live.stop(id)
  }

  async abandon(id: string): Promise<void> {
    this.#live.abandon(id)
  }

  async extend(id: string, seconds: number | undefined): Promise<void> {
    this.#live.extend(id, seconds)
  }

  resume(name: string): Promise<string> {
    return this.#live.resume(name)
  }

  async watchLive(): Promise<Subscription<readonly LiveCapture[]>> {
    return this.#live.watch()
  }

  watchLibrary(): Promise<Subscription<readonly LibraryCapture[]>> {
    return this.#store.watch()
  }

  async deleteCapture(name: string): Promise<void> {
    await this.#store.delete(name)
    await this.#recent.forget(this.#store.pathOf(name))
  }

  beginJoined(order: JoinOrder): Promise<Subscription<JoinedPlace>> {
    return this.#joined.begin(order)
  }

  finishJoined(id: string, facts: JoinedFacts): Promise<CaptureSource> {
    return this.#joined.finish(id, facts)
  }

  async #open(name: string, targets: readonly PointTarget[]) {
    const { connection, context } = await this.#contexts.open(name)
    const settings = this.#book.captureSettings(context.name)
    return {
      connection,
      settings: containerSettings(settings),
      debugNamespace: debugNamespaceFor(settings, targets, context.namespace),
    }
  }
}
