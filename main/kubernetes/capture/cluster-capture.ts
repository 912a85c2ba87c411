import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { CapturePointStatus, ClusterCaptureStatus } from '../../../common/model/cluster-capture.ts'
import type { Rung } from '../../../common/model/preflight.ts'
import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import type { ExecTiming } from '../exec-stream.ts'
import type { AddressName } from './address-names.ts'
import { addressNames, displayName } from './address-names.ts'
import type { ContainerSettings } from './capture-container.ts'
import { CaptureFile } from './capture-file.ts'
import type { CapturePlace } from './capture-place.ts'
import { makePlace, removePlace } from './capture-place.ts'
import type { Ledger } from './ledger.ts'
import type { PointJob, PointSink } from './point-capture.ts'
import { PointCapture } from './point-capture.ts'
import type { CaptureTarget } from './preflight.ts'
import { preflight } from './preflight.ts'
import { SegmentPackets } from './segment-packets.ts'
import { SegmentSpool } from './segment-spool.ts'
import {
  checkFilter,
  defaultInterface,
  listInterfaces,
  SEGMENT_MEGABYTES,
  tcpdumpCommand,
  withoutOurTraffic,
} from './tcpdump.ts'
import { writeWhole } from './write-whole.ts'

export interface CaptureSettings {
  /** BPF text; "" for everything. */
  readonly filter: string
  /** 0: whole packets. */
  readonly snapLength: number
  readonly durationSeconds?: number
  /** For each point. */
  readonly packetLimit?: number
  /** Of the file; it may go over by what is on its way. */
  readonly byteLimit?: number
}

export interface ClusterCaptureRequest {
  readonly connection: ApiConnection
  readonly context: string
  readonly targets: readonly CaptureTarget[]
  readonly capture: CaptureSettings
  readonly container: ContainerSettings
  /** Where pods on nodes are made. */
  readonly debugNamespace: string
  readonly ledger: Ledger
  /** Absolute path of the pcapng; its parts lie beside it in FILE.parts until it is whole. */
  readonly file: string
  /** Overwrite it. */
  readonly force?: boolean
  readonly onChange?: (status: ClusterCaptureStatus) => void
  readonly timing?: ExecTiming
  /** For how long a silent pod is asked again. */
  readonly giveUpMs?: number
}

// What FILE.parts/capture.json holds: all that is needed to go on after a crash, and no credentials.
const Manifest = z.object({
  version: z.literal(1),
  id: z.string(),
  context: z.string(),
  server: z.string(),
  startedAt: z.number(),
  stopping: z.boolean(),
  snapLength: z.number(),
  points: z.array(
    z.object({
      namespace: z.optional(z.string()),
      pod: z.optional(z.string()),
      node: z.string(),
      interface: z.string(),
      filter: z.string(),
      place: z.object({
        namespace: z.string(),
        pod: z.string(),
        container: z.string(),
        enter: z.array(z.string()),
        rung: z.enum(['ephemeral-container', 'ephemeral-container-net-raw', 'node-pod', 'node-network']),
      }),
      job: z.object({
        id: z.string(),
        command: z.array(z.string()),
        seconds: z.number(),
        segments: z.number(),
        leaseSeconds: z.number(),
        giveUpMs: z.number(),
      }),
    }),
  ),
})
type Manifest = z.infer<typeof Manifest>
type ManifestPoint = Manifest['points'][number]

const GIVE_UP_MS = 10 * 60_000
const NO_LIMIT_SECONDS = 24 * 3600

interface Point {
  readonly status: { -readonly [Key in keyof CapturePointStatus]: CapturePointStatus[Key] }
  readonly target?: CaptureTarget
  manifest?: ManifestPoint
  place?: CapturePlace
  capture?: PointCapture
  spool?: SegmentSpool
  sink?: PointSink
  interfaceId?: number
  comment?: string
}

