import * as z from 'zod/mini'
import { CHECKS, type CheckResult, type CheckTarget as CheckTargetModel } from './model/check.ts'
import type { ContextCaptureSettings, ContextEntry, ContextList } from './model/context.ts'
import type { ExplorerKind, ExplorerRows, PodDetails, RowChanges } from './model/explorer.ts'
import type { JoinedFacts as JoinedFactsModel, JoinedPlace } from './model/joined-capture.ts'
import type { LibraryCapture, LiveCapture, PointLook, PointPlan, SweepReport } from './model/live-capture.ts'
import type { Note as NoteModel } from './model/note.ts'
import { Note, NoteId } from './model/note-schema.ts'
import type { TerminalFacts, TerminalOutput, TerminalTarget as TerminalTargetModel } from './model/terminal.ts'

// All that crosses between the host and a user interface, in one file: schemas for what comes in, types for what goes out.
// How it is carried, validated and re-connected: ARCHITECTURE.md, "The contract".
// Bytes of captures are not here: they travel on the data plane (see CaptureSource.url).

/** Every error that crosses carries one of these codes; the message is for the person. */
export type ErrorCode =
  'invalid-argument' | 'not-found' | 'permission-denied' | 'unavailable' | 'cancelled' | 'unsupported' | 'internal'

/**
 * Values that keep coming. It carries flow control (the host waits for a slow reader), and cancelling, or leaving a `for await` over it,
 * ends the work behind it. At run time a ReadableStream on both sides; this is the part of it that needs no DOM.
 */
export interface Subscription<T> {
  [Symbol.asyncIterator](): AsyncIterator<T>
  cancel(reason?: unknown): Promise<void>
  getReader(): {
    read(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true; readonly value?: unknown }>
    cancel(reason?: unknown): Promise<void>
  }
}

export const Theme = z.enum(['system', 'light', 'dark'])
export type Theme = z.infer<typeof Theme>

export const SettingsChange = z.partial(z.strictObject({ theme: Theme }))
export type SettingsChange = z.infer<typeof SettingsChange>
export interface Settings {
  readonly theme: Theme
}

export interface AppFacts {
  readonly version: string
  readonly platform: 'linux' | 'darwin' | 'win32' | 'other'
  /** How the interface reaches the host. */
  readonly door: 'desktop' | 'browser' | 'pipe'
  /** The host can show the system's file dialog. */
  readonly hasFileDialog: boolean
}

/** A capture the host can serve. */
export interface CaptureSource {
  readonly id: string
  /** File name, without folder. */
  readonly name: string
  /** Absolute path on the host, for the person to recognise. */
  readonly path: string
  /** Bytes on disk, as stored. */
  readonly size: number
  /** More bytes may come: read with ?follow=1 to get them as they do. */
  readonly growing: boolean
  /** Where its bytes are, relative to the door's data base; ranges are honoured. */
  readonly url: string
}

export interface Sample {
  readonly name: string
  readonly title: string
  /** A sentence: what happens in it. */
  readonly description: string
  /** Absolute path on the host, as of the CaptureSource that it is opened as. */
  readonly path: string
  readonly size: number
}

export interface RecentCapture {
  readonly path: string
  readonly name: string
  readonly size: number
  /** Milliseconds since 1970. */
  readonly openedAt: number
}

const CapturePath = z.string().check(z.minLength(1), z.maxLength(4096))
export const CaptureId = z.string().check(z.regex(/^[a-z0-9-]{1,64}$/))
export const SampleName = z.string().check(z.regex(/^[a-z0-9-]{1,64}$/))

export interface AppSection {
  facts(): Promise<AppFacts>
  settings(): Promise<Settings>
  changeSettings(change: SettingsChange): Promise<Settings>
  /** The settings now, then after each change, also by another window. */
  watchSettings(): Promise<Subscription<Settings>>
  /** What the menu, the operating system or the command line ask of this window. */
  watchCommands(): Promise<Subscription<HostCommand>>
}

export type HostCommand =
  | { readonly kind: 'open-capture'; readonly capture: CaptureSource }
  | { readonly kind: 'run'; /** A command of the renderer's, see renderer/app/commands. */ readonly command: string }

export interface CapturesSection {
  samples(): Promise<readonly Sample[]>
  openSample(name: string): Promise<CaptureSource>
  recent(): Promise<readonly RecentCapture[]>
  forgetRecent(path: string): Promise<void>
  /** A file on the host, by absolute path. not-found, permission-denied, unsupported (a folder, a device). */
  openFile(path: string): Promise<CaptureSource>
  /** The system's file dialog; undefined when the person cancelled. unsupported where there is none. */
  chooseFile(): Promise<CaptureSource | undefined>
  source(id: string): Promise<CaptureSource>
}

