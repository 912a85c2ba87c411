import { setTimeout as sleep } from 'node:timers/promises'
import type { CapturePointStatus, ClusterEvent } from '../../../common/model/cluster-capture.ts'
import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import type { ExecTiming } from '../exec-stream.ts'
import type { ContainerSettings } from './capture-container.ts'
import type { CaptureFile } from './capture-file.ts'
import type { PointEnd, PointMark } from './capture-journal.ts'
import type { ManifestPoint } from './capture-manifest.ts'
import type { CapturePlace } from './capture-place.ts'
import { makePlace, removePlace } from './capture-place.ts'
import { describe, leftBehindText, oneLine, pointText } from './capture-words.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { Gap } from './packet-merge.ts'
import { ringBytes } from './obstacles.ts'
import { withoutOurTraffic } from './own-traffic.ts'
import type { StatisticsFacts } from './pcapng-blocks.ts'
import type { PointSink } from './point-capture.ts'
import { PointCapture } from './point-capture.ts'
import type { CaptureTarget } from './preflight.ts'
import { preflight } from './preflight.ts'
import { SegmentPackets } from './segment-packets.ts'
import { whileSlow } from './while-slow.ts'
import { checkFilter, chooseInterface, listInterfaces, SEGMENT_MEGABYTES, tcpdumpCommand } from './tcpdump.ts'

/** What a point is prepared with; the same for all points of a capture. */
export interface PointNeeds {
  readonly connection: ApiConnection
  readonly context: string
  readonly captureId: string
  readonly startedAt: number
  readonly container: ContainerSettings
  readonly debugNamespace: string
  readonly ledger: Ledger
  readonly filter: string
  readonly snapLength: number
  readonly packetLimit?: number
  readonly giveUpMs: number
  readonly onChange: () => void
  readonly signal: AbortSignal
}

/** About as long as an API server takes to restart. */
const REMOVE_WITHIN_MS = 30_000
const REMOVE_PAUSE_MS = 1000
/** A pod that is not ready every other moment has said enough. */
const MOST_EVENTS = 100

/** One point of a capture: where it is, what was made there, how far it is. */
export class CapturePoint {
  readonly #status: { -readonly [Key in keyof CapturePointStatus]: CapturePointStatus[Key] }
  readonly target: CaptureTarget | undefined
  manifest: ManifestPoint | undefined
  place: CapturePlace | undefined
  capture: PointCapture | undefined
  interfaceId: number | undefined
  /** The cluster's time, as that of packets and events is; this machine's clock may be wrong. */
  #now: () => number = () => Date.now()
  /** Milliseconds that were to be added to this machine's time when it was tied to the file. */
  #behind = 0
  #gap: Gap | undefined
  #events: readonly ClusterEvent[] = []
  /** So many of them are in the file. */
  #written = 0

  private constructor(status: CapturePointStatus, target?: CaptureTarget) {
    this.#status = { ...status }
    this.target = target
  }

  static at(id: number, target: CaptureTarget): CapturePoint {
    const node = target.kind === 'node' ? target.node : ''
    const pod = target.kind === 'pod' ? { namespace: target.namespace, pod: target.pod } : {}
    return new CapturePoint(
      { id, node, state: 'preparing', bytes: 0, packets: 0, lostBytes: 0, cuts: 0, ...pod },
      target,
    )
  }

  /** One that a crash interrupted; `made`: what the ledger knows. */
  static restored(manifest: ManifestPoint, made: readonly LedgerEntry[]): CapturePoint {
    const { namespace, pod, node, place, job } = manifest
    // The number it had, which its parts are named by: points that failed are not in the manifest.
    const id = Number(job.id.split('-').at(-1))
    const entry = made.find(
      (one) => one.pod === place.pod && one.container === place.container && one.namespace === place.namespace,
    )
    const point = new CapturePoint({
      id,
      node,
      state: 'reconnecting',
      bytes: 0,
      packets: 0,
      lostBytes: 0,
      cuts: 0,
      interface: manifest.interface,
      rung: place.rung,
      ...(namespace ? { namespace } : {}),
      ...(pod ? { pod } : {}),
    })
    point.manifest = manifest
    point.place = { ...place, ...(entry ? { entry } : {}) }
    return point
  }

  get id(): number {
    return this.#status.id
  }

