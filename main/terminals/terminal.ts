import { asHostError, HostError } from '../../common/host-error.ts'
import { whyFileFailed } from '../file-errors.ts'
import type { TerminalEnd, TerminalFacts, TerminalOutput, TerminalTarget } from '../../common/model/terminal.ts'
import { OutputLog } from './output-log.ts'
import { Recording } from './recording.ts'
import type { OpenLine, TerminalLine, TerminalSize } from './terminal-line.ts'

const ENTER = 13
/** What was typed and no shell has taken yet: while one is being started, or is slow. */
const UNSENT_BYTES = 1 << 20
/**
 * Takes back what a program that ended in the middle may have left: the alternate screen (DECSET 1049, with the cursor saved before, so that
 * it stays where none was entered), modes of keys and colours (DECSTR), reports of the mouse.
 */
const SOBER = '\x1b7\x1b[?1049l\x1b[!p\x1b[?1000l\x1b[?1006l'

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
  /** The shell that was asked for last; undefined when it did not come to be. */
  #coming: Promise<TerminalLine | undefined> = Promise.resolve(undefined)
  /** Input goes to the shell in the order in which it came. */
  #input: Promise<void> = Promise.resolve()
  #unsent = 0
  #isAtLineStart = true

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

  /**
   * Resolves when the shell takes more. What comes while it is being started waits for it; after its end Enter starts another, and all else
   * is dropped: there is nobody to read it. Throws 'unavailable' when too much waits.
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#end) {
      if (!this.#end.final && bytes.length === 1 && bytes[0] === ENTER) this.reconnect()
      return
    }
    // A login asks: what was typed before its question is no answer.
    if (this.target.kind === 'login' && !this.#line) return
    if (this.#unsent + bytes.length > UNSENT_BYTES)
      throw new HostError('unavailable', `${this.title} takes no more input.`)
    this.#unsent += bytes.length
    const coming = this.#coming
    this.#input = this.#input
      .then(async () => (await coming)?.write(bytes))
      .catch(() => undefined)
      .finally(() => (this.#unsent -= bytes.length))
    await this.#input
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

  /**
   * Into a new file at `path`; returns the path of what is recorded, also where it was already. Throws 'unsupported' for a login: its questions
   * and answers are for nobody else.
   */
  async record(path: string): Promise<string> {
    if (this.target.kind === 'login') throw new HostError('unsupported', 'A login is not recorded.')
    if (this.#recording) return this.#recording.path
    const recording = await Recording.start(path, this.#size, this.title, (error) => {
      if (this.#recording === recording) this.#recording = undefined
      this.#notes = [...this.#notes, `The recording ${path} ended: ${whyFileFailed(error)}`]
      this.#changed()
    })
    this.#recording = recording
    this.#changed()
    return path
  }

  async stopRecording(): Promise<void> {
    const recording = this.#recording
    this.#recording = undefined
    await recording?.stop()
    this.#changed()
  }

  /** Ends the shell and what was made for it; one that is being started as soon as it is there. */
  async close(): Promise<void> {
    this.#starting?.abort()
    const line = this.#state === 'starting' ? await this.#coming : this.#line
    await line?.close()
    await this.stopRecording()
    this.#log.close()
  }

  async #start(): Promise<void> {
    const starting = new AbortController()
    this.#starting = starting
    const coming = Promise.withResolvers<TerminalLine | undefined>()
    this.#coming = coming.promise
    this.#input = Promise.resolve()
    try {
      const line = await this.#open(
        this.#size,
        {
          output: (bytes) => {
            this.#isAtLineStart = bytes.at(-1) === 10
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
      coming.resolve(line)
      this.#changed()
      this.#finish(await line.ended)
    } catch (error) {
      this.#finish({ reason: asHostError(error).message })
    } finally {
      coming.resolve(undefined)
    }
  }

  #finish(end: TerminalEnd): void {
    this.#line = undefined
    this.#state = 'ended'
    this.#end = end
    if (this.target.kind === 'login') this.#log.forget()
    const reason = end.reason.trimEnd()
    // A rule that would help has lines of its own.
    const gap = reason.includes('\n') ? '\n' : ' '
    const banner = plain(end.final ? reason : `${reason}${gap}Press Enter to start again.`)
    void this.#log.write(Buffer.from(`${SOBER}${this.#isAtLineStart ? '' : '\r\n'}\x1b[2m${banner}\x1b[m\r\n`))
    this.#isAtLineStart = true
    this.#changed()
  }
}

/** Reasons quote clusters and plugins: nothing in them may speak to the terminal. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- it is these that are taken out
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '').replace(/\n/g, '\r\n')
}
