import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../../common/host-error.ts'
import type { Subscription } from '../../../common/contract.ts'
import type { ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import type { CaptureOrder, LiveCapture } from '../../../common/model/live-capture.ts'
import type { CaptureFile } from '../../captures/capture-file.ts'
import type { RecentCaptures } from '../../captures/recent-captures.ts'
import { ClusterCapture } from '../../kubernetes/capture/cluster-capture.ts'
import type { Ledger } from '../../kubernetes/capture/ledger.ts'
import { Watched } from '../../streams.ts'
import type { CaptureLibrary } from '../captures.ts'
import type { ContextBook } from '../clusters/context-book.ts'
import type { Contexts } from '../contexts.ts'
import { pointText } from '../../kubernetes/capture/capture-words.ts'
import type { About, CaptureStore } from './capture-store.ts'
import { Health, isOver } from './live-capture.ts'
import { asTarget, containerSettings, debugNamespaceFor } from './plan.ts'

const TELL_MS = 250
const HEALTH_MS = 1000
const DISK_EVERY = 5
const KEPT_FINISHED = 20
const LEAVE_MS = 2000

export interface LiveCapturesNeeds {
  readonly contexts: Contexts
  readonly book: ContextBook
  readonly ledger: Ledger
  readonly store: CaptureStore
  /** What the data plane serves. */
  readonly served: CaptureLibrary
  readonly recent: RecentCaptures
  readonly report: (where: string, error: unknown) => void
}

interface Running {
  readonly name: string
  readonly capture: ClusterCapture
  readonly order: CaptureOrder
  readonly health: Health
  readonly done: Promise<void>
  /** That `done` is: its state says that it is over while what it made in the cluster is still being removed. */
  settled: boolean
  /** Of one that is gone on with: what was known of it. */
  readonly before: About | undefined
  live: LiveCapture
  serving: Promise<CaptureFile> | undefined
  file: CaptureFile | undefined
  deadline: NodeJS.Timeout | undefined
  /** Milliseconds it may last, until it begins to count. */
  duration: number | undefined
}

/** The captures of this host: started, told about, ended, kept. */
export class LiveCaptures {
  readonly #needs: LiveCapturesNeeds
  readonly #running = new Map<string, Running>()
  readonly #told = new Watched<readonly LiveCapture[]>([])
  #telling: NodeJS.Timeout | undefined
  #ticking: NodeJS.Timeout | undefined
  #ticks = 0

  constructor(needs: LiveCapturesNeeds) {
    this.#needs = needs
  }

  watch(): Subscription<readonly LiveCapture[]> {
    return this.#told.watch()
  }

  get live(): readonly LiveCapture[] {
    return this.#told.value
  }

  async start(order: CaptureOrder): Promise<string> {
    const { contexts, book, store, ledger } = this.#needs
    const { connection, context } = await contexts.open(order.context)
    const settings = book.captureSettings(context.name)
    const name = await store.newName(order.title)
    try {
      const capture = ClusterCapture.create({
        connection,
        context: context.name,
        container: containerSettings(settings),
        debugNamespace: debugNamespaceFor(settings, order.targets, context.namespace),
        ledger,
        file: store.pathOf(name),
        targets: order.targets.map(asTarget),
        ...(order.follow === undefined ? {} : { follow: order.follow }),
        capture: {
          filter: order.filter,
          snapLength: order.snapLength,
          // The time is kept here, so that it can be extended; if this host dies, the lease in the pod ends the capture.
          ...(order.packetLimit === undefined ? {} : { packetLimit: order.packetLimit }),
          ...(order.byteLimit === undefined ? {} : { byteLimit: order.byteLimit }),
        },
        onChange: (status) => this.#changed(status),
      })
      return await this.#run(name, capture, order)
    } catch (error) {
      await store.discard(name).catch(() => undefined)
      throw error
    }
  }

  async resume(name: string): Promise<string> {
    const { contexts, book, store, ledger } = this.#needs
    const about = await store.claim(name)
    try {
      const { order } = about
      const { connection, context } = await contexts.open(about.context)
      const settings = book.captureSettings(context.name)
      const capture = await ClusterCapture.resume({
        connection,
        context: context.name,
        container: containerSettings(settings),
        debugNamespace: debugNamespaceFor(settings, order.targets, context.namespace),
        ledger,
        file: store.pathOf(name),
        onChange: (status) => this.#changed(status),
      })
      return await this.#run(name, capture, order, about)
    } catch (error) {
      await store.letGo(name).catch(() => undefined)
      throw error
    }
  }

  async stop(id: string): Promise<void> {
    await this.#find(id).capture.stop()
  }

  abandon(id: string): void {
    const { capture } = this.#find(id)
    void capture.stop().catch(() => undefined)
    capture.abandon()
  }

  extend(id: string, seconds: number | undefined): void {
    const running = this.#find(id)
    if (isOver(running.live) || running.live.state === 'stopping') {
      throw new HostError('invalid-argument', 'It has ended: repeat it with the same settings.')
    }
    running.duration = seconds === undefined ? undefined : seconds * 1000
    if (running.live.state === 'capturing') this.#count(running)
    this.#tell()
  }

  /** Ends all in order, for when the host ends; those that take longer can be gone on with. */
  async close(withinMs: number): Promise<void> {
    const all = [...this.#running.values()].filter(({ settled }) => !settled)
    for (const { capture } of all) void capture.stop().catch(() => undefined)
    await Promise.race([Promise.all(all.map(({ done }) => done)), sleep(withinMs, undefined, { ref: false })])
    const slow = all.filter(({ settled }) => !settled)
    for (const { capture } of slow) capture.leave()
    // Until their files are closed, and what became of them is written.
    await Promise.race([Promise.all(slow.map(({ done }) => done)), sleep(LEAVE_MS, undefined, { ref: false })])
  }

  async #run(name: string, capture: ClusterCapture, order: CaptureOrder, before?: About): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const health = new Health()
    const running: Running = {
      name,
      capture,
      order,
      health,
      done: promise,
      settled: false,
      before,
      live: { ...capture.status, title: order.title, order, health: [] },
      serving: undefined,
      file: undefined,
      deadline: undefined,
      duration: order.durationSeconds === undefined ? undefined : order.durationSeconds * 1000,
    }
    await this.#write(running, 'live')
    this.#running.set(capture.id, running)
    this.#ticking ??= setInterval(() => this.#tick(), HEALTH_MS)
    this.#tell()
    capture
      .run()
      .catch((error: unknown) => {
        // What failed is in the status; what is no HostError is ours.
        if (!(error instanceof HostError)) this.#needs.report('capturing.run', error)
      })
      .then(() => this.#ended(running))
      .catch((error: unknown) => this.#needs.report('capturing.ended', error))
      .finally(() => {
        running.settled = true
        this.#forgetOld()
        resolve()
      })
    return capture.id
  }

  #changed(status: ClusterCaptureStatus): void {
    const running = this.#running.get(status.id)
    if (!running) return
    const began = status.state === 'capturing' && running.live.state !== 'capturing'
    running.live = { ...running.live, ...status }
    if (status.bytes > 0 && !running.serving) {
      running.serving = this.#needs.served.openGrowing(status.file, () => running.capture.status.bytes)
      running.serving.then(
        (file) => {
          running.file = file
          running.live = { ...running.live, sourceId: file.id }
          this.#tell()
        },
        (error: unknown) => this.#needs.report('capturing.serve', error),
      )
    }
    running.file?.grew()
    if (began) this.#count(running)
    this.#telling ??= setTimeout(() => this.#tell(), TELL_MS)
  }

  /** From now on its time is counted. */
  #count(running: Running): void {
    clearTimeout(running.deadline)
    const { duration, capture } = running
    const { endsAt: _before, ...live } = running.live
    running.live = duration === undefined ? live : { ...live, endsAt: Date.now() + duration }
    if (duration !== undefined) {
      running.deadline = setTimeout(() => void capture.stop().catch(() => undefined), duration)
    }
  }

  async #ended(running: Running): Promise<void> {
    const { capture, name, before } = running
    const { store, recent } = this.#needs
    clearTimeout(running.deadline)
    const { endsAt: _over, sourceId, ...live } = running.live
    const { bytes, endedAt = Date.now() } = capture.status
    // Of one that did not begin there is no file any more.
    const source = sourceId === undefined || bytes === 0 ? {} : { sourceId }
    running.live = { ...live, ...source, ...capture.status, endedAt }
    const file = await running.serving?.catch(() => undefined)
    file?.finish()
    this.#tell()
    try {
      // A file that could not be served is there nevertheless.
      if (bytes > 0) {
        const state = running.live.state === 'complete' ? 'complete' : 'incomplete'
        await Promise.all([this.#write(running, state), recent.add(store.pathOf(name))])
      } else if (before) {
        // What was captured before stays, and can be gone on with again.
        const { message = before.message } = running.live
        await store.write(name, { ...before, state: 'incomplete', ...(message !== undefined && { message }) })
      } else await store.discard(name)
    } finally {
      if ([...this.#running.values()].every(({ live: one }) => isOver(one))) {
        clearInterval(this.#ticking)
        this.#ticking = undefined
      }
    }
  }

  async #write({ name, live, order }: Running, state: 'live' | 'complete' | 'incomplete'): Promise<void> {
    const { title, context, startedAt, endedAt, message, packets, points } = live
    await this.#needs.store.write(name, {
      version: 1,
      title,
      context,
      startedAt,
      state,
      packets,
      points: points.map(pointText),
      pid: process.pid,
      order: { ...order, targets: [...order.targets] },
      ...(endedAt === undefined ? {} : { endedAt }),
      ...(message === undefined ? {} : { message }),
    })
  }

  #tick(): void {
    const now = Date.now()
    for (const running of this.#running.values()) {
      if (isOver(running.live)) continue
      running.live = { ...running.live, health: running.health.of(running.live, running.order, now) }
    }
    if (this.#ticks++ % DISK_EVERY === 0) void this.#measureDisk()
    this.#tell()
  }

  async #measureDisk(): Promise<void> {
    const diskFree = await this.#needs.store.diskFree()
    if (diskFree === undefined) return
    for (const running of this.#running.values()) {
      if (!isOver(running.live)) running.live = { ...running.live, diskFree }
    }
  }

  #tell(): void {
    clearTimeout(this.#telling)
    this.#telling = undefined
    this.#told.set([...this.#running.values()].map(({ live }) => live))
  }

  #forgetOld(): void {
    const finished = [...this.#running].filter(([, { settled }]) => settled)
    for (const [id] of finished.slice(0, -KEPT_FINISHED)) this.#running.delete(id)
    this.#tell()
  }

  #find(id: string): Running {
    const running = this.#running.get(id)
    if (!running) throw new HostError('not-found', 'This capture is not made by this Hopscope.')
    return running
  }
}