/** A capture of one or more points into one file, from the preflight to the last byte. */
export class ClusterCapture {
  readonly id: string
  readonly #request: Omit<ClusterCaptureRequest, 'targets' | 'capture'>
  readonly #points: Point[] = []
  readonly #startedAt: number
  readonly #cancel = new AbortController()
  readonly #parts: string
  #names: readonly AddressName[] = []
  #file: CaptureFile | undefined
  #state: ClusterCaptureStatus['state'] = 'preparing'
  #message: string | undefined
  #endedAt: number | undefined
  #stopping = false
  #settings: CaptureSettings
  #tick: NodeJS.Timeout | undefined

  private constructor(
    request: Omit<ClusterCaptureRequest, 'targets' | 'capture'>,
    settings: CaptureSettings,
    id: string,
    startedAt: number,
  ) {
    this.#request = request
    this.#settings = settings
    this.id = id
    this.#startedAt = startedAt
    this.#parts = `${request.file}.parts`
  }

  static create(request: ClusterCaptureRequest): ClusterCapture {
    const { targets, capture, ...rest } = request
    if (targets.length === 0)
      throw new HostError('invalid-argument', 'There is nothing to capture: no pod or node was named.')
    const made = new ClusterCapture(rest, capture, randomBytes(6).toString('hex'), Date.now())
    for (const [id, target] of targets.entries()) {
      const status: CapturePointStatus = {
        id,
        node: target.kind === 'node' ? target.node : '',
        state: 'preparing',
        bytes: 0,
        packets: 0,
        lostBytes: 0,
        cuts: 0,
        ...(target.kind === 'pod' ? { namespace: target.namespace, pod: target.pod } : {}),
      }
      made.#points.push({ status: { ...status }, target })
    }
    return made
  }