const ContextName = z.string().check(z.minLength(1), z.maxLength(1024))
const ObjectName = z.string().check(z.minLength(1), z.maxLength(253))
/** An object's namespace; "" asks for all of them. */
const NamespaceName = z.string().check(z.maxLength(253))
export const Image = z.string().check(z.minLength(1), z.maxLength(1024))

export const ContextCaptureChange = z.partial(
  z.strictObject({
    image: Image,
    imagePullSecrets: z.array(ObjectName).check(z.maxLength(16)),
    /** "": the namespace of the captured pod. */
    debugNamespace: NamespaceName,
  }),
)
export type ContextCaptureChange = z.infer<typeof ContextCaptureChange>

/** The kubeconfig's contexts, and what Hopscope made in their clusters. */
export interface ClustersSection {
  /** All contexts, again when one of them or a kubeconfig file changes. While somebody watches they are asked how they are. */
  watchContexts(): Promise<Subscription<ContextList>>
  /** Starts a cluster on this machine to try things on, once; the name of its context, which is among those of watchContexts from then on. */
  startDemo(): Promise<string>
  /** Asks one how it is, now; runs its login plugin if it has one. */
  askContext(context: string): Promise<ContextEntry>
  /** Another kubeconfig file, by absolute path; remembered. not-found, permission-denied. */
  addFile(path: string): Promise<void>
  /** As addFile, with the system's file dialog; false when the person cancelled. unsupported where there is none. */
  chooseFile(): Promise<boolean>
  removeFile(path: string): Promise<void>
  captureSettings(context: string): Promise<ContextCaptureSettings>
  changeCaptureSettings(context: string, change: ContextCaptureChange): Promise<ContextCaptureSettings>
  /** What is left in clusters: those where the ledger of this machine names something, and those that were asked about. */
  watchSweeps(): Promise<Subscription<readonly SweepReport[]>>
  /** Looks what is left in a cluster. */
  findLeftovers(context: string): Promise<SweepReport>
  /** Removes what is ours there and no running capture uses. */
  removeLeftovers(context: string): Promise<SweepReport>
}

const ExplorerKinds = z.enum(['namespaces', 'pods', 'workloads', 'services', 'nodes'])

/** A cluster's objects, live while they are looked at. */
export interface ExplorerSection {
  /** The rows of a kind; namespace "" for all. Cancelling it ends the watch behind it, unless others look as well. */
  watchRows<Kind extends ExplorerKind>(
    context: string,
    kind: Kind,
    namespace: string,
  ): Promise<Subscription<RowChanges<ExplorerRows[Kind]>>>
  watchPod(context: string, namespace: string, pod: string): Promise<Subscription<PodDetails>>
}

const interfaceName = z.optional(z.string().check(z.minLength(1), z.maxLength(64)))
export const PointTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pod'), namespace: ObjectName, pod: ObjectName, interface: interfaceName }),
  z.strictObject({ kind: z.literal('node'), node: ObjectName, interface: interfaceName }),
])
export type PointTarget = z.infer<typeof PointTarget>
const PointTargets = z.readonly(z.array(PointTarget).check(z.minLength(1), z.maxLength(200)))

const BpfText = z.string().check(z.maxLength(8192))
const positive = (most: number) => z.optional(z.int().check(z.minimum(1), z.maximum(most)))

export const CaptureOrder = z.strictObject({
  context: ContextName,
  title: z.string().check(z.minLength(1), z.maxLength(200)),
  targets: PointTargets,
  follow: z.optional(
    z.strictObject({ namespace: ObjectName, labels: z.string().check(z.minLength(1), z.maxLength(2048)) }),
  ),
  filter: BpfText,
  snapLength: z.int().check(z.minimum(0), z.maximum(262_144)),
  durationSeconds: positive(24 * 3600),
  packetLimit: positive(1e12),
  byteLimit: positive(1e15),
})
export type CaptureOrder = z.infer<typeof CaptureOrder>

const ClusterCaptureId = z.string().check(z.regex(/^[a-f0-9]{12}$/))
/** A file name of the library: no folder in it. */
export const LibraryName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,200}\.pcapng$/))

