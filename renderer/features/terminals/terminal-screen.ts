import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { Unicode11Addon } from '@xterm/addon-unicode11'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { WebglAddon } from '@xterm/addon-webgl'
import { Terminal, type ITheme } from '@xterm/xterm'
import type { HostContract, Subscription } from '../../../common/contract.ts'
import type { TerminalOutput } from '../../../common/model/terminal.ts'
import { ComposedText } from './composed-text.ts'
import { MarkedLines, type MarkedTime } from './marked-lines.ts'
import { pastedLines, type PastedLines } from './pasted-lines.ts'
import type { TerminalPreferences } from './preferences.ts'
import { allowSpanStyles, withStyleSheets } from './style-sheets.ts'
import { TypedCommands } from './typed-commands.ts'

const INPUT_PIECE = 32 * 1024
const INTERRUPT = '\x03'
/**
 * Pieces that are handed to xterm and not parsed yet, and bytes that always are. It works 12 ms at a time and then waits for a timer: with less at
 * hand it waits more than it works. The host makes the pieces of a flood as large as are drawn in about that time.
 */
const AHEAD_PIECES = 2
const AHEAD_BYTES = 64 * 1024

export interface ScreenHandlers {
  /** What was typed; resolves when the shell takes more. */
  readonly input: (bytes: Uint8Array) => Promise<void>
  readonly resize: (columns: number, rows: number) => void
  /** Asks before what is pasted may run. */
  readonly mayPaste: (lines: PastedLines) => Promise<boolean>
  readonly link: (url: string) => void
  /** A command that was run while that is wanted, and when, milliseconds since 1970. */
  readonly command: (command: string, at: number) => void
  /** How many lines were printed in the time that is marked. */
  readonly marked: (lines: number) => void
  /** True when the key is the window's and not the shell's. */
  readonly isOurs: (event: KeyboardEvent) => boolean
}

/** One terminal on the page: an xterm with what it needs, in an element of its own. */
export class TerminalScreen implements Disposable {
  readonly #term: Terminal
  readonly #fit = new FitAddon()
  readonly search = new SearchAddon()
  readonly #handlers: ScreenHandlers
  readonly #encoder = new TextEncoder()
  readonly #lines: MarkedLines
  readonly #commands: TypedCommands
  readonly #composed: ComposedText
  /** Pieces that have not been sent yet, in order. */
  #queue: Uint8Array[] = []
  #sending = false
  /** What is being drawn was there before: answers to its questions were given then. */
  #replaying = false
  /** The key whose data comes next: not an answer. */
  #pressed: string | undefined
  #watch: ResizeObserver | undefined
  #isFitted = false
  #webgl: WebglAddon | undefined
  #wantsWebgl: boolean
  #copyOnSelect: boolean

