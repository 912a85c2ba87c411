import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import { HostError } from '../../../common/host-error.ts'
import type { CaptureFile } from './capture-file.ts'
import { interruptedManifest } from './capture-manifest.ts'
import { CaptureNames } from './capture-names.ts'
import { CaptureOnDisk } from './capture-on-disk.ts'
import { CapturePoint, type PointNeeds } from './capture-point.ts'
import type { CaptureSettings, ClusterCaptureRequest } from './capture-request.ts'
import { allFailedText, lackingText, leftError, messageOf } from './capture-words.ts'
import { watchPoint } from './cluster-events.ts'
import { OngoingWork } from './ongoing-work.ts'
import { followPods, type PodSelector } from './pod-follower.ts'
import type { CaptureTarget } from './preflight.ts'

type Surroundings = Omit<ClusterCaptureRequest, 'targets' | 'capture' | 'follow'>

const GIVE_UP_MS = 10 * 60_000
const NO_LIMIT_SECONDS = 24 * 3600
/** How long a capture that failed, was cancelled or given up waits until its pods have heard of it. */
const STOP_WITHIN_MS = 5000

/** A capture of one or more points into one file, from the preflight to the last byte. */
export class ClusterCapture {
  readonly id: string
  readonly #request: Surroundings
  readonly #settings: CaptureSettings
  readonly #follow: PodSelector | undefined
  readonly #startedAt: number
  readonly #points: CapturePoint[] = []
  readonly #cancel = new AbortController()
  readonly #work = new OngoingWork()
  readonly #names: CaptureNames
  #disk: CaptureOnDisk | undefined
  #state: ClusterCaptureStatus['state'] = 'preparing'
  #message: string | undefined
  /** By performance.now(), which nobody sets. */
  #capturingSince: number | undefined
  #endedAt: number | undefined
  #stopping = false
  #left = false
  #givenUp = false
  #stopped = Promise.withResolvers<void>()
  #tick: NodeJS.Timeout | undefined

  private constructor(
    request: Surroundings,
    settings: CaptureSettings,
    id: string,
    startedAt: number,
    follow?: PodSelector,
  ) {
    this.#request = request
    this.#settings = settings
    this.#follow = follow
    this.id = id
    this.#startedAt = startedAt
    this.#names = new CaptureNames(request.connection)
  }

  static create(request: ClusterCaptureRequest): ClusterCapture {
    const { targets, capture, follow, ...rest } = request
    if (targets.length === 0 && !follow)
      throw new HostError('invalid-argument', 'There is nothing to capture: no pod or node was named.')
    const made = new ClusterCapture(rest, capture, randomBytes(6).toString('hex'), Date.now(), follow)
    made.#points.push(...targets.map((target, id) => CapturePoint.at(id, target)))
    return made
  }

  /**
   * A capture that a crash interrupted, from its parts: goes on where it was. not-found when there is none; the connection must be to the
   * same cluster.
   */
  static async resume(request: Surroundings): Promise<ClusterCapture> {
    const manifest = await interruptedManifest(request.file, request.connection.cluster.server)
    const settings = { filter: '', snapLength: manifest.snapLength }
    const capture = new ClusterCapture(request, settings, manifest.id, manifest.startedAt)
    capture.#stopping = manifest.stopping
    const made = await request.ledger.open()
    capture.#points.push(...manifest.points.map((point) => CapturePoint.restored(point, made)))
    return capture
  }

