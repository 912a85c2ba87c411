import { createHash, type Hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../../../common/host-error.ts'
import type { ApiConnection } from '../api-connection.ts'
import type { ExecStream, ExecTiming } from '../exec-stream.ts'
import { openExec, runCommand } from '../exec-stream.ts'
import { NOTHING_YET, type PointEnd, type PointMark } from './capture-journal.ts'
import type { CapturePlace } from './capture-place.ts'
import { cutText } from './capture-words.ts'
import { containerGone, type Gone } from './container-gone.ts'
import { Fatal, insist, LONGEST_PAUSE_MS } from './insist.ts'
import { PULL, script, START, STOP } from './pod-scripts.ts'
import type { CaptureCounts, DataFrame, PullFrame } from './pull-frames.ts'
import { BrokenFrame, countsIn, PullFrames } from './pull-frames.ts'
import { failed, SEGMENT_MEGABYTES } from './tcpdump.ts'

const HEARTBEAT_MS = 3000
/** To PULL in the pod. */
const STOP_WORD = Buffer.from('s 0\n')
/** How long a packet may be on its way from the kernel through tcpdump to the file. */
const TCPDUMP_DELAY_MS = 200
/** Frames of live traffic are small, those of a backlog are whole segments. */
const FRAME_BYTES = (SEGMENT_MEGABYTES + 1) * 1_000_000

export interface PointJob {
  /** Name of the capture in the container; letters, digits and dashes. */
  readonly id: string
  readonly command: readonly string[]
  readonly seconds: number
  readonly segments: number
  readonly leaseSeconds: number
  /** How long after the last word from the pod it is still asked. */
  readonly giveUpMs: number
}

export interface PointProgress {
  readonly state: 'starting' | 'capturing' | 'reconnecting' | 'stopping' | 'complete' | 'incomplete'
  /** Why it is incomplete or cut just now, in words. */
  readonly message?: string
  readonly bytes: number
  readonly cuts: number
  /** Bytes that the ring gave up before they could be fetched. */
  readonly lostBytes: number
  /** Bytes that are still in the pod, as it last said; 0 until capturing ends. */
  readonly leftBytes: number
  readonly counts: CaptureCounts
  /** Why tcpdump ended: asked, duration, lease, end. */
  readonly why?: string
  /** The pod was deleted or its capture container ended: there is nothing left to fetch from. */
  readonly gone?: boolean
  /** Date.now() when bytes or a word last came from the pod. */
  readonly heardAt: number
}

/** What becomes of the bytes. */
export interface PointSink {
  /** Bytes of a segment come, behind those that were accepted last. Others that came since then are void. */
  begin(segment: number): void
  /** They are to be used up when it returns. */
  bytes(bytes: Buffer): void
  /** Those that came since `begin` are what the pod sent. More are read when a promise is resolved. */
  accept(): void | Promise<void>
  /** Bytes were lost before the next; `all`: with those before. */
  gap(lostBytes: number, all: number): void
  /** All bytes were handed over; resolved when they are safe, and the pod may forget the capture. */
  end(lostBytes: number, end: PointEnd): Promise<void>
  /** Packets of the point that were accepted, with those of earlier runs; absent where they are not counted. */
  readonly packets?: () => number
  /** Absent when nobody waits for it. What was captured up to this time was handed over; milliseconds since 1970, by the pod's clock. */
  readonly reached?: (time: number) => void
}

/** The next byte that is wanted. */
interface Position {
  readonly segment: number
  readonly offset: number
}

/**
 * One point's capture: started in the pod once, fetched by offset, resumed after any cut, and accepted only when each segment's digest in
 * the pod is that of the bytes which were handed over here.
 */
export class PointCapture {
  readonly #connection: ApiConnection
  readonly place: CapturePlace
  readonly job: PointJob
  readonly #sink: PointSink
  readonly #onChange: () => void
  readonly #timing: ExecTiming
  readonly #abandon = new AbortController()
  #stream: ExecStream | undefined
  #stopping = false
  #finished = false
  #starting: Promise<void> | undefined
  #position: Position
  /** Of the segment's bytes until there. */
  #hash: Hash = createHash('sha256')
  /** With those of the frame that is coming; absent where its own digest is that of the segment. */
  #nextHash: Hash | undefined
  /** The segments before this one are safe here. */
  #safe: number
  /** What the disk said, or a mistake of ours: nothing that another try would change. */
  #failure: Error | undefined
  #progress: Omit<PointProgress, 'heardAt'>
  /** By a clock that nobody sets. */
  #heardAt = performance.now()

  /** `mark`: what an earlier run of ours has; the sink is given that segment anew from its beginning. */
  constructor(
    connection: ApiConnection,
    place: CapturePlace,
    job: PointJob,
    sink: PointSink,
    onChange: () => void,
    timing: ExecTiming = {},
    mark: PointMark = NOTHING_YET,
  ) {
    this.#connection = connection
    this.place = place
    this.job = job
    this.#sink = sink
    this.#onChange = onChange
    this.#timing = timing
    const { segment, lostBytes, end } = mark
    this.#position = { segment, offset: 0 }
    this.#safe = segment
    this.#finished = end !== undefined
    // What was started and brought nothing yet is started again, which changes nothing.
    if (this.#finished || mark.interface !== undefined) this.#starting = Promise.resolve()
    this.#progress = { state: 'starting', bytes: 0, cuts: 0, lostBytes, leftBytes: 0, counts: {}, ...end }
  }

  get progress(): PointProgress {
    return { ...this.#progress, heardAt: Math.round(Date.now() - performance.now() + this.#heardAt) }
  }

  /** Starts tcpdump in the pod; does nothing when it was started before. After a crash, too: it may have come just before the start. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start())
  }

  async #start(): Promise<void> {
    const { id, seconds, segments, leaseSeconds, command } = this.job
    const start = script(START, id, seconds, segments, leaseSeconds, ...command)
    await this.#insist('starting the capture', async () => {
      const { stdout, stderr, end } = await runCommand(this.#connection, { ...this.place, command: start })
      if (stdout.includes('ready')) return
      if (end.lost === undefined && end.exitCode !== 0) throw new Fatal(failed(stderr || end.status?.message || ''))
      throw new HostError('unavailable', end.lost ?? 'the start was cut short')
    })
  }

  /** Fetches until the capture has ended; the sum of it. Never throws for what the cluster does; throws what the disk says. */
  async run(): Promise<PointProgress> {
    let pause = 100
    while (!this.#finished) {
      const before = this.#heardAt
      const cut = await this.#pull()
      if (this.#failure !== undefined) throw this.#failure
      if (this.#finished) break
      if (this.#abandon.signal.aborted) {
        this.#set({ state: 'incomplete', leftBytes: 0, message: 'Given up before everything was fetched.' })
        break
      }
      // A connection that worked is worth a quick try; one that never did is not.
      if (this.#heardAt > before) pause = 100
      const end = await this.#whyGone(cut)
      if (end !== undefined) {
        this.#set({ state: 'incomplete', leftBytes: 0, ...end })
        break
      }
      const state = this.#stopping ? 'stopping' : 'reconnecting'
      this.#set({ state, message: cutText(cut), cuts: this.#progress.cuts + 1 })
      await sleep(pause, undefined, { signal: this.#abandon.signal }).catch(() => undefined)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
    // Whatever became of it, a stop has nothing to ask for any more.
    this.#finished = true
    return this.progress
  }

  /** Asks tcpdump to end; what it has written is still fetched. */
  async stop(): Promise<void> {
    if (this.#stopping || this.#finished) return
    this.#stopping = true
    this.#set({ state: 'stopping' })
    // What is begun afterwards would not be told.
    await this.start().catch(() => undefined)
    // Where a stream is open nobody need be asked whether another may be opened: rights and logins end, also in the middle of a capture.
    this.#stream?.write(STOP_WORD)
    await this.#insist('stopping the capture', async () => {
      const { stdout, stderr, end } = await runCommand(this.#connection, {
        ...this.place,
        command: script(STOP, this.job.id),
      })
      if (!stdout.includes('stopping')) throw new HostError('unavailable', end.lost ?? stderr)
    }).catch(() => {
      // A pull that comes to be after all says it too; without any there is no heartbeat, and then it ends by itself.
    })
  }

  /** Stops fetching at once; the pod ends by itself when no heartbeat comes. */
  abandon(): void {
    this.#abandon.abort(new HostError('cancelled', 'Given up before the capture was started.'))
  }

  /** The segments before this one are on the disk: the pod may forget them. */
  safe(segment: number): void {
    // What is not heard now is said again by the next pull.
    for (; this.#safe < segment; this.#safe++) this.#stream?.write(Buffer.from(`a ${this.#safe}\n`))
  }

  /** One connection's worth of bytes; why it ended. */
  async #pull(): Promise<string> {
    const { segment, offset } = this.#position
    const frames = new PullFrames()
    const awaited = this.#sink.reached ? 1 : 0
    const command = script(PULL, this.job.id, segment, offset, FRAME_BYTES, awaited, this.#safe)
    let words = ''
    let beats: NodeJS.Timeout | undefined
    try {
      const stream = await openExec(
        this.#connection,
        { ...this.place, command, stdin: true },
        {
          stdout: (bytes) => this.#take(frames, bytes),
          stderr: (bytes) => {
            if (words.length < 2000) words += Buffer.from(bytes).toString('utf8')
          },
        },
        this.#abandon.signal,
        this.#timing,
      )
      this.#stream = stream
      if (this.#stopping) stream.write(STOP_WORD)
      const beat = () => stream.write(Buffer.from(`b ${Date.now()}\n`))
      beat()
      beats = setInterval(beat, HEARTBEAT_MS)
      const end = await stream.ended
      return end.lost ?? (words.trim() || end.status?.message || 'the stream ended before the capture did')
    } catch (error) {
      if (error instanceof BrokenFrame) return error.message
      if (error instanceof HostError) return error.message
      // Not the cluster's fault: the disk, or ours.
      this.#failure = asError(error)
      return ''
    } finally {
      clearInterval(beats)
      this.#stream = undefined
    }
  }

  /** Takes bytes of the stream; a promise when the taker needs time. */
  #take(frames: PullFrames, bytes: Uint8Array): void | Promise<void> {
    this.#heardAt = performance.now()
    const complete = frames.push(bytes)
    for (let next = complete.next(); !next.done; next = complete.next()) {
      const work = this.#takeFrame(next.value)
      if (work) return this.#takeRest(work, complete)
    }
  }

  async #takeRest(work: Promise<void>, more: Iterable<PullFrame>): Promise<void> {
    await work
    for (const frame of more) await this.#takeFrame(frame)
  }

  #takeFrame(frame: PullFrame): void | Promise<void> {
    const { segment, offset } = this.#position
    switch (frame.kind) {
      case 'begin':
        if (frame.segment !== segment || frame.offset !== offset)
          throw new BrokenFrame('bytes came that were not asked for')
        this.#nextHash = frame.last ? undefined : this.#hash.copy()
        this.#sink.begin(segment)
        return
      case 'bytes':
        this.#nextHash?.update(frame.bytes)
        this.#sink.bytes(frame.bytes)
        return
      case 'data':
        return this.#accept(frame)
      case 'segment-end':
        if (frame.segment !== segment || frame.size !== offset)
          throw new BrokenFrame('a segment ends where it should not')
        if (frame.sha256 !== this.#hash.digest('hex')) {
          throw new Error(`Segment ${segment} is not what the pod captured, though each of its pieces was.`)
        }
        this.#begin(segment + 1)
        return
      case 'gap':
        if (frame.segment <= segment) throw new BrokenFrame('a gap came that is none')
        this.#begin(frame.segment)
        // What was fetched of the first of them is not lost.
        this.#gap(frame.lostBytes - offset)
        return
      case 'left':
        this.#capturing({ leftBytes: frame.bytes })
        return
      case 'idle':
        this.#capturing({ counts: { ...this.#progress.counts, ...countsIn(frame.words) } })
        return
      case 'clock':
        this.#sink.reached?.(frame.time - TCPDUMP_DELAY_MS)
        return
      case 'end':
        return this.#end(frame)
    }
  }

  #accept({ segment, offset, length, last }: DataFrame): void | Promise<void> {
    if (last) this.#begin(segment + 1)
    else {
      this.#hash = this.#nextHash ?? this.#hash
      this.#position = { segment, offset: offset + length }
    }
    const work = this.#sink.accept()
    const { bytes, leftBytes } = this.#progress
    this.#capturing({ bytes: bytes + length, leftBytes: Math.max(0, leftBytes - length) })
    return work
  }

  #begin(segment: number): void {
    this.#position = { segment, offset: 0 }
    this.#hash = createHash('sha256')
  }

  #gap(lost: number): void {
    const lostBytes = this.#progress.lostBytes + lost
    this.#sink.gap(lost, lostBytes)
    this.#capturing({ lostBytes })
  }

  async #end(frame: Extract<PullFrame, { kind: 'end' }>): Promise<void> {
    const { segment, offset } = this.#position
    const { lostBytes } = this.#progress
    const counts = { ...this.#progress.counts, ...countsIn(frame.words) }
    const nothing = segment === 0 && offset === 0
    if (!nothing && (segment !== frame.segments || offset !== 0))
      throw new BrokenFrame('the pod says it is the end, but bytes are missing')
    const miscount = lostBytes === 0 ? this.#miscount(frame) : undefined
    const message = nothing
      ? failed(frame.words).message
      : (miscount ??
        (frame.why === 'lease' ? 'The pod heard nothing from here for too long and stopped capturing.' : undefined))
    const state = nothing || lostBytes > 0 || miscount !== undefined ? 'incomplete' : 'complete'
    const end: PointEnd = { state, why: frame.why, counts, ...(message === undefined ? {} : { message }) }
    await this.#sink.end(lostBytes, end)
    this.#set(end)
    this.#finished = true
    this.#stream?.write(Buffer.from('q\n'))
  }

  /** Digests say that the bytes are the pod's; this, that each packet in them was taken once, also by the runs before a crash. */
  #miscount({ exitCode, words }: Extract<PullFrame, { kind: 'end' }>): string | undefined {
    // Killed, tcpdump has no last word: its counts are of some time before.
    const { captured } = exitCode === 0 ? countsIn(words) : {}
    const here = this.#sink.packets?.()
    if (captured === undefined || here === undefined || captured === here) return undefined
    return `tcpdump wrote ${captured} packets here, and ${here} were taken from it: a fault of Hopscope, please report it.`
  }

  #capturing(change: Partial<PointProgress>): void {
    const { message: _past, ...rest } = this.#progress
    this.#progress = rest
    const bytes = change.bytes ?? this.#progress.bytes
    // Until the first bytes are there, the file's header, tcpdump does not listen yet.
    this.#set({ ...change, state: this.#stopping ? 'stopping' : bytes > 0 ? 'capturing' : 'starting' })
  }

  #set(change: Partial<PointProgress>): void {
    this.#progress = { ...this.#progress, ...change }
    this.#onChange()
  }

  /** Why it is of no use to ask again, or undefined. */
  async #whyGone(cut: string): Promise<Gone | undefined> {
    const silent = performance.now() - this.#heardAt
    if (silent > this.job.giveUpMs)
      return { message: `Nothing was heard from the pod for ${Math.round(silent / 1000)} s: ${cut}` }
    if (cut === 'no such capture') return { message: 'The pod no longer has the capture: its container was ended.' }
    return containerGone(this.#connection, this.place, this.#abandon.signal)
  }

  #insist(what: string, action: () => Promise<void>): Promise<void> {
    const { giveUpMs } = this.job
    return insist({ what, giveUpMs, signal: this.#abandon.signal, whyGone: (cut) => this.#whyGone(cut) }, action)
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
