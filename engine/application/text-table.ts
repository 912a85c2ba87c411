/** Distinct texts kept; names made up by the thousand must not fill the memory. */
const MOST_TEXTS = 262_144
const LONGEST_TEXT = 200

/** Texts as numbers, each kept once. 0 is the empty text; number 1 stands for all that were too many. */
export class TextTable {
  readonly #texts: string[] = ['', '…']
  readonly #numbers = new Map<string, number>([['', 0]])

  /** The number of the text; a long one is cut. */
  intern(text: string): number {
    const kept = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text
    const known = this.#numbers.get(kept)
    if (known !== undefined) return known
    if (this.#texts.length >= MOST_TEXTS) return 1
    const number = this.#texts.push(kept) - 1
    this.#numbers.set(kept, number)
    return number
  }

  text(number: number): string {
    return this.#texts[number]
  }

  get count(): number {
    return this.#texts.length
  }
}