  constructor(preferences: TerminalPreferences, theme: ITheme, handlers: ScreenHandlers) {
    this.#handlers = handlers
    this.#copyOnSelect = preferences.copyOnSelect
    this.#wantsWebgl = preferences.webgl
    const term = new Terminal({
      ...optionsOf(preferences),
      theme,
      allowProposedApi: true,
      cursorBlink: false,
      macOptionClickForcesSelection: true,
      // Links with a text of their own (OSC 8): where they lead is shown before they are followed.
      linkHandler: {
        activate: (_event, url) => handlers.link(url),
        hover: (_event, url) => this.#say(url),
        leave: () => this.#say(''),
      },
    })
    this.#term = term
    this.#lines = new MarkedLines(term, handlers.marked)
    this.#commands = new TypedCommands(term, handlers.command)
    this.#composed = new ComposedText(term, (text) => {
      this.#pressed = text
      term.input(text)
    })
    term.loadAddon(this.#fit)
    term.loadAddon(this.search)
    term.loadAddon(new Unicode11Addon())
    term.unicode.activeVersion = '11'
    term.loadAddon(new WebLinksAddon((_event, url) => handlers.link(url)))
    term.onKey(({ key }) => (this.#pressed = key))
    term.onData((text) => this.#type(text))
    term.onBinary((text) => this.#send(Uint8Array.from(text, (character) => character.charCodeAt(0))))
    term.onResize(({ cols, rows }) => handlers.resize(cols, rows))
    term.onSelectionChange(() => {
      if (this.#copyOnSelect && term.hasSelection()) void this.copy()
    })
    term.attachCustomKeyEventHandler((event) => this.#composed.mayPass(event) && !handlers.isOurs(event))
  }

  get columns(): number {
    return this.#term.cols
  }
  get rows(): number {
    return this.#term.rows
  }
  /** It has the size of its place, and not the one that terminals begin with. */
  get isFitted(): boolean {
    return this.#isFitted
  }

  /** Draws into `element` and follows its size. Resolves when it has that size. */
  open(element: HTMLElement): Promise<void> {
    allowSpanStyles()
    withStyleSheets(() => this.#term.open(element))
    this.#lines.open()
    this.#composed.open()
    this.#draw()
    element.addEventListener('paste', (event) => this.#pasted(event), { capture: true })
    return new Promise((resolve) => {
      this.#watch = new ResizeObserver(() => {
        this.fit()
        if (this.#isFitted) resolve()
      })
      this.#watch.observe(element)
    })
  }

  fit(): void {
    // While it is hidden, or its drawer is shut, there is nothing to fit to: a shell of one row would spoil what runs in it.
    if (!((this.#fit.proposeDimensions()?.rows ?? 0) > 1)) return
    this.#fit.fit()
    this.#isFitted = true
  }

  focus(): void {
    this.#term.focus()
  }

  set(preferences: TerminalPreferences, theme: ITheme): void {
    this.#copyOnSelect = preferences.copyOnSelect
    this.#wantsWebgl = preferences.webgl
    this.#draw()
    Object.assign(this.#term.options, optionsOf(preferences), { theme })
    this.fit()
  }

  async copy(): Promise<boolean> {
    const text = this.#term.getSelection()
    if (text) await navigator.clipboard.writeText(text).catch(() => undefined)
    return text !== ''
  }

  async paste(text: string): Promise<void> {
    const lines = pastedLines(text)
    // A shell that knows bracketed paste runs nothing before Enter; for the others each line is a command.
    const harmless = !lines.runs || (this.#term.modes.bracketedPasteMode && lines.count < 20)
    if (!harmless && !(await this.#handlers.mayPaste(lines))) return
    this.#term.paste(text)
    this.#term.focus()
  }

  /** Marks what was printed in that time; undefined marks nothing. */
  mark(time: MarkedTime | undefined): void {
    this.#lines.mark(time)
  }

  /** Whether the commands that are run are told. */
  tellCommands(wanted: boolean): void {
    this.#commands.wanted = wanted
  }

  /** The lines on screen and above it, for a note. */
  text(): string {
    const { buffer } = this.#term
    const lines: string[] = []
    for (let i = 0; i < buffer.active.length; i++) lines.push(buffer.active.getLine(i)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }

  /**
   * Shows the output from `from` on until it ends, and returns the place it has come to. The next piece is asked for when this one is
   * drawn, so a flood is held up at its source and the page stays quick.
   */
  async show(
    open: (from: number) => ReturnType<HostContract['terminals']['output']>,
    from: number,
    signal: AbortSignal,
  ): Promise<number> {
    let at = from
    const ahead: { readonly size: number; readonly drawn: Promise<void> }[] = []
    let size = 0
    const subscription: Subscription<TerminalOutput> = await open(from)
    const reader = subscription.getReader()
    const leave = () => void reader.cancel().catch(() => undefined)
    signal.addEventListener('abort', leave, { once: true })
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || signal.aborted) return at
        const drawn = () =>
          new Promise<void>((done) => {
            // Called in its turn, when all before it has been drawn: the cursor is where it begins.
            this.#term.write('', () => this.#lines.printing(value.time))
            this.#term.write(value.bytes, () => {
              this.#commands.drawn()
              done()
            })
          })
        if (value.replayed) {
          this.#replaying = true
          await drawn()
          this.#replaying = false
        } else {
          // Some ahead, so that xterm never waits for the line.
          while (size >= Math.max(AHEAD_BYTES, AHEAD_PIECES * value.bytes.length)) {
            const first = ahead.shift()
            size -= first?.size ?? size
            await first?.drawn
          }
          size += value.bytes.length
          ahead.push({ size: value.bytes.length, drawn: drawn() })
        }
        at = value.at + value.bytes.length
      }
    } finally {
      this.#replaying = false
      signal.removeEventListener('abort', leave)
    }
  }

  [Symbol.dispose](): void {
    this.#watch?.disconnect()
    this.#term.dispose()
  }

  /** With the graphics card where that is wanted and there is one, else with elements. */
  #draw(): void {
    if (this.#wantsWebgl === (this.#webgl !== undefined)) return
    withStyleSheets(() => this.#webgl?.dispose())
    this.#webgl = undefined
    if (!this.#wantsWebgl) return
    try {
      const webgl = new WebglAddon()
      webgl.onContextLoss(() => withStyleSheets(() => webgl.dispose()))
      this.#term.loadAddon(webgl)
      this.#webgl = webgl
    } catch {
      // No WebGL here.
      this.#wantsWebgl = false
    }
  }

  #say(title: string): void {
    if (this.#term.element) this.#term.element.title = title
  }

  #pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain')
    event.preventDefault()
    event.stopPropagation()
    if (text) void this.paste(text)
  }

  #type(text: string): void {
    // What xterm finds in its textarea after a composition.
    if (text === '') return
    const isPressed = this.#pressed === text
    this.#pressed = undefined
    if (this.#replaying && !isPressed) return
    this.#commands.typed(text)
    // Who presses Ctrl-C wants it to stop, also what of a paste has not been sent.
    if (text === INTERRUPT) this.#queue = []
    this.#send(this.#encoder.encode(text))
  }

  #send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += INPUT_PIECE) this.#queue.push(bytes.subarray(at, at + INPUT_PIECE))
    if (!this.#sending) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#sending = true
    try {
      for (let piece = this.#queue.shift(); piece; piece = this.#queue.shift()) await this.#handlers.input(piece)
    } catch {
      // The terminal or the host is gone: its state says so.
      this.#queue = []
    }
    this.#sending = false
  }
}

function optionsOf({ fontSize, scrollback, screenReader }: TerminalPreferences) {
  return {
    fontFamily: "'JetBrains Mono Variable', ui-monospace, Menlo, Consolas, monospace",
    fontSize,
    lineHeight: 1.15,
    scrollback,
    screenReaderMode: screenReader,
  }
}