const captureNames = z.readonly(z.array(z.string().check(z.minLength(1), z.maxLength(1024))).check(z.maxLength(64)))
const moment = z.number().check(z.minimum(-8.64e15), z.maximum(8.64e15))
const count = z.int().check(z.minimum(0))
export const JoinedId = z.string().check(z.regex(/^joined-[a-f0-9]{24}$/))
export const JoinOrder = z.strictObject({
  title: z.string().check(z.minLength(1), z.maxLength(200)),
  from: captureNames.check(z.minLength(2)),
  bytes: count,
})
export type JoinOrder = z.infer<typeof JoinOrder>
export const JoinedFacts = z.strictObject({
  packets: count,
  points: z.readonly(z.array(z.string().check(z.maxLength(1024))).check(z.maxLength(4096))),
  startedAt: moment,
  endedAt: moment,
  message: z.optional(z.string().check(z.maxLength(16_384))),
})

/** Captures from clusters, from the question what is allowed to the file that is kept. */
export interface CapturingSection {
  /** What it would take, for each point; changes nothing in the cluster. */
  plan(context: string, targets: readonly PointTarget[]): Promise<readonly PointPlan[]>
  /**
   * Reads the interfaces at a point and lets tcpdump check the filter there. Makes what the plan says it creates, where that is not there
   * yet: a container in a pod stays for the capture, a pod on a node is removed again.
   */
  look(context: string, target: PointTarget, filter: string): Promise<PointLook>
  /** Starts a capture; its id. Everything else is told by watchLive. */
  start(order: CaptureOrder): Promise<string>
  /** Ends it in order: what was captured is fetched first. */
  stop(id: string): Promise<void>
  /** Ends it now; what has not been fetched is given up. */
  abandon(id: string): Promise<void>
  /** Lets it run for so many seconds more from now, or without an end. */
  extend(id: string, seconds: number | undefined): Promise<void>
  /** Goes on with a capture of the library that was interrupted; its id. */
  resume(name: string): Promise<string>
  watchLive(): Promise<Subscription<readonly LiveCapture[]>>
  /** The captures that are kept, newest first. */
  watchLibrary(): Promise<Subscription<readonly LibraryCapture[]>>
  /** Deletes one for good. */
  deleteCapture(name: string): Promise<void>
  /**
   * A capture that the page puts together of others, see model/joined-capture.ts. Says where it goes; where the subscription ends before
   * finishJoined, what is there of it is deleted. unavailable where the disk has no room for it.
   */
  beginJoined(order: JoinOrder): Promise<Subscription<JoinedPlace>>
  /** All its bytes are there: it is in the library. */
  finishJoined(id: string, facts: JoinedFactsModel): Promise<CaptureSource>
}

const contextName = z.optional(ContextName)
const inContainer = { context: ContextName, namespace: ObjectName, pod: ObjectName, container: ObjectName }
/** Shells in a cluster, and places for checks. */
const clusterTargets = [
  z.strictObject({ kind: z.literal('container'), ...inContainer }),
  z.strictObject({ kind: z.literal('debug-container'), ...inContainer }),
  z.strictObject({ kind: z.literal('node'), context: ContextName, node: ObjectName }),
] as const
export const TerminalTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('local'), context: contextName, namespace: z.optional(ObjectName) }),
  z.strictObject({ kind: z.literal('login'), context: ContextName }),
  ...clusterTargets,
])
export const CheckTarget = z.discriminatedUnion('kind', clusterTargets)
export const Checks = z.readonly(z.array(z.enum(CHECKS)).check(z.minLength(1), z.maxLength(16)))
const TerminalId = z.string().check(z.regex(/^terminal-[a-f0-9]{12}$/))
const cells = z.int().check(z.minimum(1), z.maximum(4096))
/** What is typed or pasted, a piece at a time. */
const TerminalInput = z.instanceof(Uint8Array).check(z.refine((bytes) => bytes.length <= 65_536))

/** Shells in pods, on nodes and on this machine. They belong to the host: a window may go and come back. */
export interface TerminalsSection {
  watch(): Promise<Subscription<readonly TerminalFacts[]>>
  /** Starts one; its id. What becomes of it is told by watch. */
  open(target: TerminalTargetModel, columns: number, rows: number): Promise<string>
  /** Its output from a place on, as far back as it is kept. A reader that stops stops the shell. */
  output(id: string, from: number): Promise<Subscription<TerminalOutput>>
  /** Resolves when the shell takes more. */
  input(id: string, bytes: Uint8Array): Promise<void>
  resize(id: string, columns: number, rows: number): Promise<void>
  /** A new shell in the place of one that ended. */
  reconnect(id: string): Promise<void>
  /** Ends the shell and removes what was made for it. */
  close(id: string): Promise<void>
  /** Records its output beside a capture (by id) or else in the data folder; the file's path. */
  record(id: string, capture: string | undefined): Promise<string>
  stopRecording(id: string): Promise<void>
}

