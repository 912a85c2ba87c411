import * as z from 'zod/mini'

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
  readonly size: number
}

export interface RecentCapture {
  readonly path: string
  readonly name: string
  readonly size: number
  /** Milliseconds since 1970. */
  readonly openedAt: number
}

export const CapturePath = z.string().check(z.minLength(1), z.maxLength(4096))
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

/** How a subscription crosses: the host offers next(), the interface asks for as many values ahead as it can take. */
export type PulledValue<T> = { readonly value: T } | { readonly done: true }

/** What the host offers. Every section has a service in main/services. */
export interface HostContract {
  readonly app: AppSection
  readonly captures: CapturesSection
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
} as const satisfies { readonly [Section in keyof HostContract]: Inputs<HostContract[Section]> }