  get status(): CapturePointStatus {
    const status = this.#status
    const { capture } = this
    const events = this.#events
    if (!capture) return { ...status }
    const { state, message, bytes, counts, lostBytes, leftBytes, cuts, heardAt } = capture.progress
    const { received, dropped } = counts
    if (message) status.message = message
    else delete status.message
    return {
      ...status,
      state,
      bytes,
      lostBytes,
      cuts,
      heardAt,
      ...(leftBytes === 0 ? {} : { leftBytes }),
      ...(events.length === 0 ? {} : { events }),
      ...(received === undefined ? {} : { received }),
      ...(dropped === undefined ? {} : { dropped }),
    }
  }

  failed(message: string): void {
    this.#status.state = 'failed'
    this.#status.message = message
  }

  /** The cluster did something to its pod or node: it goes into the file, beside the interface's counts, once there is an interface. */
  happened(event: ClusterEvent, file: CaptureFile, startedAt: number): void {
    // A pod that was deleted is gone in the end.
    if (this.#events.length === MOST_EVENTS || (event.ended && this.#hasEnded)) return
    this.#events = [...this.#events, { ...event, text: oneLine(event.text) }]
    this.writeEvents(file, startedAt)
  }

  /** No more is asked of the pod. Where its end was not seen, as it may not be watched, it is known from here. */
  left(file: CaptureFile, startedAt: number): void {
    const { gone, message } = this.capture?.progress ?? {}
    if (!gone || message === undefined || this.#hasEnded) return
    this.happened({ at: this.#now(), text: `${pointText(this.#status)}: ${message}`, ended: true }, file, startedAt)
  }

  get #hasEnded(): boolean {
    return this.#events.some(({ ended }) => ended)
  }

  writeEvents(file: CaptureFile, startedAt: number): void {
    for (const { at, text } of this.#events.slice(this.#written)) {
      const facts = this.statistics(startedAt)
      if (!facts) return
      file.addStatistics({ ...facts, endNs: BigInt(Math.round(at)) * 1_000_000n, comment: `Hopscope: ${text}` })
      this.#written++
    }
  }

  /** From the preflight to a checked command in a container that runs. `seconds`: how long tcpdump is to run. */
  async prepare(needs: PointNeeds, seconds: number): Promise<void> {
    const { connection, container, debugNamespace, ledger, context, signal } = needs
    const { target } = this
    if (!target) return
    const tell = (waitingFor: string | undefined) => {
      if (waitingFor === undefined) delete this.#status.message
      else this.#status.message = waitingFor
      needs.onChange()
    }
    const result = await whileSlow(tell, 'the cluster is asked what it allows', () =>
      preflight(connection, target, container, debugNamespace),
    )
    this.#status.node = result.preflight.node
    const by = { user: result.preflight.user, capture: needs.captureId, createdAt: new Date(needs.startedAt) }
    const settings = container
    const request = { connection, context, target, result, settings, debugNamespace, by, ledger, tell, signal }
    const place = await makePlace(request)
    this.place = place
    this.#status.rung = place.rung
    tell(undefined)
    const name =
      target.interface ??
      (await whileSlow(tell, 'its container is asked for its interfaces', async () =>
        chooseInterface(connection, place, await listInterfaces(connection, place)),
      ))
    if (!name) throw new HostError('not-found', 'There is no interface to capture on.')
    const { apiServer } = result
    const filter = apiServer ? withoutOurTraffic(needs.filter, apiServer, name) : needs.filter
    const ring = ringBytes(place.rung, result.pod, container.ringBytes)
    const { snapLength, packetLimit } = needs
    const options = { interface: name, snapLength, filter, ...(packetLimit === undefined ? {} : { packetLimit }) }
    await whileSlow(tell, 'its container checks the filter', () => checkFilter(connection, place, options))
    this.#status.interface = name
    this.manifest = {
      node: result.preflight.node,
      interface: name,
      filter,
      place: { ...place, enter: [...place.enter] },
      job: {
        id: `${needs.captureId}-${this.id}`,
        command: [...tcpdumpCommand(place.enter, options)],
        seconds,
        segments: Math.max(2, Math.floor(ring / (SEGMENT_MEGABYTES * 1e6))),
        leaseSeconds: container.leaseSeconds,
        giveUpMs: needs.giveUpMs,
      },
      ...(target.kind === 'pod' ? { namespace: target.namespace, pod: target.pod } : {}),
    }
  }

  /** Ties it to the file; `shared`: there are or may be other points, whose packets wait for this one's. */
  wire(
    connection: ApiConnection,
    file: CaptureFile,
    shared: boolean,
    onChange: () => void,
    timing: ExecTiming | undefined,
  ): void {
    const { manifest, place } = this
    if (!manifest || !place) return
    this.#now = () => connection.now()
    this.#behind = this.#now() - Date.now()
    const mark = file.mark(this.id)
    this.interfaceId = mark.interface
    this.#status.packets = mark.packets
    const sink = this.#sinkInto(file, mark, shared)
    const capture = new PointCapture(connection, place, manifest.job, sink, onChange, timing, mark)
    this.capture = capture
    file.join(this.id, (segment) => capture.safe(segment))
  }

  /**
   * A pod on a node goes now, or, for who is `patient`, as soon as an API server that is away is back; a container in a pod is left to the next
   * capture and ends by itself when none comes. What is left then, in words.
   */
  async release(connection: ApiConnection, ledger: Ledger, patient: boolean): Promise<string | undefined> {
    const { place } = this
    if (place?.entry?.kind !== 'pod') return undefined
    const until = performance.now() + (patient ? REMOVE_WITHIN_MS : 0)
    for (;;) {
      try {
        await removePlace(connection, place, ledger)
        return undefined
      } catch (error) {
        const isAway = error instanceof HostError && error.code === 'unavailable'
        if (!isAway || performance.now() > until) return leftBehindText(place, error)
        await sleep(REMOVE_PAUSE_MS)
      }
    }
  }

  /** What the kernel counted until now; undefined where nothing was captured. `startedAt`: milliseconds since 1970. */
  statistics(startedAt: number): StatisticsFacts | undefined {
    const counts = this.capture?.progress.counts
    if (this.interfaceId === undefined || !counts) return undefined
    const { received, dropped, interfaceDropped } = counts
    return {
      interface: this.interfaceId,
      startNs: BigInt(startedAt + this.#behind) * 1_000_000n,
      endNs: BigInt(this.#now()) * 1_000_000n,
      ...(received === undefined ? {} : { received, filterAccepted: received }),
      ...(dropped === undefined ? {} : { osDropped: dropped }),
      ...(interfaceDropped === undefined ? {} : { interfaceDropped }),
    }
  }

  /** Nothing is missing. `followed`: of a pod that went its last moments are, which is in its status and no fault of the capture. */
  isWhole(followed: boolean): boolean {
    if (!this.capture) return false
    const { state, gone, lostBytes } = this.capture.progress
    return state === 'complete' || (followed && gone === true && lostBytes === 0)
  }

  /** tcpdump may have written there what was not fetched: not where it never began, has told its end, or its container is gone. */
  get mayHoldPackets(): boolean {
    // Of one that was interrupted it is not known whether tcpdump began, also before it is tied to the file.
    const mayHaveBegun = this.capture !== undefined || this.target === undefined
    const { why, gone } = this.capture?.progress ?? {}
    return mayHaveBegun && this.#status.state !== 'failed' && why === undefined && gone !== true
  }

  #sinkInto(file: CaptureFile, mark: PointMark, shared: boolean): PointSink {
    const packets = new SegmentPackets(mark)
    return {
      begin: (segment: number) => packets.begin(segment),
      bytes: (bytes: Buffer) => packets.add(bytes),
      accept: () => {
        const batch = packets.accept(({ linkType, snapLength }) => {
          this.interfaceId ??= file.addInterface(this.id, {
            name: `${this.#status.pod ?? this.#status.node}:${this.#status.interface}`,
            description: describe(this.#status),
            filter: this.manifest?.filter ?? '',
            linkType,
            snapLength,
          })
          return this.interfaceId
        })
        if (!batch) return
        this.#status.packets += batch.times.length
        const gap = this.#gap
        this.#gap = undefined
        return file.add(this.id, batch, gap)
      },
      gap: (lost: number, lostBytes: number) => {
        const comment = `Hopscope: before this packet ${lost} bytes of this point were lost: the ring in the pod was full.`
        this.#gap = { comment, lostBytes }
      },
      packets: () => this.#status.packets,
      end: (lostBytes: number, end: PointEnd) => file.end(this.id, lostBytes, end),
      ...(shared ? { reached: (time: number) => file.reached(this.id, time) } : {}),
    }
  }
}
