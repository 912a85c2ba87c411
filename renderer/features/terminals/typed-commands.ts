import type { IMarker, Terminal } from '@xterm/xterm'

const ENTER = '\r'

interface Line {
  readonly mark: IMarker
  readonly column: number
}

/**
 * Commands as the terminal shows them, while somebody asks for them: what is on screen between where typing began and Enter. What is not
 * echoed, as a password, is not on screen and so not in here.
 */
export class TypedCommands {
  readonly #term: Terminal
  readonly #told: (command: string, at: number) => void
  #began: Line | undefined
  /** Entered, and not yet answered: on a slow line its last letters are still on their way. */
  #entered: (Line & { readonly shown: string; readonly at: number }) | undefined
  wanted = false

  constructor(term: Terminal, told: (command: string, at: number) => void) {
    this.#term = term
    this.#told = told
  }

  /** Before it is sent. */
  typed(text: string): void {
    const { active } = this.#term.buffer
    if (!this.wanted || active.type === 'alternate') {
      this.#began = undefined
      return
    }
    if (!this.#began) {
      const mark = this.#term.registerMarker(0)
      this.#began = { mark, column: active.cursorX }
    }
    if (text !== ENTER) return
    const line = this.#began
    this.#began = undefined
    this.#entered = { ...line, shown: this.#textFrom(line), at: Date.now() }
  }

  /** Whenever something was drawn. */
  drawn(): void {
    const entered = this.#entered
    const { active } = this.#term.buffer
    if (!entered || (!entered.mark.isDisposed && active.baseY + active.cursorY <= entered.mark.line)) return
    this.#entered = undefined
    const now = this.#textFrom(entered)
    // A command like clear takes its own line away.
    const command = (now.startsWith(entered.shown) ? now : entered.shown).trim()
    entered.mark.dispose()
    if (command && this.wanted) this.#told(command, entered.at)
  }

  #textFrom({ mark, column }: Line): string {
    const { active } = this.#term.buffer
    if (mark.isDisposed) return ''
    let text = active.getLine(mark.line)?.translateToString(false, column) ?? ''
    for (let line = mark.line + 1; active.getLine(line)?.isWrapped; line++)
      text += active.getLine(line)?.translateToString(false) ?? ''
    return text.trimEnd()
  }
}