/** Commands that only read, beside the packets. */
export interface ChecksSection {
  /** Runs them one after the other; what a node or an image without the tools needs for that is made and removed. */
  run(target: CheckTargetModel, checks: z.infer<typeof Checks>): Promise<readonly CheckResult[]>
}

/** What a person noted about captures, kept beside each. Captures are named by id. */
export interface NotesSection {
  /** All notes on a capture, oldest first; again after each change, also by another window or program. not-found, permission-denied. */
  watch(capture: string): Promise<Subscription<readonly NoteModel[]>>
  /** Adds it, or replaces the one with its id. When it resolves the note is on disk. */
  put(capture: string, note: NoteModel): Promise<void>
  /** Nothing happens where there is none with this id. */
  remove(capture: string, id: string): Promise<void>
}

/** How a subscription crosses: the host offers next(), the interface asks for as many values ahead as it can take. */
export type PulledValue<T> = { readonly value: T } | { readonly done: true }

/** What the host offers. Every section has a service in main/services. */
export interface HostContract {
  readonly app: AppSection
  readonly captures: CapturesSection
  readonly clusters: ClustersSection
  readonly explorer: ExplorerSection
  readonly capturing: CapturingSection
  readonly terminals: TerminalsSection
  readonly checks: ChecksSection
  readonly notes: NotesSection
}

/** What a method takes, as schemas: one for each argument. */
type Inputs<Section> = {
  readonly [Method in keyof Section]: Section[Method] extends (...args: infer Args) => unknown
    ? { readonly [Index in keyof Args]: z.ZodMiniType<Args[Index]> }
    : never
}

/**
 * The schema of every argument of every call, and with it the list of all calls: the host exposes and validates exactly these,
 * the interface's stub is built from it. A method missing here is a type error, one missing in the host a failed test.
 */
export const contractInputs = {
  app: {
    facts: [],
    settings: [],
    changeSettings: [SettingsChange],
    watchSettings: [],
    watchCommands: [],
  },
  captures: {
    samples: [],
    openSample: [SampleName],
    recent: [],
    forgetRecent: [CapturePath],
    openFile: [CapturePath],
    chooseFile: [],
    source: [CaptureId],
  },
  clusters: {
    watchContexts: [],
    startDemo: [],
    askContext: [ContextName],
    addFile: [CapturePath],
    chooseFile: [],
    removeFile: [CapturePath],
    captureSettings: [ContextName],
    changeCaptureSettings: [ContextName, ContextCaptureChange],
    watchSweeps: [],
    findLeftovers: [ContextName],
    removeLeftovers: [ContextName],
  },
  explorer: {
    watchRows: [ContextName, ExplorerKinds, NamespaceName],
    watchPod: [ContextName, ObjectName, ObjectName],
  },
  capturing: {
    plan: [ContextName, PointTargets],
    look: [ContextName, PointTarget, BpfText],
    start: [CaptureOrder],
    stop: [ClusterCaptureId],
    abandon: [ClusterCaptureId],
    extend: [ClusterCaptureId, z.optional(z.int().check(z.minimum(1), z.maximum(24 * 3600)))],
    resume: [LibraryName],
    watchLive: [],
    watchLibrary: [],
    deleteCapture: [LibraryName],
    beginJoined: [JoinOrder],
    finishJoined: [JoinedId, JoinedFacts],
  },
  terminals: {
    watch: [],
    open: [TerminalTarget, cells, cells],
    output: [TerminalId, z.int().check(z.minimum(0))],
    input: [TerminalId, TerminalInput],
    resize: [TerminalId, cells, cells],
    reconnect: [TerminalId],
    close: [TerminalId],
    record: [TerminalId, z.optional(CaptureId)],
    stopRecording: [TerminalId],
  },
  checks: { run: [CheckTarget, Checks] },
  notes: {
    watch: [CaptureId],
    put: [CaptureId, Note],
    remove: [CaptureId, NoteId],
  },
} as const satisfies { readonly [Section in keyof HostContract]: Inputs<HostContract[Section]> }