  /**
   * A capture that a crash interrupted, from its parts: goes on where it was. not-found when there is none; the connection must be to the
   * same cluster.
   */
  static async resume(request: Omit<ClusterCaptureRequest, 'targets' | 'capture'>): Promise<ClusterCapture> {
    const manifest = await readManifest(request.file)
    if (!manifest)
      throw new HostError('not-found', `Beside ${request.file} there are no parts of an interrupted capture.`)
    if (manifest.server !== request.connection.cluster.server) {
      throw new HostError(
        'invalid-argument',
        `The interrupted capture is from the cluster at ${manifest.server} (context ${manifest.context}).`,
      )
    }
    const settings = { filter: '', snapLength: manifest.snapLength }
    const capture = new ClusterCapture(request, settings, manifest.id, manifest.startedAt)
    capture.#stopping = manifest.stopping
    for (const [id, one] of manifest.points.entries()) {
      const { namespace, pod, node } = one
      const open = (await request.ledger.open()).find(
        (entry) =>
          entry.pod === one.place.pod &&
          entry.container === one.place.container &&
          entry.namespace === one.place.namespace,
      )
      capture.#points.push({
        status: {
          id,
          node,
          state: 'reconnecting',
          bytes: 0,
          packets: 0,
          lostBytes: 0,
          cuts: 0,
          interface: one.interface,
          rung: one.place.rung,
          ...(namespace ? { namespace } : {}),
          ...(pod ? { pod } : {}),
        },
        manifest: one,
        place: placeOf(one, open),
      })
    }
    return capture
  }

  get status(): ClusterCaptureStatus {
    for (const point of this.#points) this.#refresh(point)
    return {
      id: this.id,
      context: this.#request.context,
      state: this.#state,
      file: this.#request.file,
      bytes: this.#file?.bytes ?? 0,
      packets: this.#file?.packets ?? 0,
      startedAt: this.#startedAt,
      points: this.#points.map(({ status }) => ({ ...status })),
      ...(this.#message ? { message: this.#message } : {}),
      ...(this.#endedAt === undefined ? {} : { endedAt: this.#endedAt }),
    }
  }

  /** Runs the whole of it. The status at the end; throws when nothing could be captured at all, or the disk failed. */
  async run(): Promise<ClusterCaptureStatus> {
    this.#tick = setInterval(() => this.#onTick(), 500)
    try {
      const fresh = this.#points.every((point) => !point.manifest)
      if (fresh) await this.#prepare()
      this.#names = await addressNames(this.#request.connection, this.#namespaces())
      await this.#openFile(fresh)
      if (fresh) await this.#startAll()
      await this.#fetchAll()
      await this.#finish()
      return this.status
    } catch (error) {
      this.#state = 'failed'
      this.#message = messageOf(error, this.#request.file)
      for (const point of this.#points) point.capture?.abandon()
      await this.#file?.close().catch(() => undefined)
      await this.#release()
      this.#changed()
      throw error instanceof HostError ? error : new HostError('unavailable', this.#message)
    } finally {
      clearInterval(this.#tick)
    }
  }

  /** Ends the capture in order: tcpdump ends, what it wrote is fetched, the file is closed. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    if (this.#state === 'preparing') {
      this.#cancel.abort(new HostError('cancelled', 'Cancelled before the capture began.'))
      return
    }
    this.#state = 'stopping'
    this.#changed()
    await this.#writeManifest().catch(() => undefined)
    await this.#stopPoints()
  }

  async #stopPoints(): Promise<void> {
    await Promise.all(this.#points.flatMap(({ capture }) => (capture ? [capture.stop()] : [])))
  }

  /** As stop, but waits for nothing more: what is here is kept. */
  abandon(): void {
    for (const point of this.#points) point.capture?.abandon()
  }

  async #prepare(): Promise<void> {
    await Promise.all(this.#points.map((point) => this.#preparePoint(point)))
    const ready = this.#points.filter((point) => point.manifest)
    if (ready.length > 0) return
    const [first] = this.#points
    throw new HostError('unavailable', this.#points.length === 1 ? (first?.status.message ?? '') : this.#allFailed())
  }

  #allFailed(): string {
    const lines = this.#points.map(({ status }) => `- ${status.pod ?? status.node}: ${status.message ?? status.state}`)
    return `None of the points can be captured:\n${lines.join('\n')}`
  }

  async #preparePoint(point: Point): Promise<void> {
    const { connection, container, debugNamespace, ledger, context } = this.#request
    const { target } = point
    if (!target) return
    try {
      const result = await preflight(connection, target, container, debugNamespace)
      point.status.node = result.preflight.node
      const by = { user: result.preflight.user, capture: this.id, createdAt: new Date(this.#startedAt) }
      const place = await makePlace({
        connection,
        context,
        target,
        result,
        settings: container,
        debugNamespace,
        by,
        ledger,
        signal: this.#cancel.signal,
      })
      point.place = place
      point.status.rung = place.rung
      const name = target.interface ?? defaultInterface(await listInterfaces(connection, place))
      if (!name) throw new HostError('not-found', 'There is no interface to capture on.')
      const onNode = place.rung === 'node-network'
      const filter = onNode
        ? withoutOurTraffic(this.#settings.filter, await addressOf(connection))
        : this.#settings.filter
      const { snapLength, packetLimit, durationSeconds } = this.#settings
      const options = { interface: name, snapLength, filter, ...(packetLimit === undefined ? {} : { packetLimit }) }
      await checkFilter(connection, place, options)
      point.status.interface = name
      point.manifest = {
        node: result.preflight.node,
        interface: name,
        filter,
        place: { ...place, enter: [...place.enter] },
        job: {
          id: `${this.id}-${point.status.id}`,
          command: [...tcpdumpCommand(place.enter, options)],
          seconds: durationSeconds ?? NO_LIMIT_SECONDS,
          segments: Math.max(2, Math.floor(container.ringBytes / (SEGMENT_MEGABYTES * 1e6))),
          leaseSeconds: container.leaseSeconds,
          giveUpMs: this.#request.giveUpMs ?? GIVE_UP_MS,
        },
        ...(target.kind === 'pod' ? { namespace: target.namespace, pod: target.pod } : {}),
      }
    } catch (error) {
      if (this.#cancel.signal.aborted) throw error
      point.status.state = 'failed'
      point.status.message = error instanceof Error ? error.message : String(error)
      this.#changed()
    }
  }

  /** The file anew; after a crash it is put together again from the parts. */
  async #openFile(fresh: boolean): Promise<void> {
    const { file, force } = this.#request
    try {
      this.#file = await CaptureFile.create(file, fresh && !force)
    } catch (error) {
      throw new HostError('unavailable', messageOf(error, file))
    }
    const live = this.#points.filter((point) => point.manifest)
    this.#file.points = live.length
    await this.#file.addNames(this.#names.map((name) => ({ address: name.address, name: displayName(name) })))
    for (const point of live) this.#wire(point, this.#file)
    if (fresh) await this.#writeManifest()
    else
      for (const { spool, sink } of live)
        if (sink) await spool?.restore((segment, bytes) => sink.segmentBytes(segment, bytes))
  }

  #wire(point: Point, file: CaptureFile): void {
    const { manifest, place } = point
    if (!manifest || !place) return
    const spool = new SegmentSpool(join(this.#parts, `point-${point.status.id}`))
    point.spool = spool
    const sink = this.#sink(point, file)
    point.sink = sink
    const job: PointJob = manifest.job
    point.capture = new PointCapture(
      this.#request.connection,
      place,
      job,
      spool,
      sink,
      () => this.#changed(),
      this.#request.timing,
    )
  }

  #sink(point: Point, file: CaptureFile): PointSink {
    const packets = new SegmentPackets()
    return {
      segmentBytes: (segment: number, bytes: Buffer) => {
        const batch = packets.push(segment, bytes, ({ linkType, snapLength }) => {
          point.interfaceId ??= file.addInterface({
            name: `${point.status.pod ?? point.status.node}:${point.status.interface}`,
            description: describe(point.status),
            filter: point.manifest?.filter ?? '',
            linkType,
            snapLength,
          })
          return point.interfaceId
        })
        if (!batch) return
        point.status.packets += batch.times.length
        const { comment } = point
        delete point.comment
        const taken = file.add(point.status.id, batch, comment)
        return file.holds ? taken : taken.then(() => packets.recycle(batch))
      },
      gap: (lostBytes: number) => {
        point.comment = `Hopscope: before this packet ${lostBytes} bytes of this point were lost: the ring in the pod was full.`
      },
    }
  }

  async #startAll(): Promise<void> {
    const starting = this.#points.flatMap(({ capture }) => (capture ? [capture.start()] : []))
    const results = await Promise.allSettled(starting)
    const failure = results.find((result) => result.status === 'rejected')
    if (failure?.status === 'rejected' && results.every((result) => result.status === 'rejected')) throw failure.reason
  }

  async #fetchAll(): Promise<void> {
    this.#state = this.#stopping ? 'stopping' : 'capturing'
    this.#changed()
    // A stop that was asked for meanwhile, or before a crash, is said now.
    if (this.#stopping) void this.#stopPoints()
    const running = this.#points.flatMap(({ capture }) => (capture ? [capture.run()] : []))
    try {
      await Promise.all(running)
    } catch (error) {
      // The disk failed: tcpdump must not run on for nothing.
      await Promise.race([this.#stopPoints(), new Promise((resolve) => setTimeout(resolve, 5000))])
      for (const { capture } of this.#points) capture?.abandon()
      await Promise.allSettled(running)
      throw error
    }
  }

  async #finish(): Promise<void> {
    const file = this.#file
    if (!file) return
    await file.flush()
    for (const point of this.#points) {
      const counts = point.capture?.progress.counts
      if (point.interfaceId === undefined || !counts) continue
      await file.addStatistics({
        interface: point.interfaceId,
        startNs: BigInt(this.#startedAt) * 1_000_000n,
        endNs: BigInt(Date.now()) * 1_000_000n,
        ...(counts.received === undefined ? {} : { received: counts.received, filterAccepted: counts.received }),
        ...(counts.dropped === undefined ? {} : { osDropped: counts.dropped }),
        ...(counts.interfaceDropped === undefined ? {} : { interfaceDropped: counts.interfaceDropped }),
      })
    }
    await file.sync()
    await file.close()
    await this.#writeNames()
    const whole = this.#points.every((point) => point.capture?.progress.state === 'complete')
    this.#state = whole ? 'complete' : 'incomplete'
    if (!whole)
      this.#message = this.#points
        .map(({ capture, status }) => capture?.progress.message ?? status.message)
        .find(Boolean)
    await this.#release()
    await rm(this.#parts, { recursive: true, force: true })
    this.#endedAt = Date.now()
    this.#changed()
  }

  /** Pods on nodes go now; a container in a pod is left to the next capture and ends by itself when none comes. */
  async #release(): Promise<void> {
    const { connection, ledger } = this.#request
    await Promise.allSettled(
      this.#points.map(async ({ place }) => {
        if (place?.entry?.kind === 'pod') await removePlace(connection, place, ledger)
      }),
    )
  }

  async #writeManifest(): Promise<void> {
    const { context, connection } = this.#request
    const manifest: Manifest = {
      version: 1,
      id: this.id,
      context,
      server: connection.cluster.server,
      startedAt: this.#startedAt,
      stopping: this.#stopping,
      snapLength: this.#settings.snapLength,
      points: this.#points.flatMap((point) => (point.manifest ? [point.manifest] : [])),
    }
    await mkdir(this.#parts, { recursive: true })
    await writeWhole(manifestPath(this.#request.file), JSON.stringify(manifest, undefined, 1))
  }

  async #writeNames(): Promise<void> {
    if (this.#names.length === 0) return
    const body = { version: 1, writtenAt: Date.now(), startedAt: this.#startedAt, names: this.#names }
    await writeWhole(`${this.#request.file}.names.json`, JSON.stringify(body, undefined, 1))
  }

  #namespaces(): string[] {
    return [...new Set(this.#points.flatMap(({ status }) => (status.namespace ? [status.namespace] : [])))]
  }

  #onTick(): void {
    const limit = this.#settings.byteLimit
    if (limit !== undefined && (this.#file?.bytes ?? 0) >= limit) void this.stop()
    this.#changed()
  }

  #refresh({ status, capture }: Point): void {
    if (!capture) return
    const { state, message, bytes, counts, lostBytes, cuts, heardAt } = capture.progress
    Object.assign(status, {
      state,
      bytes,
      lostBytes,
      cuts,
      heardAt,
      received: counts.received,
      dropped: counts.dropped,
    })
    if (message) status.message = message
    else delete status.message
  }

  #changed(): void {
    this.#request.onChange?.(this.status)
  }
}

function placeOf(point: ManifestPoint, entry: CapturePlace['entry']): CapturePlace {
  return { ...point.place, ...(entry ? { entry } : {}) }
}

const manifestPath = (file: string) => join(`${file}.parts`, 'capture.json')

export async function readManifest(
  file: string,
): Promise<({ readonly context: string; readonly server: string } & Manifest) | undefined> {
  try {
    return Manifest.safeParse(JSON.parse(await readFile(manifestPath(file), 'utf8'))).data
  } catch {
    return undefined
  }
}

/** For a person in Wireshark's list of interfaces, and for us: one `name=value` after the other. */
function describe(status: CapturePointStatus): string {
  const rungs: Readonly<Record<Rung, string>> = {
    'ephemeral-container': 'pod',
    'ephemeral-container-net-raw': 'pod',
    'node-pod': 'pod',
    'node-network': 'node',
  }
  const pod = status.pod ? [`pod=${status.pod}`, `namespace=${status.namespace}`] : []
  return [
    ...pod,
    `node=${status.node}`,
    `interface=${status.interface}`,
    `role=${status.rung ? rungs[status.rung] : 'pod'}`,
  ].join(' ')
}

async function addressOf(connection: ApiConnection): Promise<string | undefined> {
  const host = new URL(connection.cluster.server).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return host
  return lookup(host).then(
    ({ address }) => address,
    () => undefined,
  )
}

function messageOf(error: unknown, file: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words: Readonly<Record<string, string>> = {
    ENOSPC: `The disk is full: ${file} holds what was captured until then.`,
    EDQUOT: `Your quota on the disk is used up: ${file} holds what was captured until then.`,
    EROFS: `${file} can't be written: the file system is read-only.`,
    EACCES: `${file} can't be written: no permission.`,
    EEXIST: `${file} is there already. Name another file, or use --force to overwrite it.`,
    ENOENT: `${file} can't be written: its folder does not exist.`,
    EISDIR: `${file} is a folder.`,
  }
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}
