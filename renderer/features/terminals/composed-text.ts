import type { Terminal } from '@xterm/xterm'

/** What an input method has taken. */
const TAKEN = 229

/**
 * Text that no key of its own writes: of input methods, dead keys, an emoji panel, dictation. xterm sends it from timers, by what its textarea
 * holds then; where several events come before the first timer, as on a busy machine, it sends text twice, late or never. Here it is
 * taken out of the textarea at once, so it can't be sent again. xterm goes on showing what is being composed.
 */
export class ComposedText {
  readonly #term: Terminal
  readonly #send: (text: string) => void
  #isComposing = false
  /** xterm has sent what this key writes. In the textarea, where it may be written as well, it is not for us. */
  #isSent = false
  /** Where in the textarea what we have to send begins. */
  #from = 0

  constructor(term: Terminal, send: (text: string) => void) {
    this.#term = term
    this.#send = send
    term.onKey(() => {
      this.#isSent = true
      this.#pass()
    })
  }

  /** Once the terminal is on the page. */
  open(): void {
    // The textarea is within it: what comes here first need not get there.
    const listen = <K extends keyof HTMLElementEventMap>(type: K, use: (event: HTMLElementEventMap[K]) => void) =>
      this.#term.element?.addEventListener(type, use, { capture: true })
    listen('compositionstart', () => {
      this.#take()
      this.#pass()
      this.#isComposing = true
    })
    listen('compositionend', () => {
      this.#isComposing = false
      this.#take()
    })
    // It was emptied when it lost the focus.
    listen('focusin', () => this.#pass())
    listen('input', (event) => {
      if (this.#isComposing) return
      if (this.#isSent) return this.#pass()
      event.stopPropagation()
      this.#take()
    })
  }

  /**
   * For each event of a key, before xterm sees it. False where it must not: keys of an input method, and AltGr by itself, which it takes for a
   * dead key and then swallows an arrow.
   */
  mayPass(event: KeyboardEvent): boolean {
    this.#isSent = false
    return !event.isComposing && event.keyCode !== TAKEN && event.key !== 'AltGraph'
  }

  /** What is in the textarea by now is not to be sent. */
  #pass(): void {
    this.#from = this.#term.textarea?.value.length ?? 0
  }

  #take(): void {
    const { textarea } = this.#term
    const text = textarea?.value.slice(this.#from) ?? ''
    if (!textarea || text === '') return
    textarea.value = ''
    this.#from = 0
    this.#send(text.replace(/\r?\n/g, '\r'))
  }
}
