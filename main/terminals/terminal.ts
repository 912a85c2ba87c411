import { asHostError } from '../../common/host-error.ts'
import type { TerminalEnd, TerminalFacts, TerminalOutput, TerminalTarget } from '../../common/model/terminal.ts'
import { OutputLog } from './output-log.ts'
import { Recording } from './recording.ts'
import type { OpenLine, TerminalLine, TerminalSize } from './terminal-line.ts'

const ENTER = 13

/** One terminal of the host: a shell, or the end of one, and what it has put out. Goes on while no window shows it. */
export class Terminal {
  readonly id: string
  readonly target: TerminalTarget
  readonly title: string
  readonly #open: OpenLine
  readonly #changed: () => void
  readonly #log = new OutputLog()
  #size: TerminalSize
  #line: TerminalLine | undefined
  #starting: AbortController | undefined
  #state: TerminalFacts['state'] = 'starting'
  #notes: readonly string[] = []
  #end: TerminalEnd | undefined
  #recording: Recording | undefined
  #session = 0
  /** Input goes to the shell in the order in which it came. */
  #input: Promise<void> = Promise.resolve()

  constructor(
    id: string,
    target: TerminalTarget,
    title: string,
    size: TerminalSize,
    open: OpenLine,
    changed: () => void,
  ) {
    this.id = id
    this.target = target
    this.title = title
    this.#size = size
    this.#open = open
    this.#changed = changed
    void this.#start()
  }

  facts(): TerminalFacts {
    return {
      id: this.id,
      target: this.target,
      title: this.title,
      state: this.#state,
      notes: this.#notes,
      ...(this.#end && { end: this.#end }),
      ...(this.#recording && { recording: this.#recording.path }),
      session: this.#session,
    }
  }

  output(from: number): ReadableStream<TerminalOutput> {
    return this.#log.read(from)
  }

  /** Resolves when the shell takes more. What comes after its end is dropped: there is nobody to read it. */
  write(bytes: Uint8Array): Promise<void> {
    const line = this.#line
    if (!line) {
      if (this.#end?.again && bytes.includes(ENTER)) this.reconnect()
      return Promise.resolve()
    }
    this.#input = this.#input.then(() => line.write(bytes)).catch(() => undefined)
    return this.#input
  }

  resize(size: TerminalSize): void {
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return
    this.#size = size
    this.#line?.resize(size)
    this.#recording?.resize(size)
  }

  /** A new shell in the place of one that ended; what was on the screen stays. */
  reconnect(): void {
    if (this.#state !== 'ended') return
    this.#state = 'starting'
    this.#end = undefined
    this.#notes = []
    this.#session++
    this.#changed()
    void this.#start()
  }

  async record(path: string): Promise<void> {
    if (this.#recording) return
    this.#recording = await Recording.start(path, this.#size, this.title)
    this.#changed()
  }

  async stopRecording(): Promise<void> {
    const recording = this.#recording
    this.#recording = undefined
    await recording?.stop()
    this.#changed()
  }

  /** Ends the shell and what was made for it. */
  async close(): Promise<void> {
    this.#starting?.abort()
    await this.#line?.close()
    await this.stopRecording()
    this.#log.close()
  }

  async #start(): Promise<void> {
    const starting = new AbortController()
    this.#starting = starting
    try {
      const line = await this.#open(
        this.#size,
        {
          output: (bytes) => {
            this.#recording?.output(bytes)
            return this.#log.write(bytes)
          },
          note: (text) => {
            this.#notes = [...this.#notes, text]
            this.#changed()
          },
        },
        starting.signal,
      )
      this.#line = line
      this.#state = 'running'
      line.resize(this.#size)
      this.#changed()
      this.#finish(await line.ended)
    } catch (error) {
      this.#finish({ reason: asHostError(error).message })
    }
  }

  #finish(end: TerminalEnd): void {
    this.#line = undefined
    this.#state = 'ended'
    this.#end = end
    this.#changed()
  }
}