  get #file(): CaptureFile | undefined {
    return this.#disk?.file
  }

  get status(): ClusterCaptureStatus {
    return {
      id: this.id,
      context: this.#request.context,
      state: this.#state,
      file: this.#request.file,
      bytes: this.#file?.bytes ?? 0,
      packets: this.#file?.packets ?? 0,
      startedAt: this.#startedAt,
      points: this.#points.map(({ status }) => status),
      ...(this.#file?.late ? { late: this.#file.late } : {}),
      ...(this.#message ? { message: this.#message } : {}),
      ...(this.#endedAt === undefined ? {} : { endedAt: this.#endedAt }),
    }
  }

  /** Runs the whole of it. The status at the end; throws when nothing could be captured at all, or the disk failed. */
  async run(): Promise<ClusterCaptureStatus> {
    this.#tick = setInterval(() => this.#onTick(), 500)
    const fresh = this.#points.every((point) => !point.manifest)
    try {
      if (fresh) await this.#prepare()
      await this.#names.read(this.#namespaces())
      await this.#openFile(fresh)
      if (fresh) await this.#startAll()
      await this.#disk?.begun()
      if (this.#file) await this.#fetchAll(this.#file)
      if (this.#left && this.#points.some(({ mayHoldPackets }) => mayHoldPackets)) throw leftError(this.#request.file)
      await this.#finish()
      return this.status
    } catch (cause) {
      const begun = this.#capturingSince !== undefined || !fresh
      this.#stopping = true
      this.#state = 'failed'
      this.#message = messageOf(cause, this.#request.file, begun)
      for (const point of this.#points) point.capture?.abandon()
      const error = (await this.#disk?.closeAfter(cause)) ?? cause
      this.#message = messageOf(error, this.#request.file, begun)
      if (!begun) {
        await this.#disk?.remove()
        this.#disk = undefined
      }
      // What may hold packets that are not in the file is left to whoever goes on, and ends by itself where nobody does.
      await this.#release(begun ? this.#points.filter(({ mayHoldPackets }) => !mayHoldPackets) : this.#points)
      this.#changed()
      throw new HostError(error instanceof HostError ? error.code : 'unavailable', this.#message)
    } finally {
      clearInterval(this.#tick)
    }
  }

  /** Ends the capture in order: tcpdump ends, what it wrote is fetched, the file is closed. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#stopped.resolve()
    this.#cancel.abort(new HostError('cancelled', 'Cancelled before the capture began.'))
    if (this.#state === 'preparing') return
    this.#state = 'stopping'
    this.#changed()
    await this.#writeManifest().catch(() => undefined)
    await this.#stopPoints()
  }

  async #stopPoints(): Promise<void> {
    await Promise.all(this.#points.flatMap(({ capture }) => (capture ? [capture.stop()] : [])))
  }

  /** As stop, but waits for nothing more, and asks nothing of a cluster that may not answer: what is here is kept. */
  abandon(): void {
    this.#givenUp = true
    this.#stopped.resolve()
    for (const point of this.#points) point.capture?.abandon()
  }

  /** As a crash would, for when the host ends: what was not fetched stays in the pods, and the capture can be gone on with. */
  leave(): void {
    this.#left = true
    this.abandon()
  }

  async #prepare(): Promise<void> {
    const seconds = this.#settings.durationSeconds ?? NO_LIMIT_SECONDS
    const heard = this.#cancelled()
    await Promise.race([Promise.all(this.#points.map((point) => this.#preparePoint(point, seconds))), heard])
    if (this.#follow || this.#points.some((point) => point.manifest)) return
    throw new HostError('unavailable', allFailedText(this.#points.map(({ status }) => status)))
  }

  /** Rejects when it was cancelled, once the points had time to hear of it: one may wait for an answer that never comes. */
  #cancelled(): Promise<never> {
    const { signal } = this.#cancel
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), STOP_WITHIN_MS).unref())
    })
  }

  async #preparePoint(point: CapturePoint, seconds: number): Promise<void> {
    const { connection, context, container, debugNamespace, ledger, giveUpMs = GIVE_UP_MS } = this.#request
    const { filter, snapLength, packetLimit } = this.#settings
    const needs: PointNeeds = {
      connection,
      context,
      captureId: this.id,
      startedAt: this.#startedAt,
      container,
      debugNamespace,
      ledger,
      filter,
      snapLength,
      giveUpMs,
      onChange: () => this.#changed(),
      signal: this.#cancel.signal,
      ...(packetLimit === undefined ? {} : { packetLimit }),
    }
    try {
      await point.prepare(needs, seconds)
    } catch (error) {
      if (this.#state === 'preparing') this.#cancel.signal.throwIfAborted()
      point.failed(error instanceof Error ? error.message : String(error))
      this.#changed()
    } finally {
      // Cancelled, and this one heard of it behind the others: what it made was not there yet to be removed.
      if (this.#state === 'failed') await this.#release([point])
    }
  }

  /** The file anew; after a crash the one that is there. */
  async #openFile(fresh: boolean): Promise<void> {
    const { file: path, force = false } = this.#request
    const disk = fresh ? await CaptureOnDisk.create(path, this.id, force) : await CaptureOnDisk.reopen(path)
    this.#disk = disk
    await disk.file.addNames(this.#names.known)
    for (const point of this.#points) this.#wire(point, disk.file)
    if (fresh) await this.#writeManifest()
  }

  #wire(point: CapturePoint, file: CaptureFile): void {
    const { connection, timing } = this.#request
    const shared = this.#follow !== undefined || this.#points.filter(({ manifest }) => manifest).length > 1
    point.wire(connection, file, shared, () => this.#changed(), timing)
  }

  /** Throws when not one starts. */
  async #startAll(): Promise<void> {
    const points = this.#points.filter(({ capture }) => capture)
    const failures = await Promise.all(points.map((point) => this.#start(point)))
    const [first] = failures
    if (first && failures.every(Boolean)) throw first
  }

  /** Undefined once tcpdump runs; else why it could not be started: then the point has no part in the capture, and its status says so. */
  async #start(point: CapturePoint): Promise<Error | undefined> {
    try {
      await point.capture?.start()
      return undefined
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      this.#file?.leave(point.id)
      // It may have been begun before, and can be asked when the capture is gone on with.
      if (this.#left) return error
      point.capture = undefined
      const what = point.target
        ? 'Nothing was captured here, as tcpdump could not be started'
        : 'Nothing of this point was fetched before the capture was interrupted, and now it can be neither fetched nor begun'
      point.failed(`${what}: ${error.message} What others capture is not touched; capture again for this one.`)
      this.#changed()
      return error
    }
  }

  async #fetchAll({ failure }: CaptureFile): Promise<void> {
    this.#capturingSince = performance.now()
    this.#state = this.#stopping ? 'stopping' : 'capturing'
    this.#changed()
    // A stop that was asked for meanwhile, or before a crash, is said now.
    if (this.#stopping) void this.#stopPoints()
    for (const point of this.#points) this.#fetch(point)
    const unfollow = this.#followPods()
    try {
      if (unfollow) await Promise.race([this.#stopped.promise, this.#work.failure, failure])
      // What a pod which came late has begun is among it by now.
      await Promise.race([this.#work.done(), failure])
    } catch (error) {
      // The disk failed: tcpdump must not run on for nothing, nor begin where a pod comes.
      this.#stopping = true
      unfollow?.()
      this.#cancel.abort(new HostError('cancelled', 'The capture has failed.'))
      await Promise.race([this.#stopPoints(), sleep(STOP_WITHIN_MS, undefined, { ref: false })])
      for (const { capture } of this.#points) capture?.abandon()
      await this.#work.settled()
      throw error
    } finally {
      unfollow?.()
    }
  }

  #fetch(point: CapturePoint): void {
    const { capture } = point
    if (!capture) return
    const work = async () => {
      // After a crash not all may have been. Each by itself: what others hold waits only as long as somebody asks for it.
      if (await this.#start(point)) return
      const { connection } = this.#request
      const unwatch = watchPoint(connection, point.status, (event) => {
        if (this.#file) point.happened(event, this.#file, this.#startedAt)
        this.#changed()
      })
      try {
        await capture.run()
      } finally {
        unwatch()
        if (this.#file) point.left(this.#file, this.#startedAt)
        this.#file?.leave(point.id)
      }
    }
    this.#work.add(work())
  }

  /** Pods that come while it runs, until the function that is returned is called. */
  #followPods(): (() => void) | undefined {
    const selector = this.#follow
    if (!selector || this.#stopping) return undefined
    const here = new Set(this.#points.flatMap(({ target }) => (target?.kind === 'pod' ? [target.pod] : [])))
    return followPods(this.#request.connection, selector, (pod) => {
      if (here.delete(pod) || this.#stopping) return
      this.#work.add(this.#join({ kind: 'pod', namespace: selector.namespace, pod }))
    })
  }

  async #join(target: CaptureTarget): Promise<void> {
    const file = this.#file
    if (!file) return
    const point = CapturePoint.at(this.#points.length, target)
    this.#points.push(point)
    this.#changed()
    const { durationSeconds } = this.#settings
    const past = Math.floor((performance.now() - (this.#capturingSince ?? 0)) / 1000)
    await this.#preparePoint(
      point,
      durationSeconds === undefined ? NO_LIMIT_SECONDS : Math.max(1, durationSeconds - past),
    )
    if (!point.manifest || this.#stopping) return
    this.#wire(point, file)
    await this.#writeManifest()
    const { capture } = point
    this.#fetch(point)
    if (this.#stopping) await capture?.stop()
  }

  async #finish(): Promise<void> {
    const disk = this.#disk
    if (!disk) return
    const { file } = disk
    // There is nothing to be stopped any more.
    this.#stopping = true
    for (const point of this.#points) point.writeEvents(file, this.#startedAt)
    const statistics = this.#points.flatMap((point) => point.statistics(this.#startedAt) ?? [])
    await file.addLast(statistics, this.#givenUp ? [] : await this.#names.readAgain(this.#namespaces()))
    await file.close()
    await this.#names.write(this.#request.file, this.#startedAt)
    const lacking = this.#points
      .filter((point) => !point.isWhole(this.#follow !== undefined))
      .map(({ status }) => status)
    this.#state = lacking.length === 0 ? 'complete' : 'incomplete'
    this.#message = lackingText(lacking, this.#points.length) ?? this.#message
    const released = this.#release(this.#points, !this.#givenUp)
    await (this.#givenUp ? Promise.race([released, sleep(STOP_WITHIN_MS, undefined, { ref: false })]) : released)
    await disk.finished()
    this.#endedAt = Date.now()
    this.#changed()
  }

  /** Removes what was made for points; what can't be is said. */
  async #release(points: readonly CapturePoint[] = this.#points, patient = false): Promise<void> {
    const { connection, ledger } = this.#request
    const left = await Promise.all(points.map((point) => point.release(connection, ledger, patient)))
    this.#message = [this.#message, ...left].filter((one) => one !== undefined).join(' ') || undefined
  }

  async #writeManifest(): Promise<void> {
    const { context, connection } = this.#request
    await this.#disk?.describe({
      id: this.id,
      context,
      server: connection.cluster.server,
      startedAt: this.#startedAt,
      stopping: this.#stopping,
      snapLength: this.#settings.snapLength,
      points: this.#points.flatMap((point) => (point.manifest ? [point.manifest] : [])),
    })
  }

  #namespaces(): string[] {
    const all = [...this.#points.map(({ status }) => status.namespace), this.#follow?.namespace]
    return [...new Set(all.filter((one) => one !== undefined))]
  }

  #onTick(): void {
    const { byteLimit, durationSeconds } = this.#settings
    void this.#file?.lookAfter()
    if (byteLimit !== undefined && (this.#file?.bytes ?? 0) >= byteLimit) void this.stop()
    // Points end by themselves when their time is up; who follows pods has none to wait for.
    const past = performance.now() - (this.#capturingSince ?? Number.POSITIVE_INFINITY)
    if (this.#follow && durationSeconds !== undefined && past > durationSeconds * 1000) void this.stop()
    this.#changed()
  }

  #changed(): void {
    this.#request.onChange?.(this.status)
  }
}
