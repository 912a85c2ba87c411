import type { KeyPress } from './keys.ts'

/**
 * Keys typed ahead: while a capture is being opened nothing can take them yet, and a part of what is typed would mean something else ("/tcp"
 * without its "/" is three commands). They are kept in their order, and typed when the capture is there.
 */
export class KeysAhead {
  readonly #type: (press: KeyPress) => Promise<void>
  #opening = false
  #kept: KeyPress[] = []
  #typing = false

  /** @param type does what `press` does now; resolves when that can be seen by the next one. */
  constructor(type: (press: KeyPress) => Promise<void>) {
    this.#type = type
  }

  /** Whether keys are kept instead of doing something. */
  get waiting(): boolean {
    return this.#opening || this.#typing
  }

  /** Whether keys kept are being typed just now: what is pressed meanwhile comes after them, wherever the focus is by then. */
  get typing(): boolean {
    return this.#typing
  }

  /** Whether `press` was kept: nothing else may be done about it. What ends a word or moves in it is only kept after its beginning. */
  keep(press: KeyPress): boolean {
    if (!this.waiting) return false
    const begun = this.#typing || this.#kept.length > 0
    if (isChord(press) && !(begun && isWrittenWithAlt(press))) return false
    if (!begun && (press.key.length > 1 || press.key === ' ')) return false
    this.#kept.push(press)
    return true
  }

  /** From now on keys are kept. */
  hold(): void {
    this.#opening = true
  }

  /** Types what was kept, and what is pressed meanwhile after it. */
  async release(): Promise<void> {
    this.#opening = false
    if (this.#typing) return
    this.#typing = true
    try {
      while (!this.#opening) {
        const press = this.#kept.shift()
        if (!press) break
        await this.#type(press)
      }
    } finally {
      this.#typing = false
    }
  }

  /** Nothing will take what was kept. */
  drop(): void {
    this.#opening = false
    this.#kept = []
  }
}

const isChord = ({ ctrlKey, metaKey, altKey }: KeyPress) => ctrlKey || metaKey || altKey

/** As "|" and "[" are with Option or AltGr (which is Ctrl and Alt) on many layouts. */
const isWrittenWithAlt = ({ key, altKey }: KeyPress) => altKey && key.length === 1 && !/[a-z\d]/i.test(key)
